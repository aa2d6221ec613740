//! The thread that owns the books: it waits for jobs, commits all that have gathered, and answers.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Instant;

use gom_domain::programme::Editions;
use gom_domain::world::{Disk, World};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::books::{Answer, Books, Job};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::operation::Operation;
use crate::wording::Trouble;

/// How many jobs may wait before senders have to.
const QUEUE: usize = 256;
/// How many operations share a commit at most; more gains little and lets the first wait longer.
const GROUP: usize = 4096;
/// How much may wait or be in the writer's hands: four groups of ordinary reports, or 16 MiB of bodies.
const ROOM: u32 = 16_384;

type Request = (Job, Asker);

/// Who waits for an answer, and the room that the job takes until then.
struct Asker {
    reply: oneshot::Sender<Answer>,
    room: Option<OwnedSemaphorePermit>,
}

/// A handle to the writer, and to what it has committed.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    memory: Arc<RwLock<Memory>>,
    /// Who waits to hear that a device was named or revoked.
    devices: watch::Sender<()>,
    metrics: Arc<Metrics>,
}

/// The writer's thread; joined when the server stops.
#[derive(Debug)]
pub struct WriterThread(JoinHandle<()>);

impl Writer {
    /// Starts the thread.
    pub fn start(books: Books, world: World) -> (Self, WriterThread) {
        Self::counted(books, world, Arc::default())
    }

    /// The same, and counts what it does.
    pub fn counted(mut books: Books, world: World, metrics: Arc<Metrics>) -> (Self, WriterThread) {
        let (jobs, mut inbox) = mpsc::channel(QUEUE);
        let (memory, counts, devices) = (books.shared(), Arc::clone(&metrics), watch::Sender::new(()));
        let told = devices.clone();
        let thread = std::thread::spawn(move || {
            while let Some(first) = inbox.blocking_recv() {
                let (group, began) = (gather(first, &mut inbox), Instant::now());
                let answered = commit(&mut books, &world, group, &told);
                counts.committed(began.elapsed(), answered.iter().map(|(_, answer)| answer));
                answer(answered);
            }
            books.settle();
        });
        (Self::new(jobs, memory, devices, metrics), WriterThread(thread))
    }

    /// The same without a thread: who polls the work is the writer, and `disk` waits for its commits.
    pub fn without_thread(books: Books, world: World, disk: Disk) -> (Self, impl Future<Output = ()> + Send) {
        let (jobs, mut inbox) = mpsc::channel::<Request>(QUEUE);
        let (memory, devices) = (books.shared(), watch::Sender::new(()));
        let told = devices.clone();
        let work = async move {
            let mut books = books;
            while let Some(first) = inbox.recv().await {
                let (group, world, told) = (gather(first, &mut inbox), world.clone(), told.clone());
                let committed = disk.wait(move || {
                    let answered = commit(&mut books, &world, group, &told);
                    (books, answered)
                });
                let Some((left, answered)) = committed.await else { return };
                books = left;
                answer(answered);
            }
            books.settle();
        };
        (Self::new(jobs, memory, devices, Arc::default()), work)
    }

    fn new(
        jobs: mpsc::Sender<Request>,
        memory: Arc<RwLock<Memory>>,
        devices: watch::Sender<()>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Self { jobs, room, memory, devices, metrics }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Hands a job in and returns where its answer will come. Waits while too many are waiting already.
    pub async fn submit(&self, job: Job) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        // The semaphore is never closed.
        let room = Arc::clone(&self.room).acquire_many_owned(room_for(&job)).await.ok();
        // A writer that is gone drops `reply`, which the receiver sees as an answer that never came.
        _ = self.jobs.send((job, Asker { reply, room })).await;
        answer
    }

    /// Has a job done.
    pub async fn perform(&self, job: Job) -> Answer {
        self.submit(job).await.await.unwrap_or_else(|_| stopped())
    }

    /// Waits until a device is revoked.
    pub async fn revoked(&self, device: u32) {
        let mut devices = self.devices.subscribe();
        let is_revoked = |(): &()| self.memory().device(device).is_some_and(|row| row.revoked_ms.is_some());
        // The sender lives as long as the writer does.
        _ = devices.wait_for(is_revoked).await;
    }

