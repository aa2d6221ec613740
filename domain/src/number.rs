//! Reading and showing decimal numbers, exactly.
//!
//! Two notations and no guessing between them: people type `8.846,5`, files carry `8846.5`. A text that could
//! be read both ways is read by its notation alone, and one that fits the other better is refused with a hint.

use crate::wording::Lang;

/// The most digits a figure may have; beyond it nothing in a district is counted.
const MOST_DIGITS: usize = 18;

/// A decimal number as it was written: `digits` divided by ten to the power of `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits, with the sign.
    pub digits: i64,
    /// How many of them stand behind the decimal mark.
    pub scale: u8,
}

/// Which marks a text uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `8.846,5`: a dot between thousands, a comma before decimals (what people type and read).
    Vietnamese,
    /// `8846.5`: a dot before decimals and nothing between thousands (what files carry).
    Plain,
}

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// There are signs in it that no number has.
    NotANumber,
    /// A dot stands where no thousands end: `12.34`. Perhaps a decimal comma was meant.
    MisplacedDot,
    /// A comma stands between thousands or more than once: `1,234.5`.
    MisplacedComma,
    /// A comma in a file, where decimals follow a dot.
    CommaInFile,
    /// More than 18 digits.
    TooLong,
}

/// The number has more decimals than its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDecimals;

impl Decimal {
    /// Reads a number in the given notation. Spaces around it are ignored.
    pub fn parse(text: &str, notation: Notation) -> Result<Self, NumberFault> {
        let text = text.trim();
        let (negative, unsigned) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match notation {
            Notation::Vietnamese => split_vietnamese(unsigned)?,
            Notation::Plain => split_plain(unsigned)?,
        };
        if whole.len() + fraction.len() > MOST_DIGITS {
            return Err(NumberFault::TooLong);
        }
        let digits: i64 = format!("{whole}{fraction}").parse().map_err(|_| NumberFault::NotANumber)?;
        let scale = u8::try_from(fraction.len()).map_err(|_| NumberFault::TooLong)?;
        Ok(Self { digits: if negative { -digits } else { digits }, scale })
    }

    /// The number as an integer of `scale` decimals; zeros at its end may be dropped, nothing is rounded.
    pub fn at_scale(self, scale: u8) -> Result<i64, TooManyDecimals> {
        if self.scale <= scale {
            let factor = 10_i64.checked_pow(u32::from(scale - self.scale)).ok_or(TooManyDecimals)?;
            return self.digits.checked_mul(factor).ok_or(TooManyDecimals);
        }
        let divisor = 10_i64.pow(u32::from(self.scale - scale));
        if self.digits % divisor == 0 { Ok(self.digits / divisor) } else { Err(TooManyDecimals) }
    }
}

fn split_plain(text: &str) -> Result<(String, String), NumberFault> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if is_digits(whole) && is_digits(fraction) {
        let fraction = if text.contains('.') { fraction } else { "" };
        return Ok((whole.to_owned(), fraction.to_owned()));
    }
    let only_marks = text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    Err(match (only_marks && !text.is_empty(), text.contains(',')) {
        (true, true) => NumberFault::CommaInFile,
        (true, false) => NumberFault::MisplacedDot,
        _ => NumberFault::NotANumber,
    })
}

fn split_vietnamese(text: &str) -> Result<(String, String), NumberFault> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',') {
        return Err(NumberFault::NotANumber);
    }
    let (whole, fraction) = match text.split_once(',') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
        Some(_) => return Err(NumberFault::MisplacedComma),
        None => (text, ""),
    };
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    if !is_digits(first) || !grouped || !rest.iter().all(|group| is_digits(group)) {
        return Err(NumberFault::MisplacedDot);
    }
    Ok((format!("{first}{}", rest.concat()), fraction.to_owned()))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A scaled integer as files carry it, with all decimals of its scale: `8846.500`.
