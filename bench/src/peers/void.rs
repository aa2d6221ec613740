//! A server that accepts everything and keeps nothing: what is left is the cost of the client and the line.

use gom_domain::greeting::{Action, Chain, DeviceId, Hello, Welcome};
use gom_domain::ruling::{Receipt, Ruling, Verdict};
use gom_proto::wire::sync_server::{Sync, SyncServer};
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{greeting, operations, verdicts};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

type Replies<T> = ReceiverStream<Result<T, Status>>;

/// Starts it on this runtime; where it answers.
pub(crate) async fn start() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let server = tonic::transport::Server::builder().tcp_nodelay(true).add_service(SyncServer::new(Void));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(address)
}

#[derive(Debug)]
struct Void;

#[tonic::async_trait]
impl Sync for Void {
    type PushStream = Replies<wire::PushReply>;
    type PullStream = Replies<wire::PullReply>;
    type GiveBackStream = Replies<wire::GivenBackReply>;

    async fn witness(
        &self,
        _: Request<wire::WitnessRequest>,
    ) -> Result<Response<wire::WitnessReply>, Status> {
        Err(Status::unimplemented("nobody here has a journal"))
    }

    async fn renew(&self, _: Request<wire::RenewRequest>) -> Result<Response<wire::RenewReply>, Status> {
        Err(Status::unimplemented("nobody here has a certificate"))
    }

    async fn push(
        &self,
        request: Request<Streaming<wire::PushRequest>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let (replies, outbound) = mpsc::channel(16);
        let mut inbound = request.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(wire::PushRequest { kind: Some(kind) })) = inbound.message().await {
                let Some(reply) = reply(kind) else { return };
                if replies.send(Ok(wire::PushReply { kind: Some(reply), checkpoint: None })).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(outbound)))
    }

    async fn enrol(&self, _: Request<wire::EnrolRequest>) -> Result<Response<wire::EnrolReply>, Status> {
        Err(Status::unimplemented("nothing is kept"))
    }

    async fn give_back(
        &self,
        _: Request<Streaming<wire::GivenBack>>,
    ) -> Result<Response<Self::GiveBackStream>, Status> {
        Err(Status::unimplemented("nothing is kept"))
    }

    async fn pull(&self, _: Request<wire::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        Err(Status::unimplemented("nothing is kept"))
    }
}

/// A Hello is welcomed, operations are accepted.
fn reply(kind: push_request::Kind) -> Option<push_reply::Kind> {
    match kind {
        push_request::Kind::Hello(hello) => {
            let hello = greeting::hello(hello, DeviceId([0; 16])).ok()?;
            Some(push_reply::Kind::Welcome((&welcome(&hello)).into()))
        }
        push_request::Kind::Operations(operations) => {
            let receipt = Receipt {
                ruling: Ruling::plain(Verdict::Accepted { revision: 1 }),
                commit: operations.first_sequence,
                at_ms: 0,
            };
            let first = operations.first_sequence;
            let count = operations::unpack(operations).ok()?.len() as u64;
            let receipt = |number| (first + number, Receipt { commit: first + number, ..receipt.clone() });
            let receipts: Vec<_> = (0..count).map(receipt).collect();
            Some(push_reply::Kind::Verdicts(verdicts::pack(&receipts)))
        }
    }
}

fn welcome(hello: &Hello) -> Welcome {
    Welcome {
        history: hello.history,
        epoch: hello.epoch,
        last_sequence: 0,
        chain: Chain::default(),
        news: 0,
        clock_ms: hello.clock_ms,
        action: Action::Go,
    }
}
