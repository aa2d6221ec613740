//! Submissions as bytes: what is hashed, sent and kept verbatim.

use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::submission::{Note, Submission, SubmissionId};
use prost::Message;

use crate::{Malformed, figures, fixed, wire};

/// What can be read of a body without its programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The submission's id.
    pub id: SubmissionId,
    /// The version of the programme that it follows.
    pub programme_version: u32,
    /// Its form in that version.
    pub form: FormIx,
    /// Its period.
    pub period: Period,
    /// The submission that it was made from.
    pub base: Option<SubmissionId>,
    body: wire::Submission,
}

/// The verbatim body of a submission.
pub fn encode(submission: &Submission) -> Vec<u8> {
    let note = |note: &Note| wire::Note {
        rule: note.rule.clone(),
        element: note.element.clone(),
        text: note.text.clone(),
    };
    wire::Submission {
        id: submission.id.as_bytes().to_vec(),
        programme_version: submission.programme_version,
        form: submission.form.0.into(),
        period: submission.period.code(),
        base: submission.base.map(|base| base.as_bytes().to_vec()).unwrap_or_default(),
        figures: figures::pack(&submission.figures),
        notes: submission.notes.iter().map(note).collect(),
        reason: submission.reason.clone(),
        officer: submission.officer.clone(),
    }
    .encode_to_vec()
}

impl Envelope {
    /// Reads a body as far as it can be read without its programme.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut body = wire::Submission::decode(body).map_err(|_| Malformed::Message("Submission"))?;
        let id = SubmissionId::from_bytes(fixed(&std::mem::take(&mut body.id), "id")?);
        let base = match std::mem::take(&mut body.base).as_slice() {
            [] => None,
            base => Some(SubmissionId::from_bytes(fixed(base, "base")?)),
        };
        Ok(Self {
            id,
            programme_version: body.programme_version,
            form: FormIx(u16::try_from(body.form).map_err(|_| Malformed::Field("form"))?),
            period: Period::from_code(body.period).ok_or(Malformed::Field("period"))?,
            base,
            body,
        })
    }

    /// Reads the rest along the programme that the body names.
    pub fn open(&self, programme: &Programme) -> Result<Submission, Malformed> {
        let form = programme.forms.get(self.form.get()).ok_or(Malformed::Field("form"))?;
        let figures = figures::unpack(&self.body.figures, form.elements.len())?;
        let note = |note: &wire::Note| Note {
            rule: note.rule.clone(),
            element: note.element.clone(),
            text: note.text.clone(),
        };
        Ok(Submission {
            id: self.id,
            programme_version: self.programme_version,
            form: self.form,
            period: self.period,
            base: self.base,
            figures,
            notes: self.body.notes.iter().map(note).collect(),
            reason: self.body.reason.clone(),
            officer: self.body.officer.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gom_domain::programme::{self, Bundle};

    fn programme() -> Programme {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../programmes/phung-hiep-2024");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let bundle: Bundle = files
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
            })
            .collect();
        programme::read(&bundle).unwrap().programme
    }

    #[test]
    fn a_submission_comes_back_whole() {
        let programme = programme();
        let form = programme.form_named("budget").unwrap();
        let submission = Submission {
            id: SubmissionId::new(1_717_000_000_000, [7; 10]),
            programme_version: 3,
            form,
            period: "2024-05".parse().unwrap(),
            base: Some(SubmissionId::new(1_716_000_000_000, [8; 10])),
            figures: vec![Some(8_123), None],
            notes: vec![Note {
                rule: "blank-cell".into(),
                element: "tax_revenue".into(),
                text: "chưa có".into(),
            }],
            reason: "mất điện".into(),
            officer: "Cán bộ thống kê".into(),
        };
        let envelope = Envelope::decode(&encode(&submission)).unwrap();
        assert_eq!(envelope.open(&programme).unwrap(), submission);
    }

    #[test]
    fn what_is_no_submission_is_said_so() {
        assert_eq!(Envelope::decode(&[0xff]), Err(Malformed::Message("Submission")));
        assert_eq!(Envelope::decode(&[]), Err(Malformed::Field("id")));
    }
}
