//! Every message that a district receives, put to the real service over real books, as if by its own devices and by its
//! own officer; and afterwards what the district promises.

mod kept;
mod talk;

use gom_domain::greeting::HistoryId;
use gom_server::books::{Answer, Job};
use gom_server::grpc::SyncService;
use gom_server::history::NewHistory;
use gom_server::writer::Writer;
use tokio::sync::watch;

pub(super) use self::kept::promises;
use self::talk::Talk;
pub(super) use self::talk::lost;
use super::sample::{Laid, SAMPLE, disk, impatient, world};
use super::tape::Tape;
use crate::PATIENCE;

/// How many messages a try has at most; each makes the journal longer that is looked through at the end.
const MOST: usize = 24;

/// Any messages to a district.
pub fn protocol(data: &[u8]) {
    let mut tape = Tape::new(data);
    let restored = tape.one_in(4);
    let laid = Laid::out(if restored { &SAMPLE.before } else { &SAMPLE.district });
    let before = laid.journal();
    let mut books = laid.books();
    if restored {
        let instead_of = books.shared().read().unwrap().history;
        let new = NewHistory { instead_of, history: HistoryId([9; 16]) };
        let answer = books.commit(vec![Job::NewHistory(new)], world().now_ms()).remove(0);
        assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
    }
    let (_stop, stopped) = watch::channel(false);
    let (writer, work) = Writer::without_thread(books, world(), disk());
    let service = SyncService::new(laid.folder(), writer.clone(), world(), disk(), stopped);
    let told = impatient().block_on(async {
        let talked = async {
            let mut talk = Talk::new(service, writer);
            for _ in 0..MOST {
                if tape.is_out() {
                    break;
                }
                talk.step(&mut tape).await;
            }
            talk.told
        };
        tokio::select! {
            biased;
            told = tokio::time::timeout(60 * PATIENCE, talked) => told.expect("a message without an end"),
            () = work => panic!("the writer has gone"),
        }
    });
    promises(&laid, &before, &told);
}
