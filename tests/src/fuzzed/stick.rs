//! Files on a stick: a file that was changed on its way is refused and changes nothing; one that its writer has sealed is
//! taken whole or not at all, whatever is in it.

use gom_domain::greeting::fingerprint;
use gom_proto::seal::SealKey;
use gom_proto::stick;
use gom_proto::wire;
use gom_server::books::{Answer, Job};
use gom_server::store::{Journal, SubmissionRow};

use super::commune::{self, Pc};
use super::message::changed;
use super::protocol::promises;
use super::report;
use super::sample::{DEVICES, Laid, SAMPLE, queue, world};
use super::tape::Tape;

/// Any file as a queue that a commune has written.
pub fn queue_file(data: &[u8]) {
    let mut tape = Tape::new(data);
    let laid = Laid::out(&SAMPLE.district);
    let before = laid.journal();
    if tape.one_in(2) {
        let file = tape.changed(&SAMPLE.queue, &["GOMqueu2", "GOMansw1"]);
        let is_other = file != SAMPLE.queue;
        let answer = hand_in(&laid, file, tape.one_in(4));
        if is_other {
            assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
            changed_nothing(&laid, &before);
        }
        return;
    }
    for _ in 0..3 {
        if let Some(file) = sealed(&mut tape, &laid) {
            let (last, release) = (last(&laid), tape.one_in(4));
            match hand_in(&laid, file, release) {
                Answer::Queue(answered) => assert!(answered.commit == 0 || answered.commit > last),
                // A new history may have begun, and that is all.
                Answer::Refused(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    promises(&laid, &before, &std::collections::BTreeMap::new());
}

/// A file with anything in it, under the seal of a device.
fn sealed(tape: &mut Tape<'_>, laid: &Laid) -> Option<Vec<u8>> {
    let books = laid.books();
    let shared = books.shared();
    let memory = shared.read().unwrap();
    let (name, unit) = *tape.one_of(&DEVICES);
    let device = memory.device_called(gom_domain::greeting::DeviceId([name; 16])).unwrap();
    let reached = device.reached;
    let bodies = (0..=tape.below(3)).map(|_| report::body(tape, &memory, device.unit, "")).collect();
    let first_sequence = reached.last_sequence + 1;
    let hello = wire::Hello {
        epoch: reached.epoch,
        last_sequence: first_sequence,
        chain: vec![7; 32],
        history: memory.history.0.to_vec(),
        ..wire::Hello::default()
    };
    let operations = vec![wire::Operations { first_sequence, bodies, squeezed: Vec::new() }];
    let given = super::protocol::lost();
    let given_back = (0..tape.below(3)).map(|_| tape.one_of(given).clone()).collect();
    let (device, hello, unit) = (vec![name; 16], Some(hello), unit.to_owned());
    let queue = wire::Queue { device, unit, hello, after: tape.number(), operations, given_back };
    let queue = if tape.one_in(4) { Some(queue) } else { changed(tape, &queue) };
    let key = SealKey(fingerprint(&[name; 32]));
    Some(stick::write_queue(&queue?, &key))
}

fn hand_in(laid: &Laid, file: Vec<u8>, release: bool) -> Answer {
    laid.books().commit(vec![Job::Queue(queue(file, release))], world().now_ms()).remove(0)
}

fn last(laid: &Laid) -> u64 {
    laid.folder().read().unwrap().last_commit().unwrap().map_or(0, |last| last.last_seq)
}

fn changed_nothing(laid: &Laid, before: &[SubmissionRow]) {
    assert_eq!(laid.journal(), before);
    let was = Laid::out(&SAMPLE.district);
    assert_eq!(last(laid), last(&was));
}

/// Any file as the district's answers.
pub fn receipts_file(data: &[u8]) {
    let mut tape = Tape::new(data);
    let pc = Pc::new();
    let before = pc.rows();
    if tape.one_in(2) {
        let file = tape.changed(&SAMPLE.answers, &["GOMansw2", "GOMqueu1"]);
        let is_other = file != SAMPLE.answers;
        let taken = pc.gom().import_receipts(&file);
        if is_other {
            assert!(taken.is_err());
            assert_eq!(pc.rows(), before);
        }
        return;
    }
    let key = SealKey(fingerprint(&commune::secret(&pc)));
    let answers = stick::read_answers(&SAMPLE.answers, &key).unwrap();
    for _ in 0..3 {
        let before = pc.rows();
        let Some(answers) = changed(&mut tape, &answers) else { continue };
        if pc.gom().import_receipts(&stick::write_answers(&answers, &key)).is_err() {
            assert_eq!(pc.rows(), before, "what is refused changes nothing");
        }
    }
    pc.keeps(&before);
    pc.is_shown();
}
