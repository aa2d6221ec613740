//! What goes back to a device that hands in: the Welcome, then the answers in the order of its messages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gom_proto::wire::{self, push_reply::Kind};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tonic::Status;

use super::{refused, wait};
use crate::accept::Receipts;
use crate::books::Answer;
use crate::sealer::Sealer;
use crate::witness;
use crate::writer::{Writer, stopped};

/// What is on its way to a device: an answer to come, or the end of the stream.
pub(super) enum Waiting {
    Answer(oneshot::Receiver<Answer>, Sealer),
    End(Status),
}

/// The stream itself. It is asked by the connection that it goes out on, so that between the commit and the line no
/// other task has to be woken.
pub(super) struct Replies {
    welcome: Option<wire::Welcome>,
    waiting: mpsc::Receiver<Waiting>,
    /// The answer that comes next.
    next: Option<(oneshot::Receiver<Answer>, Sealer)>,
    /// Why nothing comes after what went out last.
    end: Option<Status>,
    writer: Writer,
}

impl Replies {
    pub(super) fn new(welcome: wire::Welcome, waiting: mpsc::Receiver<Waiting>, writer: Writer) -> Self {
        Self { welcome: Some(welcome), waiting, next: None, end: None, writer }
    }
}

impl Stream for Replies {
    type Item = Result<wire::PushReply, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(welcome) = self.welcome.take() {
            return reply(Kind::Welcome(welcome), None);
        }
        loop {
            if let Some(end) = self.end.take() {
                self.waiting.close();
                return Poll::Ready(Some(Err(end)));
            }
            let Some((next, sealer)) = self.next.as_mut() else {
                match ready!(self.waiting.poll_recv(context)) {
                    Some(Waiting::Answer(answer, sealer)) => self.next = Some((answer, sealer)),
                    Some(Waiting::End(status)) => self.end = Some(status),
                    None => return Poll::Ready(None),
                }
                continue;
            };
            let answer = ready!(Pin::new(next).poll(context)).unwrap_or_else(|_| stopped());
            let (receipts, end) = given(answer);
            let verdicts = (!receipts.is_empty()).then(|| sealer.seal(&receipts));
            (self.next, self.end) = (None, end);
            if let Some(verdicts) = verdicts {
                let checkpoint = witness::checkpoint(&self.writer.memory());
                return reply(Kind::Verdicts(verdicts), checkpoint);
            }
        }
    }
}

fn reply(kind: Kind, checkpoint: Option<wire::Checkpoint>) -> Poll<Option<Result<wire::PushReply, Status>>> {
    Poll::Ready(Some(Ok(wire::PushReply { kind: Some(kind), checkpoint })))
}

/// The receipts that an answer brings, and why no others follow.
fn given(answer: Answer) -> (Receipts, Option<Status>) {
    match answer {
        Answer::Receipts(receipts, refusal) => (receipts, refusal.map(refused)),
        Answer::Failed(trouble) => (Vec::new(), Some(wait(&trouble))),
        Answer::Refused(_)
        | Answer::Enrolled(_)
        | Answer::Changed(_)
        | Answer::TakenBack(_)
        | Answer::Queue(_) => (Vec::new(), Some(Status::internal("an answer to another question"))),
    }
}
