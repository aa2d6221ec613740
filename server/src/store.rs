//! The books as rows: what goes in and what comes out. Decisions are made elsewhere.
//!
//! **Invariant:** nothing outside `store` knows that there is a database.

mod entries;
mod sqlite;

pub use entries::Entries;
pub use sqlite::{APPLICATION_ID, Sqlite};

use gom_domain::Period;
use gom_domain::greeting::{Chain, DeviceId, HistoryId};
use gom_domain::ruling::{Ruling, Verdict};
use gom_domain::user::{Rights, UserName};
use gom_proto::seal::SealKey;
use gom_trust::SealedPassword;

/// The books cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not one of Gom's.
    #[error("the file holds no books of a district")]
    Foreign,
    /// The file was written by a newer program.
    #[error("the books were written by a newer version of the program")]
    Newer,
    /// The file was written by an older program and has not been brought up to date.
    #[error("the books were written by an older version of the program")]
    Older,
    /// There are no books in the folder.
    #[error("there are no books in the folder")]
    Absent,
    /// The disk is full.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    /// The disk or the file failed.
    #[error("the disk refused to read or write the books")]
    Io(#[source] rusqlite::Error),
    /// The books hold something that cannot be.
    #[error("the books are damaged: {0}")]
    Damaged(String),
    /// Anything else that SQLite refused.
    #[error("the books refused a statement")]
    Sql(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether the handle must not be used again.
    pub fn is_io(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Io(_))
    }
}

/// Names with their short numbers, in the order of the numbers.
pub type Numbered = Vec<(u32, String)>;

/// A store's answer.
pub type Stored<T> = Result<T, StoreError>;

/// How far a device has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its epoch.
    pub epoch: u32,
    /// The last sequence ruled on in this epoch.
    pub last_sequence: u64,
    /// The chain over the bodies of this epoch.
    pub chain: Chain,
    /// The last commit that came from it; 0: none.
    pub last_commit: u64,
}

impl Default for Reached {
    fn default() -> Self {
        Self { epoch: 1, last_sequence: 0, chain: Chain::default(), last_commit: 0 }
    }
}

impl Reached {
    /// Goes on by a submission, whose body has this fingerprint. The first one of a later epoch begins it; one of an
    /// earlier epoch, which a commune has given back, leaves the present one as it is.
    pub fn advance(&mut self, row: &SubmissionRow, fingerprint: &[u8; 32]) {
        if row.epoch > self.epoch {
            *self = Self { epoch: row.epoch, ..Self::default() };
        }
        if row.epoch == self.epoch {
            self.last_sequence = row.sequence;
            self.chain = self.chain.then_sealed(fingerprint);
        }
        self.last_commit = row.seq;
    }
}

/// A device as the books know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its short number.
    pub number: u32,
    /// Its name on the wire.
    pub id: DeviceId,
    /// Its unit's number.
    pub unit: u32,
    /// Whether it is the district's own hand for the unit.
    pub district: bool,
    /// The computer's name.
    pub name: String,
    /// SHA-256 of its secret; empty for the district's own hand.
    pub secret_hash: Vec<u8>,
    /// How far it has come.
    pub reached: Reached,
    /// When it was last heard of, by the district's clock.
    pub contact_ms: Option<i64>,
    /// Its clock less the district's, then.
    pub skew_ms: Option<i64>,
    /// The program's version, then.
    pub app_version: String,
    /// From when on it may do nothing any more, by the district's clock.
    pub revoked_ms: Option<i64>,
    /// The authority whose certificate it has last shown; none: it has shown none.
    pub authority: Option<u32>,
}

impl DeviceRow {
    /// A device that nobody has spoken for yet: without a secret nobody can.
    pub fn unheard(number: u32, id: DeviceId, unit: u32, district: bool) -> Self {
        Self {
            number,
            id,
            unit,
            district,
            name: String::new(),
            secret_hash: Vec::new(),
            reached: Reached::default(),
            contact_ms: None,
            skew_ms: None,
            app_version: String::new(),
            revoked_ms: None,
            authority: None,
        }
    }
}

/// An authority of the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRow {
    /// Its number; a later one replaces it.
    pub number: u32,
    /// Its key.
    pub key: AuthorityKey,
    /// The certificate that it has made for itself.
    pub certificate: Vec<u8>,
    /// When it was made, by the district's clock.
    pub made_ms: i64,
    /// From when on what it has signed counts no more.
    pub retired_ms: Option<i64>,
}

/// The key of an authority, as PKCS #8. It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityKey(pub Vec<u8>);

gom_domain::hidden!(AuthorityKey);

