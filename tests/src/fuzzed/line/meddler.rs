//! The real service, whose words are changed on their way back.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use gom_proto::wire;
use gom_proto::wire::sync_server::Sync;
use gom_server::grpc::SyncService;
use prost::Message;
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::super::message::changed;
use super::super::tape::Tape;

type Stream<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

/// What is left of the tape, wherever the next word comes from.
#[derive(Clone)]
struct Left(Arc<Mutex<Vec<u8>>>);

impl Left {
    /// A word on its way: as it is, changed, twice, or not at all.
    fn meddled<T: Message + Default + Clone>(&self, word: Result<T, Status>) -> Vec<Result<T, Status>> {
        let Ok(word) = word else { return vec![word] };
        let mut bytes = self.0.lock().unwrap();
        let end = bytes.len().min(12);
        let taken: Vec<u8> = bytes.drain(..end).collect();
        let mut tape = Tape::new(&taken);
        match tape.byte() % 8 {
            _ if taken.is_empty() => vec![Ok(word)],
            0 | 1 => vec![Ok(word)],
            2 => vec![Ok(word.clone()), Ok(word)],
            3 => Vec::new(),
            _ => match changed(&mut tape, &word) {
                Some(word) => vec![Ok(word)],
                None => vec![Err(Status::internal("no message"))],
            },
        }
    }

    fn stream<T: Message + Default + Clone + 'static>(&self, words: Stream<T>) -> Stream<T> {
        let left = self.clone();
        let meddled = words.map(move |word| tokio_stream::iter(left.meddled(word)));
        Box::pin(flat(meddled))
    }
}

/// All that each gives, one after the other.
fn flat<T: Send + 'static>(
    words: impl tokio_stream::Stream<Item = tokio_stream::Iter<std::vec::IntoIter<T>>> + Send + 'static,
) -> impl tokio_stream::Stream<Item = T> + Send {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let mut words = std::pin::pin!(words);
        while let Some(mut some) = words.next().await {
            while let Some(word) = some.next().await {
                if sender.send(word).await.is_err() {
                    return;
                }
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver)
}

/// Between the district and its communes.
pub(super) struct Meddler {
    service: SyncService,
    left: Left,
}

impl Meddler {
    pub(super) fn new(service: SyncService, tape: &[u8]) -> Self {
        Self { service, left: Left(Arc::new(Mutex::new(tape.to_vec()))) }
    }
}

#[tonic::async_trait]
impl Sync for Meddler {
    type PushStream = Stream<wire::PushReply>;
    type PullStream = Stream<wire::PullReply>;
    type GiveBackStream = Stream<wire::GivenBackReply>;

    async fn enrol(
        &self,
        request: Request<wire::EnrolRequest>,
    ) -> Result<Response<wire::EnrolReply>, Status> {
        let reply = self.service.enrol(request).await?.into_inner();
        let said = self.left.meddled(Ok(reply)).pop();
        said.unwrap_or_else(|| Err(Status::internal("nothing"))).map(Response::new)
    }

    async fn witness(
        &self,
        request: Request<wire::WitnessRequest>,
    ) -> Result<Response<wire::WitnessReply>, Status> {
        self.service.witness(request).await
    }

    async fn renew(
        &self,
        request: Request<wire::RenewRequest>,
    ) -> Result<Response<wire::RenewReply>, Status> {
        self.service.renew(request).await
    }

    async fn push(
        &self,
        request: Request<Streaming<wire::PushRequest>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let replies = self.service.push(request).await?.into_inner();
        Ok(Response::new(self.left.stream(replies)))
    }

    async fn pull(&self, request: Request<wire::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let replies = self.service.pull(request).await?.into_inner();
        Ok(Response::new(self.left.stream(replies)))
    }

    async fn give_back(
        &self,
        request: Request<Streaming<wire::GivenBack>>,
    ) -> Result<Response<Self::GiveBackStream>, Status> {
        let replies = self.service.give_back(request).await?.into_inner();
        Ok(Response::new(self.left.stream(replies)))
    }
}