pub fn plain(value: i64, scale: u8) -> String {
    let text = fixed(&value.unsigned_abs().to_string(), scale);
    if value < 0 { format!("-{text}") } else { text }
}

/// A scaled integer as people read it: `8.846,5` in Vietnamese, `8,846.5` in English, without needless zeros.
pub fn shown(value: i64, scale: u8, lang: Lang) -> String {
    grouped(trimmed(&plain(value, scale)), lang)
}

/// A plain decimal without needless zeros at its end.
pub fn trimmed(plain: &str) -> &str {
    if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { plain }
}

/// Puts the language's marks into a plain number.
pub fn grouped(plain: &str, lang: Lang) -> String {
    let (thousands, point) = match lang {
        Lang::Vi => ('.', ','),
        Lang::En => (',', '.'),
    };
    let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

/// Unsigned digits with a point before the last `scale` of them.
pub(crate) fn fixed(digits: &str, scale: u8) -> String {
    let scale = usize::from(scale);
    if scale == 0 {
        return digits.to_owned();
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vi(text: &str) -> Result<(i64, u8), NumberFault> {
        Decimal::parse(text, Notation::Vietnamese).map(|d| (d.digits, d.scale))
    }

    #[test]
    fn vietnamese_numbers_are_read_strictly() {
        assert_eq!(vi("8.846,5"), Ok((88_465, 1)));
        assert_eq!(vi("1.234"), Ok((1234, 0)));
        assert_eq!(vi("1234"), Ok((1234, 0)));
        assert_eq!(vi(" -0,05 "), Ok((-5, 2)));
        assert_eq!(vi("12.34"), Err(NumberFault::MisplacedDot));
        assert_eq!(vi("1.2345"), Err(NumberFault::MisplacedDot));
        assert_eq!(vi("1,234.5"), Err(NumberFault::MisplacedComma));
        assert_eq!(vi("1,2,3"), Err(NumberFault::MisplacedComma));
        assert_eq!(vi("12a"), Err(NumberFault::NotANumber));
        assert_eq!(vi(""), Err(NumberFault::NotANumber));
        assert_eq!(vi(","), Err(NumberFault::MisplacedComma));
        assert_eq!(vi("1234567890123456789"), Err(NumberFault::TooLong));
    }

    #[test]
    fn files_carry_plain_decimals() {
        let plain = |text| Decimal::parse(text, Notation::Plain).map(|d| (d.digits, d.scale));
        assert_eq!(plain("8846.5"), Ok((88_465, 1)));
        assert_eq!(plain("-3"), Ok((-3, 0)));
        assert_eq!(plain("8846,5"), Err(NumberFault::CommaInFile));
        assert_eq!(plain("1.234.5"), Err(NumberFault::MisplacedDot));
        assert_eq!(plain("1e5"), Err(NumberFault::NotANumber));
        assert_eq!(plain("."), Err(NumberFault::MisplacedDot));
        assert_eq!(plain("NaN"), Err(NumberFault::NotANumber));
    }

    #[test]
    fn nothing_is_rounded_into_a_scale() {
        let parsed = Decimal { digits: 12_340, scale: 3 };
        assert_eq!(parsed.at_scale(2), Ok(1234));
        assert_eq!(parsed.at_scale(1), Err(TooManyDecimals));
        assert_eq!(parsed.at_scale(4), Ok(123_400));
    }

    #[test]
    fn shown_numbers_follow_the_language() {
        assert_eq!(shown(88_465, 1, Lang::Vi), "8.846,5");
        assert_eq!(shown(88_465, 1, Lang::En), "8,846.5");
        assert_eq!(shown(-5, 2, Lang::Vi), "-0,05");
        assert_eq!(shown(1_000_000, 3, Lang::Vi), "1.000");
        assert_eq!(plain(1_234_500, 3), "1234.500");
        assert_eq!(plain(-5, 2), "-0.05");
    }
}