/// An account at the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// What he types to say who he is.
    pub name: UserName,
    /// What people call him.
    pub full_name: String,
    /// What he may see and do.
    pub rights: Rights,
    /// What is kept of his password.
    pub password: SealedPassword,
    /// When the account was made, by the district's clock.
    pub made_ms: i64,
    /// When the password was set.
    pub password_ms: i64,
    /// Since when it is of no use; none: it is.
    pub disabled_ms: Option<i64>,
}

/// A one-time enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// The unit it is for.
    pub unit: u32,
    /// When it stops working.
    pub expires_ms: i64,
    /// Who used it.
    pub device: Option<u32>,
}

/// What a submission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The unit's number.
    pub unit: u32,
    /// The form's number.
    pub form: u32,
    /// The period.
    pub period: Period,
}

/// A submission in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionRow {
    /// Its commit sequence.
    pub seq: u64,
    /// Who sent it.
    pub device: u32,
    /// In which life.
    pub epoch: u32,
    /// Under which number.
    pub sequence: u64,
    /// Whose it is.
    pub unit: u32,
    /// What it is about; none where its body could not be read so far.
    pub place: Option<Place>,
    /// What was decided.
    pub ruling: Ruling,
    /// The submission before it about the same.
    pub prior: Option<u64>,
    /// The submission that this one was before, under another sequence.
    pub repeats: Option<u64>,
    /// Its body, verbatim.
    pub body: Vec<u8>,
}

/// A submission about a place, as far as it bears on what stands there.
#[derive(Clone, Copy, Debug)]
pub struct HandedIn<'r> {
    /// Its commit sequence.
    pub seq: u64,
    /// What it is about.
    pub place: Place,
    /// The revision as which it was accepted; none where it never stood, nor where it repeats one that did.
    pub accepted: Option<u32>,
    /// Its body, verbatim.
    pub body: &'r [u8],
}

impl SubmissionRow {
    /// What bears on what stands; none where nobody can say what it is about.
    pub fn handed_in(&self) -> Option<HandedIn<'_>> {
        let accepted = match self.ruling.verdict {
            Verdict::Accepted { revision } if self.repeats.is_none() => Some(revision),
            _ => None,
        };
        Some(HandedIn { seq: self.seq, place: self.place?, accepted, body: &self.body })
    }
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A new version of the programme: its tables.
    Programme,
    /// A table of quotas.
    Quotas,
    /// A table of the prior year's figures.
    Baseline,
    /// A target set by hand.
    Target,
    /// An enrolment code was issued.
    Code,
    /// A device was enrolled.
    Device,
    /// The books go by another history from here on.
    History,
    /// The books go on without what a restored backup lacks.
    GoOn,
    /// The district has another authority.
    Authority,
    /// An authority of the district counts no more.
    RetireAuthority,
    /// A device was named or revoked.
    SetDevice,
    /// An account was made or changed.
    User,
}

impl ChangeKind {
    const ALL: [Self; 12] = [
        Self::Programme,
        Self::Quotas,
        Self::Baseline,
        Self::Target,
        Self::Code,
        Self::Device,
        Self::History,
        Self::GoOn,
        Self::Authority,
        Self::RetireAuthority,
        Self::SetDevice,
        Self::User,
    ];

    /// The word in the books.
    pub fn key(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Quotas => "quotas",
            Self::Baseline => "baseline",
            Self::Target => "target",
            Self::Code => "code",
            Self::Device => "device",
            Self::History => "history",
            Self::GoOn => "go-on",
            Self::Authority => "authority",
            Self::RetireAuthority => "retire-authority",
            Self::SetDevice => "set-device",
            Self::User => "user",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// A change in the journal: everything that is no submission and changes an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its commit sequence.
    pub seq: u64,
    /// What it is.
    pub kind: ChangeKind,
    /// The programme's year; 0 where it has none.
    pub year: i16,
    /// What changed.
    pub body: Vec<u8>,
    /// Who at the district made it; empty where a device did, or the server by itself.
    pub who: String,
}

/// A group of entries that became durable together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitRow {
    /// Its last entry.
    pub last_seq: u64,
    /// When, by the district's clock.
    pub at_ms: i64,
    /// The hash chain over all entries up to there.
    pub head: [u8; 32],
}

/// What stands for a unit, form and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingRow {
    /// The submission that stands; none if none was accepted.
    pub seq: Option<u64>,
    /// The newest submission, whatever its verdict.
    pub last: u64,
}

