//! The greeting, to the wire and back.
//!
//! Most greetings find nothing new, so what the call or the Hello has said already is not said again.

use gom_domain::greeting::{Action, Chain, DeviceId, Hello, HistoryId, Welcome};

use crate::{Malformed, fixed, wire};

impl From<&Hello> for wire::Hello {
    fn from(hello: &Hello) -> Self {
        Self {
            // The call shows whose it is.
            device: Vec::new(),
            epoch: hello.epoch,
            last_sequence: hello.last_sequence,
            chain: hello.chain.0.to_vec(),
            history: hello.history.0.to_vec(),
            protocol: hello.protocol,
            app_version: hello.app_version.clone(),
            clock_ms: hello.clock_ms,
            seen: hello.seen,
            programme_version: hello.programme.map_or(0, |(version, _)| version),
            programme: hello.programme.map_or_else(Vec::new, |(_, digest)| digest.to_vec()),
            proof: None,
        }
    }
}

/// The Hello of a caller, who need not be named in it again.
pub fn hello(hello: wire::Hello, caller: DeviceId) -> Result<Hello, Malformed> {
    let device = if hello.device.is_empty() { caller } else { DeviceId(fixed(&hello.device, "device")?) };
    epoch(hello.epoch)?;
    let programme = match hello.programme_version {
        0 => None,
        version => Some((version, fixed(&hello.programme, "programme")?)),
    };
    Ok(Hello {
        device,
        epoch: hello.epoch,
        last_sequence: hello.last_sequence,
        chain: Chain(fixed(&hello.chain, "chain")?),
        history: HistoryId(fixed(&hello.history, "history")?),
        protocol: hello.protocol,
        app_version: hello.app_version,
        clock_ms: hello.clock_ms,
        seen: hello.seen,
        programme,
    })
}

/// The last epoch that a device may come to. Each takes a restored or a copied folder, so none ever comes near it.
const LAST_EPOCH: u32 = 1 << 20;

/// An epoch as a device may be in.
pub fn epoch(epoch: u32) -> Result<u32, Malformed> {
    if (1..=LAST_EPOCH).contains(&epoch) { Ok(epoch) } else { Err(Malformed::Field("epoch")) }
}

/// A Welcome in answer to a Hello: what is the same in both is left out.
pub fn answer(welcome: &Welcome, hello: &Hello) -> wire::Welcome {
    let mut answer = wire::Welcome::from(welcome);
    if welcome.history == hello.history {
        answer.history.clear();
    }
    if welcome.chain == hello.chain {
        answer.chain.clear();
    }
    answer
}

/// The Welcome that answers a Hello, with what was the same in both.
pub fn welcome(mut answer: wire::Welcome, hello: &Hello) -> Result<Welcome, Malformed> {
    if answer.history.is_empty() {
        answer.history = hello.history.0.to_vec();
    }
    if answer.chain.is_empty() {
        answer.chain = hello.chain.0.to_vec();
    }
    answer.try_into()
}

impl From<&Welcome> for wire::Welcome {
    fn from(welcome: &Welcome) -> Self {
        let (action, resend_from) = match welcome.action {
            Action::Go => (wire::Action::Go, 0),
            Action::ResendFrom(sequence) => (wire::Action::Resend, sequence),
            Action::Rebase => (wire::Action::Rebase, 0),
            Action::Quarantined => (wire::Action::Quarantined, 0),
            Action::Prove => (wire::Action::Prove, 0),
        };
        Self {
            history: welcome.history.0.to_vec(),
            epoch: welcome.epoch,
            last_sequence: welcome.last_sequence,
            chain: welcome.chain.0.to_vec(),
            news: welcome.news,
            clock_ms: welcome.clock_ms,
            action: action.into(),
            resend_from,
            renew: false,
            checkpoint: None,
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
            wire::Action::Prove => Action::Prove,
            wire::Action::Unspecified => return Err(Malformed::Field("action")),
        };
        Ok(Self {
            history: HistoryId(fixed(&welcome.history, "history")?),
            epoch: welcome.epoch,
            last_sequence: welcome.last_sequence,
            chain: Chain(fixed(&welcome.chain, "chain")?),
            news: welcome.news,
            clock_ms: welcome.clock_ms,
            action,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting() -> (Hello, Welcome) {
        let hello = Hello {
            device: DeviceId([2; 16]),
            epoch: 1,
            last_sequence: 7,
            chain: Chain([5; 32]),
            history: HistoryId([3; 16]),
            protocol: 1,
            app_version: "0.1.0".into(),
            clock_ms: 9,
            seen: 4,
            programme: Some((1, [6; 8])),
        };
        let welcome = Welcome {
            history: hello.history,
            epoch: 1,
            last_sequence: 7,
            chain: hello.chain,
            news: 4,
            clock_ms: 8,
            action: Action::Go,
        };
        (hello, welcome)
    }

    #[test]
    fn what_is_the_same_is_not_said_again() {
        let (hello, same) = greeting();
        assert!(answer(&same, &hello).chain.is_empty() && answer(&same, &hello).history.is_empty());
        let other = Welcome { history: HistoryId([4; 16]), chain: Chain([6; 32]), ..same };
        for said in [same, other] {
            assert_eq!(welcome(answer(&said, &hello), &hello), Ok(said));
        }
    }

    #[test]
    fn an_epoch_that_no_device_can_come_to_is_malformed() {
        let (said, _) = greeting();
        for epoch in [0, u32::MAX] {
            let hello_in = wire::Hello { epoch, ..(&said).into() };
            assert_eq!(hello(hello_in, said.device), Err(Malformed::Field("epoch")));
        }
    }

    #[test]
    fn a_hello_is_the_callers_unless_it_names_another() {
        let (said, _) = greeting();
        assert_eq!(hello((&said).into(), said.device), Ok(said.clone()));
        let named = wire::Hello { device: vec![9; 16], ..(&said).into() };
        assert_eq!(hello(named, said.device).unwrap().device, DeviceId([9; 16]));
    }
}
