//! The greeting: from what both sides hold follows what the device is to do.

use gom_domain::greeting::{Action, Chain, Hello, HistoryId, Welcome};

use gom_proto::planted;

use crate::memory::Memory;
use crate::store::DeviceRow;

/// What a device is to do, and from where it goes on.
///
/// A device goes on in its epoch as long as it holds all that was ruled on in it. One that was restored from an older
/// state is to begin the next epoch; until it has, every greeting in the old one grants it the same. Once it has, whoever
/// still speaks in the old one is another computer by the same name, and nothing of it is taken.
pub fn welcome(memory: &Memory, device: &DeviceRow, hello: &Hello, now_ms: i64) -> Welcome {
    let reached = device.reached;
    let mut welcome = Welcome {
        history: memory.history,
        epoch: reached.epoch,
        last_sequence: reached.last_sequence,
        chain: reached.chain,
        news: memory.news(device),
        clock_ms: now_ms,
        action: action(memory, device, hello),
    };
    if welcome.action == Action::Rebase {
        (welcome.epoch, welcome.last_sequence, welcome.chain) = (reached.epoch + 1, 0, Chain::default());
    } else if hello.epoch > reached.epoch {
        (welcome.epoch, welcome.last_sequence, welcome.chain) = (hello.epoch, 0, Chain::default());
    }
    welcome
}

fn action(memory: &Memory, device: &DeviceRow, hello: &Hello) -> Action {
    let reached = device.reached;
    let restored = hello.history != memory.history && hello.history != HistoryId::default();
    if hello.epoch < reached.epoch && !planted::is("quarantine-ignored") {
        return Action::Quarantined;
    }
    if hello.epoch > reached.epoch {
        return if restored { Action::ResendFrom(1) } else { Action::Go };
    }
    let same_end = hello.last_sequence == reached.last_sequence && hello.chain == reached.chain;
    if hello.last_sequence > reached.last_sequence && restored {
        Action::ResendFrom(reached.last_sequence + 1)
    } else if hello.last_sequence > reached.last_sequence || same_end || planted::is("no-rebase") {
        Action::Go
    } else {
        Action::Rebase
    }
}

/// Whether the device says that it was told of what the books do not have: of commits beyond their last under the history
/// that they go by, or of a history that they have never gone by. If it has proof of that, somebody has put an older copy of
/// the books in their place by hand.
pub fn has_seen_more(memory: &Memory, hello: &Hello) -> bool {
    if hello.history == memory.history {
        return hello.seen > memory.last.map_or(0, |last| last.last_seq);
    }
    let lost = hello.history != HistoryId::default() && !memory.has_gone_by(hello.history);
    lost && !planted::is("lost-history-unnoticed")
}

/// The version of the programme that the device has otherwise than the books: reports that follow it would be misread.
pub fn other_programme(memory: &Memory, hello: &Hello) -> Option<u32> {
    let (version, digest) = hello.programme?;
    (memory.published(version)?.digest != digest).then_some(version)
}
