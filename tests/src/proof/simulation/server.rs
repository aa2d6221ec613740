//! The district in a simulation: the real books and the real service, on a simulated computer and network.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::task::{Context, Poll};

use gom_domain::code::EnrolCode;
use gom_server::books::{Answer, Books, Job};
use gom_server::caller::Peer;
use gom_server::enrol::IssueCode;
use gom_server::folder::Folder;
use gom_server::grpc::SyncService;
use gom_server::publish::Load;
use gom_server::serve::communes;
use gom_server::writer::Writer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;
use turmoil::net::{TcpListener, TcpStream};

use super::computer::Computer;
use super::desk::Desk;
use crate::district::bundle;

/// The district's name on the network, and where it listens.
pub(super) const DISTRICT: &str = "district";
pub(super) const PORT: u16 = 7000;

/// Founds the books, and issues an enrolment code for each of these units.
pub(super) fn found(district: &Computer, units: &[&str]) -> Vec<String> {
    let world = district.world();
    let (ledger, _lock) = Folder::new(&district.folder).found(&world).unwrap();
    let mut books = Books::open(Box::new(ledger)).unwrap();
    let mut perform = |job| {
        let answer = books.commit(vec![job], world.now_ms()).remove(0);
        assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
    };
    perform(Job::Load(Load { programme: Some(bundle("phung-hiep-2024")), ..Load::default() }));
    let mut issue = |unit: &&str| {
        let code = EnrolCode::new(world.random());
        // Whatever the clocks do, it is not too old.
        let (unit, expires_ms) = ((*unit).into(), i64::MAX);
        perform(Job::IssueCode(IssueCode { unit, hash: code.hash(), expires_ms }));
        code.shown()
    };
    units.iter().map(&mut issue).collect()
}

/// Serves until the computer is switched off.
pub(super) async fn serve(desk: Rc<Desk>, round: Rc<AtomicU32>) -> turmoil::Result {
    let district = desk.district.clone();
    let folder = Folder::new(&district.folder);
    let (ledger, _lock) = folder.open().map_err(|trouble| format!("{trouble:?}"))?;
    let books = Books::open(Box::new(ledger))?;
    let (writer, work) = Writer::without_thread(books, district.world(), district.disk());
    let (_stop, stopped) = watch::channel(false);
    let service =
        SyncService::new(folder, writer.clone(), district.world(), district.disk(), stopped.clone());
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    district.note("serves");
    let desk = desk.work(writer, &round);
    tokio::join!(communes(let_in(listener, district), service, false, stopped), work, desk);
    Ok(())
}

fn let_in(listener: TcpListener, district: Computer) -> ReceiverStream<Guest> {
    let (guests, taken) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((stream, from)) = listener.accept().await {
            district.note(format!("lets in {from}"));
            _ = guests.send(Guest(stream)).await;
        }
    });
    ReceiverStream::new(taken)
}

/// A connection over the simulated network.
struct Guest(TcpStream);

impl Connected for Guest {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer::Here
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
