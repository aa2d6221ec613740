//! What a commune gives back after its district went on from a backup, sheet by sheet.

use gom_domain::greeting::DeviceId;
use gom_domain::world::World;
use gom_proto::wire;
use tokio::sync::{mpsc, watch};
use tonic::{Status, Streaming};

use super::{malformed, read, unknown, wait};
use crate::books::{Answer, Job};
use crate::caller::{Caller, Unknown};
use crate::give_back::{self, GiveBack};
use crate::wording::Trouble;
use crate::writer::Writer;

/// A device that gives back, and where it goes.
pub(super) struct Taking {
    pub(super) writer: Writer,
    pub(super) device: Caller,
    pub(super) world: World,
}

impl Taking {
    /// Takes sheets back, one after the other, and answers each once it is durable.
    pub(super) async fn run(
        self,
        mut inbound: Streaming<wire::GivenBack>,
        replies: mpsc::Sender<Result<wire::GivenBackReply, Status>>,
        stop: watch::Receiver<bool>,
    ) {
        let mut stopping = std::pin::pin!(crate::serve::until(stop));
        let of = self.writer.clone();
        let mut revoked = std::pin::pin!(of.revoked(self.device.number));
        loop {
            let message = tokio::select! {
                message = inbound.message() => message,
                () = &mut stopping => Err(wait(&Trouble::Stopping)),
                () = &mut revoked => Err(unknown(Unknown::Revoked)),
            };
            let reply = match message {
                Ok(Some(message)) => self.reply(message).await,
                Ok(None) => return,
                Err(status) => Err(status),
            };
            let ended = reply.is_err();
            if replies.send(reply).await.is_err() || ended {
                return;
            }
        }
    }

    #[allow(clippy::result_large_err, reason = "tonic's own error")]
    async fn reply(&self, mut message: wire::GivenBack) -> Result<wire::GivenBackReply, Status> {
        let operations = message.operations.take().unwrap_or_default();
        let (first_sequence, operations) =
            read(operations, &self.writer.editions()).map_err(|status| *status)?;
        let hand = DeviceId(self.world.random());
        let given = GiveBack::read(self.device.number, message, first_sequence, operations, hand);
        match self.writer.perform(Job::GiveBack(given.map_err(malformed)?)).await {
            Answer::TakenBack(reply) => Ok(give_back::reply(reply)),
            Answer::Refused(_) => Err(unknown(Unknown::Revoked)),
            Answer::Failed(trouble) => Err(wait(&trouble)),
            _ => Err(Status::internal("an answer to another question")),
        }
    }
}
