//! Rulings and receipts, to the wire and back.

use gom_domain::Bilingual;
use gom_domain::rule::Level;
use gom_domain::ruling::{Rejection, Remark, Ruling, Verdict};
use prost::Message;

use crate::{Malformed, wire};

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
        Self { verdict: Some(verdict), remarks: ruling.remarks.iter().map(Into::into).collect() }
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
        Ok(Self { verdict, remarks: ruling.remarks.into_iter().map(Into::into).collect() })
    }
}

impl From<&Remark> for wire::Remark {
    fn from(remark: &Remark) -> Self {
        Self {
            error: remark.level == Level::Error,
            element: remark.element.clone(),
            rule: remark.rule.clone(),
            text: Some((&remark.text).into()),
        }
    }
}

impl From<wire::Remark> for Remark {
    fn from(remark: wire::Remark) -> Self {
        Self {
            level: if remark.error { Level::Error } else { Level::Warning },
            element: remark.element,
            rule: remark.rule,
            text: remark.text.unwrap_or_default().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gom_domain::ruling::RejectionCode;

    #[test]
    fn rulings_come_back() {
        let remark = Remark {
            level: Level::Warning,
            element: "births".into(),
            rule: "births-rate".into(),
            text: Bilingual { vi: "cao".into(), en: "high".into() },
        };
        let accepted = Ruling { verdict: Verdict::Accepted { revision: 2 }, remarks: vec![remark] };
        let rejected = Ruling::rejected(RejectionCode::Future);
        let conflict = Ruling { verdict: Verdict::Conflict { current: 0 }, remarks: Vec::new() };
        for ruling in [accepted, rejected, conflict] {
            assert_eq!(decode(&encode(&ruling)), Ok(ruling));
        }
    }

    #[test]
    fn an_unknown_kind_of_verdict_is_no_verdict() {
        assert_eq!(decode(&[]), Err(Malformed::UnknownVerdict));
    }
}
