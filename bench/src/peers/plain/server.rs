//! The plain server: a stream for each client, one thread that writes, a transaction for all that has gathered.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gom_terminal::{put, tell};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

use super::FILE;
use super::wire::plain_server::{Plain, PlainServer};
use super::wire::{Receipt, Report};
use crate::peers::limit::durable;

/// How many reports may wait for the writer, and how many it takes at once.
const GROUP: usize = 1_000;

type Answers = mpsc::Sender<Result<Receipt, Status>>;
type Waiting = (Report, Answers);

/// Serves a folder until it is killed or told to stop.
pub(crate) fn run() -> ExitCode {
    let folder = std::env::args().nth(1).map(PathBuf::from).unwrap_or_default();
    match serve(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(folder: &Path) -> anyhow::Result<()> {
    let mut connection = durable(&folder.join(FILE))?;
    connection.execute_batch(SCHEMA)?;
    let (writer, mut inbox) = mpsc::channel(GROUP);
    let thread = std::thread::spawn(move || write(&mut connection, &mut inbox));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    put(&format!("ready {}", listener.local_addr()?));
    let service = PlainServer::new(Service { writer });
    let mut told = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .add_service(service)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async move { _ = told.recv().await })
        .await?;
    thread.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?
}

const SCHEMA: &str = "
    create table if not exists report (
        id blob primary key, unit integer not null, form integer not null, period text not null
    ) strict, without rowid;
    create table if not exists figure (
        report blob not null references report, element integer not null, value integer not null,
        primary key (report, element)
    ) strict, without rowid;
";

#[derive(Debug)]
struct Service {
    writer: mpsc::Sender<Waiting>,
}

#[tonic::async_trait]
impl Plain for Service {
    type PushStream = ReceiverStream<Result<Receipt, Status>>;

    async fn push(&self, request: Request<Streaming<Report>>) -> Result<Response<Self::PushStream>, Status> {
        let mut reports = request.into_inner();
        let (answers, receipts) = mpsc::channel(GROUP);
        let writer = self.writer.clone();
        tokio::spawn(async move {
            while let Ok(Some(report)) = reports.message().await {
                if writer.send((report, answers.clone())).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receipts)))
    }
}

/// Commits all that has gathered, then answers.
fn write(connection: &mut Connection, inbox: &mut mpsc::Receiver<Waiting>) -> anyhow::Result<()> {
    let mut group = Vec::new();
    while inbox.blocking_recv_many(&mut group, GROUP) > 0 {
        let transaction = connection.transaction()?;
        let receipts = group.iter().map(|(report, _)| append(&transaction, report));
        let receipts = receipts.collect::<rusqlite::Result<Vec<_>>>()?;
        transaction.commit()?;
        for ((_, answers), receipt) in group.drain(..).zip(receipts) {
            // A client that has gone asks again.
            _ = answers.blocking_send(Ok(receipt));
        }
    }
    Ok(())
}

fn append(transaction: &Transaction<'_>, report: &Report) -> rusqlite::Result<Receipt> {
    let id = report.id.clone();
    let known = transaction.prepare_cached("select 1 from report where id = ?")?;
    let duplicate = { known }.query_row([&id], |_| Ok(())).optional()?.is_some();
    if !duplicate {
        transaction
            .prepare_cached("insert into report (id, unit, form, period) values (?, ?, ?, ?)")?
            .execute(params![id, report.unit, report.form, report.period])?;
        let mut figure =
            transaction.prepare_cached("insert into figure (report, element, value) values (?, ?, ?)")?;
        for (element, value) in (0_i64..).zip(&report.figures) {
            figure.execute(params![id, element, value])?;
        }
    }
    Ok(Receipt { id, duplicate })
}

/// How many reports a folder holds.
pub(crate) fn count(folder: &Path) -> anyhow::Result<u64> {
    let database = Connection::open(folder.join(FILE))?;
    let count: i64 = database.query_row("select count(*) from report", [], |row| row.get(0))?;
    Ok(u64::try_from(count)?)
}