/// Reading the books. Every reader sees the books as of one commit.
pub trait Journal: Send {
    /// The name of the history that the books were founded under, and the district's key to its seals.
    fn founded(&mut self) -> Stored<(HistoryId, SealKey)>;
    /// The last commit; none before the first.
    fn last_commit(&mut self) -> Stored<Option<CommitRow>>;
    /// When an entry became durable.
    fn commit_of(&mut self, seq: u64) -> Stored<CommitRow>;
    /// All commits in order.
    fn each_commit(&mut self, visit: &mut dyn FnMut(CommitRow) -> Stored<()>) -> Stored<()>;
    /// All units' and forms' numbers.
    fn names(&mut self) -> Stored<(Numbered, Numbered)>;
    /// All devices.
    fn devices(&mut self) -> Stored<Vec<DeviceRow>>;
    /// All authorities, the newest last.
    fn authorities(&mut self) -> Stored<Vec<AuthorityRow>>;
    /// All accounts.
    fn users(&mut self) -> Stored<Vec<UserRow>>;
    /// An enrolment code.
    fn code(&mut self, hash: &[u8; 32]) -> Stored<Option<CodeRow>>;
    /// A submission by its commit sequence.
    fn submission(&mut self, seq: u64) -> Stored<SubmissionRow>;
    /// A submission by its sender's numbers.
    fn submission_of(&mut self, device: u32, epoch: u32, sequence: u64) -> Stored<Option<SubmissionRow>>;
    /// The last sequence of a device's epoch; 0 if none.
    fn last_of(&mut self, device: u32, epoch: u32) -> Stored<u64>;
    /// What stands.
    fn standing(&mut self, place: Place) -> Stored<Option<StandingRow>>;
    /// A device's submissions that were committed after `after`, those of its newest epoch first.
    fn newest_of(&mut self, device: u32, after: u64) -> Stored<Vec<SubmissionRow>>;
    /// All changes up to an entry, in order.
    fn each_change(&mut self, up_to: u64, visit: &mut dyn FnMut(ChangeRow) -> Stored<()>) -> Stored<()>;
    /// All submissions up to an entry, in order.
    fn each_submission(
        &mut self,
        up_to: u64,
        visit: &mut dyn FnMut(SubmissionRow) -> Stored<()>,
    ) -> Stored<()>;
    /// What was handed in about any place up to an entry, in order; how many submissions there are up to it, those
    /// included of which nobody can say what they are about.
    fn each_handed_in(
        &mut self,
        up_to: u64,
        visit: &mut dyn FnMut(HandedIn<'_>) -> Stored<()>,
    ) -> Stored<u64>;
    /// Some submissions, in the order of the journal. It is damage if one of them is not there.
    fn each_of(
        &mut self,
        entries: &Entries,
        visit: &mut dyn FnMut(SubmissionRow) -> Stored<()>,
    ) -> Stored<()>;
    /// For how many places something has come in.
    fn places(&mut self) -> Stored<u64>;
    /// What has come in for each place.
    fn standings(&mut self) -> Stored<Vec<(Place, StandingRow)>>;
    /// All submissions that stand, in the order of the journal.
    fn each_standing(&mut self, visit: &mut dyn FnMut(SubmissionRow) -> Stored<()>) -> Stored<()> {
        let mut standing = Entries::up_to(self.last_commit()?.map_or(0, |last| last.last_seq));
        let mut seqs = self.standings()?.into_iter().filter_map(|(_, row)| row.seq);
        seqs.try_for_each(|seq| standing.insert(seq))?;
        self.each_of(&standing, visit)
    }
}

/// Writing the books: between `begin` and `commit` or `roll_back`.
pub trait Ledger: Journal {
    /// Begins a group.
    fn begin(&mut self) -> Stored<()>;
    /// Makes the group durable.
    fn commit(&mut self) -> Stored<()>;
    /// Forgets the group.
    fn roll_back(&mut self) -> Stored<()>;
    /// Gives a unit a number.
    fn name_unit(&mut self, number: u32, id: &str) -> Stored<()>;
    /// Gives a form a number.
    fn name_form(&mut self, number: u32, key: &str) -> Stored<()>;
    /// Enters or updates a device.
    fn put_device(&mut self, device: &DeviceRow) -> Stored<()>;
    /// Enters an authority, or retires one.
    fn put_authority(&mut self, authority: &AuthorityRow) -> Stored<()>;
    /// Enters or updates an account.
    fn put_user(&mut self, user: &UserRow) -> Stored<()>;
    /// Notes how far a device has come.
    fn advance_device(&mut self, number: u32, reached: &Reached) -> Stored<()>;
    /// Enters or updates an enrolment code.
    fn put_code(&mut self, code: &CodeRow) -> Stored<()>;
    /// Appends submissions to the journal.
    fn append_submissions(&mut self, rows: &[SubmissionRow]) -> Stored<()>;
    /// Appends a change to the journal.
    fn append_change(&mut self, row: &ChangeRow) -> Stored<()>;
    /// Appends a commit to the journal.
    fn append_commit(&mut self, row: &CommitRow) -> Stored<()>;
    /// Sets what stands.
    fn put_standings(&mut self, rows: &mut dyn Iterator<Item = (Place, StandingRow)>) -> Stored<()>;
    /// Throws the handle away and opens the books again, as after a failed write.
    fn reopen(&mut self) -> Stored<()>;
}
