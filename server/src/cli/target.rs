//! `target set`: what the document leaves open.

use std::sync::Arc;

use clap::Args;
use gom_domain::number::{Decimal, Notation, shown};
use gom_domain::programme::Programme;
use gom_domain::progress::{ByHand, Status};
use gom_domain::target::Target;
use gom_domain::text::nfc;
use gom_domain::world::World;
use gom_domain::{Lang, wording};
use gom_terminal::put;

use super::{Done, block_on, in_force, recalled};
use crate::books::Job;
use crate::folder::Folder;
use crate::memory::Memory;
use crate::office;
use crate::target::{BY_HAND, SetTarget};
use crate::wording::Trouble;

/// What is to be set, as it was typed.
#[derive(Debug, Args)]
pub(super) struct Words {
    /// Số hoặc tên khóa chỉ tiêu / The target's reference or key
    reference: String,
    /// Năm của chương trình, nếu không phải năm mới nhất có chỉ tiêu này / The programme's year, if not the newest that has the target
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
    /// Trạng thái đặt tay / The status: `met`, `on_track`, `at_risk`, `behind`, `missed`
    #[arg(long, value_name = "S")]
    status: Option<String>,
    /// Ghi chú, bắt buộc khi đặt trạng thái / The note, which a status must have
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Giá trị / The value
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    value: Option<String>,
}

/// Sets a guideline's status or a target's value.
pub(super) fn set(folder: &Folder, words: &Words, world: &World, lang: Lang) -> Done {
    let set = words.read()?;
    let (_, memory) = recalled(folder, None)?;
    let (programme, target) = words.target(&memory).map_err(|trouble| vec![trouble])?;
    let year = programme.year;
    let job = SetTarget { year, key: target.key.clone(), set: set.clone() };
    let outcome = block_on(office::commit(folder, Job::SetTarget(job), world))??;
    let (reference, what, commit) = (&target.reference, what(target, &set, lang), outcome.commit);
    put(lang.pick(
        &format!("Đã đặt chỉ tiêu {reference} năm {year}: {what}, lần ghi {commit}."),
        &format!("Target {reference} of {year} is set: {what}, commit {commit}."),
    ));
    Ok(())
}

impl Words {
    /// What is to be set, or everything that is wrong with it.
    fn read(&self) -> Result<ByHand, Vec<Trouble>> {
        if self.status.is_none() && self.value.is_none() {
            return Err(vec![Trouble::NothingToSet]);
        }
        let note = nfc(self.note.as_deref().unwrap_or_default().trim());
        let lone = self.status.is_some() == note.is_empty();
        let status = self.status.as_deref().map(read_status).transpose();
        let value = self.value.as_deref().map(read_value).transpose();
        match (status, value) {
            (Ok(status), Ok(value)) if !lone => Ok(ByHand { status, note, value }),
            (status, value) => {
                let lone = lone.then_some(Trouble::StatusAndNote);
                Err([status.err(), value.err(), lone].into_iter().flatten().collect())
            }
        }
    }

    /// The target in the programme of the year given, or of the newest year that has it.
    fn target<'a>(&self, memory: &'a Memory) -> Result<(&'a Arc<Programme>, &'a Target), Trouble> {
        let asked = |programme: &&Arc<Programme>| self.year.is_none_or(|year| programme.year == year);
        let programmes: Vec<&Arc<Programme>> = in_force(memory).into_iter().filter(asked).collect();
        if programmes.is_empty() {
            return Err(Trouble::no_programme(memory, self.year));
        }
        let name = nfc(&self.reference);
        let found =
            programmes.into_iter().find_map(|programme| Some((programme, programme.target_named(&name)?)));
        found.ok_or_else(|| Trouble::UnknownTarget(self.reference.clone()))
    }
}

/// A status that may be set by hand.
fn read_status(word: &str) -> Result<Status, Trouble> {
    let status = Status::from_key(word).ok_or_else(|| Trouble::UnknownStatus(word.to_owned()))?;
    if BY_HAND.contains(&status) { Ok(status) } else { Err(Trouble::StatusNotByHand(status)) }
}

/// A plain decimal, or a number as it is typed in Vietnamese. `1.234` is 1.234 in both readings only if a file wrote
/// it; typed, it is one thousand two hundred and thirty-four.
fn read_value(text: &str) -> Result<Decimal, Trouble> {
    Decimal::parse(text, Notation::Vietnamese)
        .or_else(|_| Decimal::parse(text, Notation::Plain))
        .map_err(|_| Trouble::NotANumber(text.to_owned()))
}

/// What was set, in words, so that a number that was read otherwise than it was meant is seen at once.
fn what(target: &Target, set: &ByHand, lang: Lang) -> String {
    let status = set.status.map(|status| {
        let (status, note) = (wording::status(status), &set.note);
        let (vi, en) = (&status.vi, &status.en);
        lang.pick(&format!("trạng thái «{vi}» ({note})"), &format!("status “{en}” ({note})")).to_owned()
    });
    let value = set.value.map(|value| {
        let (name, unit) = (lang.pick("giá trị", "value"), target.unit.get(lang));
        format!("{name} {} {unit}", shown(value.digits, value.scale, lang)).trim_end().to_owned()
    });
    [status, value].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: Option<&str>, note: Option<&str>, value: Option<&str>) -> Words {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let (status, note, value) = (text(status), text(note), text(value));
        Words { reference: "1a".into(), year: None, status, note, value }
    }

    #[test]
    fn a_value_is_read_as_it_is_typed() {
        let read = |text| read_value(text).map(|value| shown(value.digits, value.scale, Lang::Vi));
        assert_eq!(read("8.846,5"), Ok("8.846,5".into()));
        assert_eq!(read("8846.5"), Ok("8.846,5".into()));
        assert_eq!(read("1.234"), Ok("1.234".into()), "thousands, not decimals");
        assert_eq!(read("-0,5"), Ok("-0,5".into()));
        for bad in ["", "1,2,3", "12a", "1,234.5"] {
            assert_eq!(read(bad), Err(Trouble::NotANumber(bad.into())));
        }
    }

    #[test]
    fn a_status_comes_with_its_note() {
        let set = words(Some("on_track"), Some(" theo Hướng dẫn "), None).read().unwrap();
        assert_eq!((set.status, set.note.as_str()), (Some(Status::OnTrack), "theo Hướng dẫn"));
        assert_eq!(words(Some("met"), Some("  "), None).read(), Err(vec![Trouble::StatusAndNote]));
        assert_eq!(words(Some("met"), None, None).read(), Err(vec![Trouble::StatusAndNote]));
        assert_eq!(words(None, Some("x"), Some("5")).read(), Err(vec![Trouble::StatusAndNote]));
        assert_eq!(words(None, Some("x"), None).read(), Err(vec![Trouble::NothingToSet]));
    }

    #[test]
    fn what_is_computed_is_not_set_by_hand() {
        let refused = |status| words(Some(status), Some("x"), Some("1,2,3")).read().unwrap_err();
        let number = Trouble::NotANumber("1,2,3".into());
        assert_eq!(refused("no_data"), [Trouble::StatusNotByHand(Status::NoData), number.clone()]);
        assert_eq!(refused("splendid"), [Trouble::UnknownStatus("splendid".into()), number]);
    }
}
