//! Every message that a commune receives: the real district answers the real client, and on the way back its words are
//! changed. Whatever a district says, nothing that was sealed is lost, and an honest word later is understood.

mod meddler;

use gom::means::{Call, Means};
use gom::{Commune, SyncError};
use gom_server::books::Answer;
use gom_server::caller::Peer;
use gom_server::grpc::SyncService;
use gom_server::writer::Writer;
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic::{Request, Status};

use self::meddler::Meddler;
use super::commune::Pc;
use super::protocol::promises;
use super::sample::{Laid, SAMPLE, disk, impatient, world};
use super::tape::Tape;
use crate::PATIENCE;
use gom_proto::wire::sync_server::SyncServer;

/// How much may be on its way.
const PIPE: usize = 64 * 1024;

/// Any words to a commune that syncs, or that enrols.
pub fn line(data: &[u8]) {
    let mut tape = Tape::new(data);
    // The district may have gone back to a backup.
    let district = Laid::out(if tape.one_in(3) { &SAMPLE.before } else { &SAMPLE.district });
    let (journal, pc) = (district.journal(), Pc::new());
    let before = pc.rows();
    impatient().block_on(async {
        let talk = async {
            if tape.one_in(6) {
                enrols(&district, data).await;
            } else {
                syncs(&district, &pc, data).await;
            }
        };
        tokio::time::timeout(600 * PATIENCE, talk).await.expect("a sync without an end");
    });
    pc.keeps(&before);
    pc.is_shown();
    promises(&district, &journal, &std::collections::BTreeMap::new());
}

/// Tries twice while somebody meddles, and once when nobody does.
async fn syncs(district: &Laid, pc: &Pc, tape: &[u8]) {
    let half = tape.len() / 2;
    for tape in [&tape[..half], &tape[half..], &[]] {
        with(district, tape, async |means| {
            let gom = Commune::open_to_sync(&pc.laid.path(), world()).unwrap().by(means);
            // The client's own files are sound, so it may not say otherwise.
            if let Err(SyncError::Store(error)) = gom.sync().await {
                panic!("{error:?}");
            }
        })
        .await;
    }
}

/// Tries to enrol a new folder by a code.
async fn enrols(district: &Laid, tape: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let (job, code) = super::sample::another_code(b'z');
    let answer = district.books().commit(vec![job], world().now_ms()).remove(0);
    assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
    for (at, tape) in [tape, &[]].into_iter().enumerate() {
        let folder = home.path().join(at.to_string());
        with(district, tape, async |means| {
            let url = "http://127.0.0.1:7";
            if let Ok((gom, _)) = Commune::enroll_by(means, &folder, world(), url, &code).await {
                drop(gom.status().unwrap());
            }
        })
        .await;
    }
}

/// The line does not leave this computer.
#[allow(clippy::unnecessary_wraps, reason = "so the service asks")]
fn here(mut request: Request<()>) -> Result<Request<()>, Status> {
    request.extensions_mut().insert(Peer::Here);
    Ok(request)
}

/// Lets somebody talk with the district over a line on which its words are changed.
pub(super) async fn with(district: &Laid, tape: &[u8], talk: impl AsyncFnOnce(Means)) {
    let (writer, work) = Writer::without_thread(district.books(), world(), disk());
    let (_stop, stopped) = watch::channel(false);
    let service = SyncService::new(district.folder(), writer.clone(), world(), disk(), stopped);
    let (guests, come) = mpsc::channel::<std::io::Result<DuplexStream>>(4);
    let server = Server::builder()
        .add_service(SyncServer::with_interceptor(Meddler::new(service, tape), here))
        .serve_with_incoming(ReceiverStream::new(come));
    let call = Call::over(move |endpoint| {
        let guests = guests.clone();
        Box::pin(async move {
            let connect = tower::service_fn(move |_| {
                let guests = guests.clone();
                async move {
                    let (here, there) = tokio::io::duplex(PIPE);
                    guests.send(Ok(there)).await.map_err(std::io::Error::other)?;
                    Ok::<_, std::io::Error>(TokioIo::new(here))
                }
            });
            endpoint.connect_with_connector(connect).await
        })
    });
    let means = Means { call, disk: disk() };
    tokio::select! {
        biased;
        () = talk(means) => {}
        ended = server => panic!("the server has gone: {ended:?}"),
        () = work => panic!("the writer has gone"),
    }
}
