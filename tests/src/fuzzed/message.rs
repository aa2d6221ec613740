//! Changing a message field by field, at any depth: what comes out is mostly a message still, with something in it that
//! no program writes.

use prost::Message;

use super::tape::Tape;

/// How deep messages lie within each other.
const DEPTH: u8 = 5;

/// A field as it lies on the wire.
#[derive(Clone)]
struct Field {
    number: u64,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Varint(u64),
    Bytes(Vec<u8>),
}

/// A message with one change or a few; none where what has come out is no such message.
pub(super) fn changed<M: Message + Default>(tape: &mut Tape<'_>, message: &M) -> Option<M> {
    let mut bytes = message.encode_to_vec();
    for _ in 0..=tape.below(3) {
        bytes = within(tape, &bytes, DEPTH);
    }
    M::decode(bytes.as_slice()).ok()
}

/// The same, in one case of `n`; otherwise the message as it is.
pub(super) fn perhaps<M: Message + Default>(tape: &mut Tape<'_>, n: u8, message: M) -> Option<M> {
    if tape.one_in(n) { changed(tape, &message) } else { Some(message) }
}

/// A body that may not even be a message any more.
pub(super) fn body(tape: &mut Tape<'_>, body: &[u8]) -> Vec<u8> {
    within(tape, body, DEPTH)
}

fn within(tape: &mut Tape<'_>, bytes: &[u8], depth: u8) -> Vec<u8> {
    let fields = if depth > 0 { read(bytes) } else { None };
    let Some(mut fields) = fields.filter(|fields| !fields.is_empty()) else {
        return tape.changed(bytes, &[]);
    };
    let at = tape.below(fields.len());
    match tape.below(8) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, fields[at].clone()),
        2 => {
            let other = tape.below(fields.len());
            fields.swap(at, other);
        }
        3 => fields[at].number = 1 + tape.below(12) as u64,
        4 => fields.insert(at, another(tape)),
        _ => match &mut fields[at].value {
            Value::Varint(number) => *number = tape.number(),
            Value::Bytes(bytes) => *bytes = within(tape, bytes, depth - 1),
        },
    }
    write(&fields)
}

/// A field of which the message may have left out that it is zero.
fn another(tape: &mut Tape<'_>) -> Field {
    let number = 1 + tape.below(12) as u64;
    let value = if tape.one_in(3) { Value::Bytes(tape.bytes(20)) } else { Value::Varint(tape.number()) };
    Field { number, value }
}

/// The fields of a message; none where it is none, or has fields of a kind that no message of the protocol has.
fn read(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Value::Bytes(value.to_vec())
            }
            _ => return None,
        };
        fields.push(Field { number: tag >> 3, value });
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    prost::encoding::decode_varint(bytes).ok()
}

fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Field { number, value } in fields {
        match value {
            Value::Varint(value) => {
                prost::encoding::encode_varint(number << 3, &mut bytes);
                prost::encoding::encode_varint(*value, &mut bytes);
            }
            Value::Bytes(value) => {
                prost::encoding::encode_varint(number << 3 | 2, &mut bytes);
                prost::encoding::encode_varint(value.len() as u64, &mut bytes);
                bytes.extend(value);
            }
        }
    }
    bytes
}
