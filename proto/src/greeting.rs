//! The greeting, to the wire and back.

use gom_domain::greeting::{Action, Chain, DeviceId, Hello, HistoryId, Welcome};

use crate::{Malformed, fixed, wire};

impl From<&Hello> for wire::Hello {
    fn from(hello: &Hello) -> Self {
        Self {
            device: hello.device.0.to_vec(),
            epoch: hello.epoch,
            last_sequence: hello.last_sequence,
            chain: hello.chain.0.to_vec(),
            history: hello.history.0.to_vec(),
            protocol: hello.protocol,
            app_version: hello.app_version.clone(),
            clock_ms: hello.clock_ms,
        }
    }
}

impl TryFrom<wire::Hello> for Hello {
    type Error = Malformed;

    fn try_from(hello: wire::Hello) -> Result<Self, Malformed> {
        Ok(Self {
            device: DeviceId(fixed(&hello.device, "device")?),
            epoch: hello.epoch,
            last_sequence: hello.last_sequence,
            chain: Chain(fixed(&hello.chain, "chain")?),
            history: HistoryId(fixed(&hello.history, "history")?),
            protocol: hello.protocol,
            app_version: hello.app_version,
            clock_ms: hello.clock_ms,
        })
    }
}

impl From<&Welcome> for wire::Welcome {
    fn from(welcome: &Welcome) -> Self {
        let (action, resend_from) = match welcome.action {
            Action::Go => (wire::Action::Go, 0),
            Action::ResendFrom(sequence) => (wire::Action::Resend, sequence),
            Action::Rebase => (wire::Action::Rebase, 0),
            Action::Quarantined => (wire::Action::Quarantined, 0),
        };
        Self {
            history: welcome.history.0.to_vec(),
            epoch: welcome.epoch,
            last_sequence: welcome.last_sequence,
            chain: welcome.chain.0.to_vec(),
            commit: welcome.commit,
            news: welcome.news,
            clock_ms: welcome.clock_ms,
            programme_version: welcome.programme_version,
            action: action.into(),
            resend_from,
        }
    }
}

impl TryFrom<wire::Welcome> for Welcome {
    type Error = Malformed;

    fn try_from(welcome: wire::Welcome) -> Result<Self, Malformed> {
        let action = match welcome.action() {
            wire::Action::Go => Action::Go,
            wire::Action::Resend => Action::ResendFrom(welcome.resend_from),
            wire::Action::Rebase => Action::Rebase,
            wire::Action::Quarantined => Action::Quarantined,
            wire::Action::Unspecified => return Err(Malformed::Field("action")),
        };
        Ok(Self {
            history: HistoryId(fixed(&welcome.history, "history")?),
            epoch: welcome.epoch,
            last_sequence: welcome.last_sequence,
            chain: Chain(fixed(&welcome.chain, "chain")?),
            commit: welcome.commit,
            news: welcome.news,
            clock_ms: welcome.clock_ms,
            programme_version: welcome.programme_version,
            action,
        })
    }
}
