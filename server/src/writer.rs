//! The thread that owns the books: it waits for jobs, commits all that have gathered, and answers.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

use gom_domain::programme::Editions;
use gom_domain::world::{Disk, World};
use tokio::sync::{mpsc, oneshot};

use crate::books::{Answer, Books, Job};
use crate::memory::Memory;
use crate::wording::Trouble;

/// How many jobs may wait before senders have to.
const QUEUE: usize = 256;
/// How many operations share a commit at most; more gains little and lets the first wait longer.
const GROUP: usize = 4096;

type Request = (Job, oneshot::Sender<Answer>);

/// A handle to the writer, and to what it has committed.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Request>,
    memory: Arc<RwLock<Memory>>,
}

/// The writer's thread; joined when the server stops.
#[derive(Debug)]
pub struct WriterThread(JoinHandle<()>);

impl Writer {
    /// Starts the thread.
    pub fn start(mut books: Books, world: World) -> (Self, WriterThread) {
        let (jobs, mut inbox) = mpsc::channel(QUEUE);
        let memory = books.shared();
        let thread = std::thread::spawn(move || {
            while let Some(first) = inbox.blocking_recv() {
                answer(commit(&mut books, &world, gather(first, &mut inbox)));
            }
            books.settle();
        });
        (Self { jobs, memory }, WriterThread(thread))
    }

    /// The same without a thread: who polls the work is the writer, and `disk` waits for its commits.
    pub fn without_thread(books: Books, world: World, disk: Disk) -> (Self, impl Future<Output = ()> + Send) {
        let (jobs, mut inbox) = mpsc::channel::<Request>(QUEUE);
        let memory = books.shared();
        let work = async move {
            let mut books = books;
            while let Some(first) = inbox.recv().await {
                let (group, world) = (gather(first, &mut inbox), world.clone());
                let committed = disk.wait(move || {
                    let answered = commit(&mut books, &world, group);
                    (books, answered)
                });
                let Some((left, answered)) = committed.await else { return };
                books = left;
                answer(answered);
            }
            books.settle();
        };
        (Self { jobs, memory }, work)
    }

    /// Hands a job in and returns where its answer will come. Waits while too many are waiting already.
    pub async fn submit(&self, job: Job) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        // A writer that is gone drops `reply`, which the receiver sees as an answer that never came.
        _ = self.jobs.send((job, reply)).await;
        answer
    }

    /// Has a job done.
    pub async fn perform(&self, job: Job) -> Answer {
        self.submit(job).await.await.unwrap_or_else(|_| stopped())
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
    match job {
        Job::Push(push) => push.operations.len(),
        _ => 1,
    }
}

fn commit(books: &mut Books, world: &World, group: Vec<Request>) -> Vec<(oneshot::Sender<Answer>, Answer)> {
    let (jobs, replies): (Vec<Job>, Vec<oneshot::Sender<Answer>>) = group.into_iter().unzip();
    replies.into_iter().zip(books.commit(jobs, world.now_ms())).collect()
}

fn answer(answered: Vec<(oneshot::Sender<Answer>, Answer)>) {
    for (reply, answer) in answered {
        // Whoever asked may have gone; what was committed stays committed.
        _ = reply.send(answer);
    }
}