    /// The programmes that have been committed.
    pub fn editions(&self) -> Editions {
        self.memory().editions.clone()
    }

    /// What has been committed.
    pub fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WriterThread {
    /// Waits until everything handed in has been answered. All handles must have been dropped.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the writer ended with a panic");
        }
    }
}

/// The answer where the writer has gone.
pub fn stopped() -> Answer {
    Answer::Failed(Trouble::Stopping)
}

/// Everything that is waiting, up to a group's size.
fn gather(first: Request, inbox: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let mut size = weight(&first.0);
    let mut group = vec![first];
    while size < GROUP {
        let Ok(next) = inbox.try_recv() else { break };
        size += weight(&next.0);
        group.push(next);
    }
    group
}

fn weight(job: &Job) -> usize {
    operations(job).map_or(1, <[_]>::len)
}

/// The room that a job takes: one for each operation, as it is read ahead, and one for each KiB of its body. A job that
/// takes more than there is comes alone.
fn room_for(job: &Job) -> u32 {
    let of = |operation: &Operation| 1 + operation.body.len() / 1024;
    let room = operations(job).map_or(1, |operations| operations.iter().map(of).sum());
    u32::try_from(room).unwrap_or(ROOM).min(ROOM)
}

fn operations(job: &Job) -> Option<&[Operation]> {
    match job {
        Job::Push(push) => Some(&push.operations),
        Job::GiveBack(given) => Some(&given.operations),
        _ => None,
    }
}

/// Commits a group. Whoever waits for a device to be revoked hears of it here, whether or not the one who revoked it is
/// still there.
fn commit(
    books: &mut Books,
    world: &World,
    group: Vec<Request>,
    devices: &watch::Sender<()>,
) -> Vec<(Asker, Answer)> {
    let (jobs, askers): (Vec<Job>, Vec<Asker>) = group.into_iter().unzip();
    let sets_device = jobs.iter().any(|job| matches!(job.by().1, Job::SetDevice(_)));
    let answers = books.commit(jobs, world.now_ms());
    if sets_device {
        devices.send_replace(());
    }
    askers.into_iter().zip(answers).collect()
}

fn answer(answered: Vec<(Asker, Answer)>) {
    for (Asker { reply, room }, answer) in answered {
        drop(room);
        // Whoever asked may have gone; what was committed stays committed.
        _ = reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gom_domain::greeting::HistoryId;
    use gom_proto::seal::SealKey;
    use tokio::time::timeout;

    use super::*;
    use crate::books::{Contact, Push};
    use crate::store::Sqlite;

    fn push(operations: usize, size: usize) -> Job {
        let operations = vec![Operation::from(vec![0xff; size]); operations];
        Job::Push(Push { device: 1, epoch: 1, first_sequence: 1, operations })
    }

    #[test]
    fn room_goes_by_operations_and_by_their_size() {
        assert_eq!([push(0, 0), push(250, 94), push(250, 2_048)].map(|job| room_for(&job)), [0, 250, 750]);
        assert_eq!(room_for(&push(1_000, 64 * 1024)), ROOM);
    }

    #[tokio::test]
    #[allow(clippy::await_holding_lock, reason = "the writer must stand still")]
    async fn no_more_operations_wait_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Sqlite::found(&folder.path().join("books.db"), HistoryId([1; 16]), SealKey([2; 32]), 0);
        let books = Books::open(Box::new(ledger.unwrap())).unwrap();
        let memory = books.shared();
        let (writer, thread) = Writer::start(books, World::new(|| 0, |bytes| bytes.fill(7)));
        let held = memory.read().unwrap();
        // Noting it changes the memory, which is being looked at.
        let contact =
            Contact { device: 1, at_ms: 0, skew_ms: 0, app_version: String::new(), authority: None };
        let mut answers = vec![writer.submit(Job::Contact(contact)).await];
        let next = || timeout(Duration::from_millis(100), writer.submit(push(1_000, 9)));
        while let Ok(answer) = next().await {
            answers.push(answer);
        }
        assert_eq!(answers.len(), 1 + ROOM as usize / 1_000);
        drop(held);
        for answer in answers {
            answer.await.unwrap();
        }
        assert_eq!(writer.room.available_permits(), ROOM as usize);
        drop(writer);
        thread.join();
    }
}
