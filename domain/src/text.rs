//! Text as Vietnamese offices type it: composed or decomposed letters, tone marks on either vowel.
//!
//! Everything that enters the program is brought to NFC once, at its boundary; comparing goes through
//! [`tone_key`] or [`search_key`], never through what was typed.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The text in NFC, which is what is stored and sent.
pub fn nfc(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// Whether the text is in NFC already.
pub fn is_composed(text: &str) -> bool {
    is_nfc(text)
}

/// What a stranger calls something, fit to be shown beside what others say: in NFC, on one line, without what moves a
/// terminal's cursor or turns the direction of what follows, and no longer than so many characters.
pub fn label(text: &str, longest: usize) -> String {
    let plain = |c: char| if c.is_control() || is_turn(c) { ' ' } else { c };
    let words: String = nfc(text).chars().map(plain).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(longest).collect()
}

/// Whether a character turns the direction of writing
/// ([UAX #9](https://www.unicode.org/reports/tr9/), 2).
fn is_turn(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A key under which both placements of a tone mark are one word: `Hòa` and `Hoà`.
pub fn tone_key(text: &str) -> String {
    text.split_whitespace().map(word_tone_key).collect::<Vec<_>>().join(" ")
}

/// A key without tone marks, vowel marks and case, for search: `Thị trấn` becomes `thi tran`.
///
/// `đ` has no decomposition in Unicode and is folded by hand.
pub fn search_key(text: &str) -> String {
    let folded = text.nfd().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase);
    let plain: String = folded.map(|c| if c == 'đ' { 'd' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The tone of a syllable moved behind its last letter.
fn word_tone_key(word: &str) -> String {
    let (tones, letters): (Vec<char>, Vec<char>) =
        word.nfd().flat_map(char::to_lowercase).partition(|c| is_tone(*c));
    letters.into_iter().chain(tones).collect()
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

/// Where the lines of a text begin, so that a fault can be looked up in an editor. Lines end as editors have it: with a
/// line feed, a return, or both, of which the reader of tables counts the second to the line after.
#[derive(Clone, Debug)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    pub fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: &usize| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = (0..bytes.len()).filter(ends).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The line, from 1, of the first row at or after a byte: ends of lines before it are not yet the row.
    pub fn of_row(&self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let rest = &self.text.as_bytes()[from..];
        let row = from + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.starts.partition_point(|start| *start <= row) as u64
    }
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_in_its_line_and_says_nothing_to_a_terminal() {
        assert_eq!(label("Máy  1\n2026-01-01 ERROR\u{1b}[31m\u{202e}", 100), "Máy 1 2026-01-01 ERROR [31m");
        assert_eq!(label("Ma\u{301}y ba\u{300} Bảy", 3), "Máy");
        assert_eq!(label("\r\n\t\u{85}", 9), "");
    }

    #[test]
    fn both_tone_placements_are_one_word() {
        assert_eq!(tone_key("Thạnh Hòa"), tone_key("thạnh  hoà"));
        assert_ne!(tone_key("Hòa"), tone_key("Hoa"));
        assert_ne!(tone_key("Hóa"), tone_key("Hòa"));
    }

    #[test]
    fn search_ignores_marks_and_case() {
        assert_eq!(search_key("Thị trấn Cây Dương"), "thi tran cay duong");
        assert_eq!(search_key("Đạt"), "dat");
    }

    #[test]
    fn rows_stand_in_the_lines_that_an_editor_shows() {
        for (text, wanted) in [("a\nb\nc", [1, 2, 3]), ("a\r\nb\r\nc", [1, 2, 3]), ("a\rb\rc", [1, 2, 3])] {
            let lines = Lines::of(text);
            let places = ["a", "b", "c"].map(|row| text.find(row).unwrap() as u64);
            assert_eq!(places.map(|at| lines.of_row(at)), wanted, "{text:?}");
            assert_eq!(places.map(|at| lines.of_row(at.saturating_sub(1))), wanted, "{text:?}");
        }
        let blank = Lines::of("a\r\n\r\n\nb");
        assert_eq!([0, 1, 2, 3, 6, 7, 900].map(|at| blank.of_row(at)), [1, 4, 4, 4, 4, 4, 4]);
        assert_eq!(Lines::of("").of_row(0), 1);
    }

    #[test]
    fn decomposed_text_becomes_composed() {
        let typed = "Tha\u{323}nh";
        assert!(!is_composed(typed));
        assert_eq!(nfc(typed), "Thạnh");
    }
}
