//! Rulings and receipts, to the wire and back.

use gom_domain::Bilingual;
use gom_domain::element::ElementIx;
use gom_domain::examine::{Check, Finding};
use gom_domain::rule::Level;
use gom_domain::ruling::{Rejection, Ruling, Told, Verdict};
use prost::Message;

use crate::{Malformed, figures, wire};

/// A ruling as bytes, for keeping.
pub fn encode(ruling: &Ruling) -> Vec<u8> {
    wire::Ruling::from(ruling).encode_to_vec()
}

/// A ruling that was kept.
pub fn decode(bytes: &[u8]) -> Result<Ruling, Malformed> {
    wire::Ruling::decode(bytes).map_err(|_| Malformed::Message("Ruling"))?.try_into()
}

impl From<&Bilingual> for wire::Text {
    fn from(text: &Bilingual) -> Self {
        Self { vi: text.vi.clone(), en: text.en.clone() }
    }
}

impl From<wire::Text> for Bilingual {
    fn from(text: wire::Text) -> Self {
        Self { vi: text.vi, en: text.en }
    }
}

impl From<&Ruling> for wire::Ruling {
    fn from(ruling: &Ruling) -> Self {
        use wire::ruling::Verdict as Wire;
        let verdict = match &ruling.verdict {
            Verdict::Accepted { revision } => Wire::Accepted(wire::Accepted { revision: *revision }),
            Verdict::Conflict { current } => Wire::Conflict(wire::Conflict { current: *current }),
            Verdict::Rejected(rejection) => Wire::Rejected(wire::Rejected {
                code: rejection.code.clone(),
                text: Some((&rejection.text).into()),
                may_retry: rejection.may_retry,
            }),
        };
        Self {
            verdict: Some(verdict),
            findings: ruling.findings.iter().map(Into::into).collect(),
            told: ruling.told.map(|told| wire::Told { commit: told.commit, at_ms: told.at_ms }),
        }
    }
}

impl TryFrom<wire::Ruling> for Ruling {
    type Error = Malformed;

    fn try_from(ruling: wire::Ruling) -> Result<Self, Malformed> {
        use wire::ruling::Verdict as Wire;
        let verdict = match ruling.verdict.ok_or(Malformed::UnknownVerdict)? {
            Wire::Accepted(accepted) => Verdict::Accepted { revision: accepted.revision },
            Wire::Conflict(conflict) => Verdict::Conflict { current: conflict.current },
            Wire::Rejected(rejected) => Verdict::Rejected(Rejection {
                code: rejected.code,
                text: rejected.text.unwrap_or_default().into(),
                may_retry: rejected.may_retry,
            }),
        };
        let findings = ruling.findings.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let told = ruling.told.map(|told| Told { commit: told.commit, at_ms: told.at_ms });
        Ok(Self { verdict, findings, told })
    }
}

/// The numbers of the built-in checks. A number never changes its meaning.
fn check_number(check: Check) -> u32 {
    match check {
        Check::Rule(_) => 0,
        Check::Limits => 1,
        Check::NotForUnit => 2,
        Check::PartOf => 3,
        Check::Future => 4,
        Check::Unknown(number) => number,
    }
}

fn check_of(number: u32) -> Check {
    let known = [Check::Limits, Check::NotForUnit, Check::PartOf, Check::Future];
    known.into_iter().find(|check| check_number(*check) == number).unwrap_or(Check::Unknown(number))
}

impl From<&Finding> for wire::Finding {
    fn from(finding: &Finding) -> Self {
        let rule = if let Check::Rule(row) = finding.check { row } else { 0 };
        Self {
            error: finding.level == Level::Error,
            rule: rule.into(),
            check: check_number(finding.check),
            element: finding.element.map_or(0, |ix| u32::from(ix.0) + 1),
            terms: u32::try_from(finding.figures.len()).unwrap_or(u32::MAX),
            figures: figures::pack(&finding.figures),
        }
    }
}

impl TryFrom<wire::Finding> for Finding {
    type Error = Malformed;

    fn try_from(finding: wire::Finding) -> Result<Self, Malformed> {
        let small = |number: u32, field| u16::try_from(number).map_err(|_| Malformed::Field(field));
        let terms = usize::try_from(finding.terms).map_err(|_| Malformed::Field("terms"))?;
        let element = finding.element.checked_sub(1).map(|place| small(place, "element")).transpose()?;
        Ok(Self {
            level: if finding.error { Level::Error } else { Level::Warning },
            element: element.map(ElementIx),
            check: match small(finding.rule, "rule")? {
                0 => check_of(finding.check),
                row => Check::Rule(row),
            },
            figures: figures::unpack(&finding.figures, terms)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gom_domain::ruling::RejectionCode;

    #[test]
    fn rulings_come_back() {
        let finding =
            |check, figures| Finding { level: Level::Warning, element: Some(ElementIx(7)), check, figures };
        let findings = vec![
            finding(Check::Rule(3), vec![Some(9), None, Some(-2)]),
            finding(Check::Limits, vec![Some(i64::MIN)]),
            Finding { element: None, ..finding(Check::Unknown(99), Vec::new()) },
        ];
        let told = Some(Told { commit: 7, at_ms: -3 });
        let accepted = Ruling { verdict: Verdict::Accepted { revision: 2 }, findings, told };
        let rejected = Ruling::rejected(RejectionCode::Future);
        let conflict = Ruling::plain(Verdict::Conflict { current: 0 });
        for ruling in [accepted, rejected, conflict] {
            assert_eq!(decode(&encode(&ruling)), Ok(ruling));
        }
    }

    #[test]
    fn an_unknown_kind_of_verdict_is_no_verdict() {
        assert_eq!(decode(&[]), Err(Malformed::UnknownVerdict));
    }
}
