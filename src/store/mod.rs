//! The store: one SQLite file in WAL mode, one writer thread and a few read-only connections.
//!
//! Every write goes through [`Store::write`], which runs a closure on the writer thread inside `BEGIN IMMEDIATE`; a read runs on the
//! caller's thread on whichever of the read-only connections is free. A read-then-write in a deferred transaction would
//! fail with SQLITE_BUSY as soon as two processes run, and a single shared connection would let a long read hold up the
//! screen. What records an effect on the outside is written with [`Durability::Full`]; a lost "sent" row would mean a second mail.
//!
//! SQL stands in this room only, one file per family of tables. Statements are prepared and cached.

pub mod accounts;
pub mod ahead;
pub mod approvals;
pub mod audit;
pub mod calendar;
pub mod companies;
pub mod contacts;
pub mod control;
pub mod deals;
pub mod drafts;
pub mod examine;
pub mod executions;
pub mod flags;
pub mod holder;
pub mod hubspot;
pub mod jobs;
pub mod lease;
pub mod log;
pub mod messages;
pub mod metrics;
pub mod migrations;
pub mod moves;
pub mod news;
pub mod outcomes;
pub mod people;
pub mod providers;
pub mod questions;
pub mod remotes;
pub mod sends;
pub mod signals;
pub mod sources;
pub mod strays;
pub mod suppressions;
pub mod timeline;
pub mod undo;
mod watch;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::domain::contact::LifecycleStage;
use crate::env::{crash_point, file};

/// The database file's name inside the data directory.
pub const FILE_NAME: &str = "caseyos.db";
/// Longest wait for another process's write transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Read-only connections at most; one more reader waits for the first to finish.
const READERS: usize = 3;
/// Writes that may wait for the writer thread before a caller has to wait to hand over its own.
const WRITE_QUEUE: usize = 64;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the database refused: {0}.")]
    Sqlite(#[from] rusqlite::Error),
    /// Another process kept the database to itself for longer than five seconds.
    #[error("the database is busy in another process; nothing was changed. Try again in a moment.")]
    Busy,
    /// The file was written by a newer version.
    #[error(
        "the database has schema version {found} and this program knows {known}: it was written by a newer CaseyOS. Nothing was changed; install that version."
    )]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// There is no database yet.
    #[error("there is no CaseyOS data in {}; `caseyos init` makes it, and `caseyos demo` shows a world without any.", .0.display())]
    Missing(PathBuf),
    /// The file is there and holds nothing.
    #[error(
        "the database {} is empty (0 bytes): something cut it off, and it is not taken for a new one. Nothing was changed. Put back a copy, for example from `backups` beside it, or move the file away and run `caseyos init` to begin anew.", .0.display()
    )]
    Empty(PathBuf),
    /// There is no room left for what was to be written.
    #[error(
        "the disk is full: free some space beside {}, then try again; nothing was changed in the database.", .0.display()
    )]
    Full(PathBuf),
    /// A file operation failed.
    #[error("{what} failed: {}.", file::said(.source))]
    File {
        /// The operation that was attempted.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A stored value outside its range.
    #[error(
        "the database holds a value that it should not: {0}. `caseyos audit verify` and a backup in the data directory's `backups` may help."
    )]
    Invalid(String),
    /// The writer thread is gone or a job panicked; the transaction was rolled back.
    #[error("an internal error stopped the write; nothing of it was kept.")]
    Writer,
}

impl StoreError {
    fn from_sqlite(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::Busy
            }
            _ => Self::Sqlite(error),
        }
    }

    /// Tells whether another process keeps the database to itself.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let code = match self {
            Self::Busy => return true,
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        matches!(
            code,
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        )
    }

    /// Tells whether SQLite may have meant that there was no room: it says so of the database and of its log, and of the index of the log, which
    /// every reader needs, only that an operation failed.
    fn may_be_full(&self) -> bool {
        let Self::Sqlite(error) = self else {
            return false;
        };
        matches!(
            error.sqlite_error_code(),
            Some(
                rusqlite::ErrorCode::DiskFull
                    | rusqlite::ErrorCode::SystemIoFailure
                    | rusqlite::ErrorCode::CannotOpen
            )
        )
    }

    /// Makes the error for a file operation.
    pub fn file(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::File {
            what: what.into(),
            source,
        }
    }
}

/// The store's result.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An error that may hold one of the store.
pub trait HoldsStoreError {
    /// Returns the error of the store that it is, if it is one.
    fn store_error(&mut self) -> Option<&mut StoreError>;
}

impl HoldsStoreError for StoreError {
    fn store_error(&mut self) -> Option<&mut StoreError> {
        Some(self)
    }
}

/// Less room than this is none: SQLite writes its files in pieces of 32 KiB.
const NO_ROOM: u64 = 64 * 1024;

/// Calls a full disk by its name.
fn explained<E: HoldsStoreError>(mut error: E, directory: &Path) -> E {
    if let Some(own) = error.store_error()
        && own.may_be_full()
    {
        let is_said = matches!(own, StoreError::Sqlite(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull));
        if is_said || file::free_space(directory).is_some_and(|free| free < NO_ROOM) {
            *own = StoreError::Full(directory.to_owned());
        }
    }
    error
}

/// Strength of a commit's write to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// May lose the last commits when power fails, never the file. For what can be read or computed again.
    Normal,
    /// Survives loss of power. For what records an effect on the outside or the operator's will.
    Full,
}

/// A change, as a hint to read again; never the truth itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event, such as `move.proposed`.
    pub kind: &'static str,
    /// The subject, such as `move:12`.
    pub subject: String,
}

/// A view of the database at one instant.
#[derive(Debug)]
pub struct ReadTx<'a> {
    connection: &'a Connection,
    home: &'a Home,
    is_in_write: bool,
}

/// The directory whose orders a store obeys, beside those in its rows.
#[derive(Debug, Clone)]
struct Home {
    path: PathBuf,
    /// False for a copy, which obeys them and leaves them alone.
    is_own: bool,
}

impl Home {
    fn own(directory: &Path) -> Self {
        Self {
            path: directory.to_owned(),
            is_own: true,
        }
    }
}

impl<'a> ReadTx<'a> {
    /// Gives the rooms of the store their connection; nobody else can name its type's use.
    pub(in crate::store) fn sql(&self) -> &'a Connection {
        self.connection
    }

    /// Returns the directory of the orders that count beside the rows.
    pub(in crate::store) fn home(&self) -> &'a Path {
        &self.home.path
    }

    /// Tells whether it reads within a write transaction, so that others wait for it.
    #[must_use]
    pub const fn is_in_write(&self) -> bool {
        self.is_in_write
    }

    /// Tells whether a change here changes the orders beside the rows too.
    pub(in crate::store) fn owns_orders(&self) -> bool {
        self.home.is_own
    }
}

/// A write transaction. Everything in it happens, or nothing.
#[derive(Debug)]
pub struct WriteTx<'a> {
    read: ReadTx<'a>,
    events: RefCell<Vec<Event>>,
    /// The instant of this transaction, as the last event or entry of the trail said it.
    at: Cell<Option<Timestamp>>,
}

impl<'a> std::ops::Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl WriteTx<'_> {
    /// Records an event, which subscribers hear of once the transaction is committed.
    ///
    /// # Errors
    /// Fails if SQLite refuses the row.
    pub fn emit(
        &self,
        now: Timestamp,
        kind: &'static str,
        subject: impl Into<String>,
    ) -> Result<()> {
        let subject = subject.into();
        self.see(now);
        self.sql()
            .prepare_cached("INSERT INTO event (at, kind, subject) VALUES (?1, ?2, ?3)")?
            .execute((now.as_millisecond(), kind, &subject))?;
        self.events.borrow_mut().push(Event { kind, subject });
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Takes note of the instant of this transaction.
    pub(in crate::store) fn see(&self, now: Timestamp) {
        self.at.set(Some(now));
    }

    /// Forgets the oldest events beyond the newest `keep`. Their numbers are not used again, so the data version does not turn back.
    ///
    /// # Errors
    /// Fails if SQLite refuses.
    pub fn prune_events(&self, keep: u32) -> Result<()> {
        self.sql()
            .prepare_cached("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?1")?
            .execute([keep])?;
        Ok(())
    }

    /// Tells whether this transaction has recorded an event of a kind.
    #[must_use]
    pub fn has_emitted(&self, kind: &str) -> bool {
        self.events.borrow().iter().any(|event| event.kind == kind)
    }
}

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

struct Writer {
    path: PathBuf,
    patience: Duration,
    connection: Option<Connection>,
    durability: Option<Durability>,
    note: Option<holder::Note>,
    /// True if this connection notes what its transactions change.
    watches: bool,
}

impl Writer {
    fn connection(&mut self, durability: Durability) -> Result<&mut Connection> {
        if self.connection.is_none() {
            self.connection = Some(open(&self.path, Role::Writer, self.patience)?);
            self.durability = None;
            self.watches = false;
        }
        let connection = self.connection.as_mut().ok_or(StoreError::Writer)?;
        if self.durability != Some(durability) {
            connection.execute_batch(match durability {
                Durability::Normal => "PRAGMA synchronous = NORMAL",
                Durability::Full => "PRAGMA synchronous = FULL",
            })?;
            self.durability = Some(durability);
        }
        Ok(connection)
    }

    /// Returns the connection, which notes what its transactions change.
    fn watching(&mut self, durability: Durability) -> Result<&mut Connection> {
        let is_new = !self.watches || self.connection.is_none();
        let connection = self.connection(durability)?;
        if is_new {
            watch::begin(connection)?;
        }
        self.watches = true;
        self.connection.as_mut().ok_or(StoreError::Writer)
    }

    /// Returns the note beside the database in which this process says that it has the write lock.
    fn take_note(&mut self) -> Option<holder::Note> {
        let open = |path: &Path| path.parent().and_then(|home| holder::Note::open(home).ok());
        self.note.take().or_else(|| open(&self.path))
    }
}

#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    open: usize,
}

struct Shared {
    directory: PathBuf,
    path: PathBuf,
    home: Home,
    patience: Duration,
    writer: Mutex<Option<(SyncSender<Job>, JoinHandle<()>)>>,
    readers: Mutex<Readers>,
    reader_free: Condvar,
    subscribers: Mutex<Vec<Sender<Event>>>,
}

impl Drop for Shared {
    /// Closes the readers and then the writer, which moves what is in the log into the file: the next process would
    /// otherwise begin by reading the whole log.
    fn drop(&mut self) {
        self.readers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .idle
            .clear();
        if let Some((sender, thread)) = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            drop(sender);
            // The last handle may be dropped by a job of the writer itself, which cannot wait for its own end.
            if thread.thread().id() != std::thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

/// The handle to the store. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    Writer,
}

fn open(path: &Path, role: Role, patience: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Without this, SQLite plans a cached statement anew for each value bound to it, in case statistics speak for another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    match role {
        Role::Reader => {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000")?;
        }
        Role::Writer => connection.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 16777216",
        )?,
    }
    Ok(connection)
}

/// Gives a file its name, unless another process has made one of that name meanwhile, which stays.
fn put_in_place(made: &Path, path: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(made, path) {
        Ok(()) => std::fs::remove_file(made),
        Err(_) if path.is_file() => std::fs::remove_file(made),
        // Some file systems know no links.
        Err(_) => std::fs::rename(made, path),
    }
}

fn refuse_empty(path: &Path) -> Result<()> {
    let bytes =
        std::fs::metadata(path).map_err(|e| StoreError::file("looking at the database", e))?;
    if bytes.len() == 0 {
        return Err(StoreError::Empty(path.to_owned()));
    }
    Ok(())
}

impl Store {
    /// Opens the store in `directory` and brings its schema up to date, with a backup beside it if there was data.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, [`StoreError::Empty`] if it was cut off, [`StoreError::Newer`] if a newer program wrote it.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self> {
        Self::open_within(directory, BUSY_TIMEOUT, now)
    }

    /// Opens the store as [`Self::open`] does, and waits for another process no longer than `patience`, now and at every write.
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::Busy`] if another process keeps the database to itself.
    pub fn open_within(directory: &Path, patience: Duration, now: Timestamp) -> Result<Self> {
        let path = directory.join(FILE_NAME);
        if !path.is_file() {
            return Err(StoreError::Missing(directory.to_owned()));
        }
        refuse_empty(&path)?;
        let store = Self::handle(directory, path, Home::own(directory), patience);
        let version = store.read(|tx| migrations::version(tx.sql()))?;
        if version != migrations::NEWEST {
            store.migrate(now)?;
        }
        Ok(store)
    }

    /// Makes the store in `directory` if there is none, and opens it. The directory is made for its owner alone.
    ///
    /// # Errors
    /// Fails if the directory or the file cannot be made.
    pub fn create(directory: &Path, now: Timestamp) -> Result<Self> {
        create_private_directory(directory)?;
        let path = directory.join(FILE_NAME);
        if path.is_file() {
            refuse_empty(&path)?;
        } else {
            // It appears whole under its name, so that a file of 0 bytes is never one that was just being made.
            let made = directory.join(format!("{FILE_NAME}.new.{}", std::process::id()));
            drop(std::fs::remove_file(&made));
            create_private_file(&made)?;
            open(&made, Role::Writer, BUSY_TIMEOUT)
                .and_then(|connection| Ok(connection.pragma_update(None, "journal_mode", "WAL")?))
                .map_err(|e| explained(e, directory))?;
            put_in_place(&made, &path).map_err(|e| StoreError::file("making the database", e))?;
        }
        let store = Self::handle(directory, path, Home::own(directory), BUSY_TIMEOUT);
        store.migrate(now)?;
        Ok(store)
    }

    /// Copies the store into another directory and opens the copy. Another process may write meanwhile.
    ///
    /// # Errors
    /// Fails if the copy cannot be made.
    pub fn copy(&self, directory: &Path) -> Result<Self> {
        create_private_directory(directory)?;
        let path = directory.join(FILE_NAME);
        create_private_file(&path)?;
        self.read(|tx| {
            tx.sql()
                .backup("main", &path, None::<fn(rusqlite::backup::Progress)>)
                .map_err(StoreError::from_sqlite)
        })?;
        let home = Home {
            is_own: false,
            ..self.shared.home.clone()
        };
        Ok(Self::handle(directory, path, home, BUSY_TIMEOUT))
    }

    fn handle(directory: &Path, path: PathBuf, home: Home, patience: Duration) -> Self {
        Self {
            shared: Arc::new(Shared {
                directory: directory.to_owned(),
                path,
                home,
                patience,
                writer: Mutex::new(None),
                readers: Mutex::new(Readers::default()),
                reader_free: Condvar::new(),
                subscribers: Mutex::new(Vec::new()),
            }),
        }
    }

    fn migrate(&self, now: Timestamp) -> Result<()> {
        let backups = self.shared.directory.join("backups");
        self.on_writer(
            move |writer| migrations::run(writer.connection(Durability::Full)?, &backups, now),
            None,
        )?;
        // A statement prepared before a migration knows the old schema.
        lock(&self.shared.readers).idle.clear();
        Ok(())
    }

    /// Returns the directory that the store lives in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Returns the directory of the orders that count beside the rows; none for a copy, which leaves them alone.
    #[must_use]
    pub fn orders(&self) -> Option<&Path> {
        let home = &self.shared.home;
        home.is_own.then_some(home.path.as_path())
    }

    /// Subscribes to the events of this process's commits.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<Event> {
        let (sender, receiver) = channel();
        lock(&self.shared.subscribers).push(sender);
        receiver
    }

    /// Runs `job` on one consistent view of the database.
    ///
    /// # Errors
    /// Passes on the error of `job`, and fails if no connection could be opened.
    pub fn read<T, E: From<StoreError> + HoldsStoreError>(
        &self,
        job: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read_as_it_is(job)
            .map_err(|e| explained(e, &self.shared.directory))
    }

    fn read_as_it_is<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.take_reader()?;
        let result = (|| {
            let transaction = connection.transaction().map_err(StoreError::from_sqlite)?;
            job(&ReadTx {
                connection: &transaction,
                home: &self.shared.home,
                is_in_write: false,
            })
        })();
        lock(&self.shared.readers).idle.push(connection);
        self.shared.reader_free.notify_one();
        result
    }

    fn take_reader(&self) -> Result<Connection> {
        let mut readers = lock(&self.shared.readers);
        loop {
            if let Some(connection) = readers.idle.pop() {
                return Ok(connection);
            }
            if readers.open < READERS {
                let connection = open(&self.shared.path, Role::Reader, self.shared.patience)?;
                readers.open += 1;
                return Ok(connection);
            }
            readers = self
                .shared
                .reader_free
                .wait(readers)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs `job` in a write transaction on the writer thread and waits for its commit. On an error nothing of it is kept.
    ///
    /// # Errors
    /// Passes on the error of `job`; [`StoreError::Busy`] if another process holds the database, [`StoreError::Writer`] if `job` panics.
    pub fn write<T, E>(
        &self,
        durability: Durability,
        job: impl FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + HoldsStoreError + Send + 'static,
    {
        let written = self.on_writer(self.transaction(durability, job), None)?;
        Ok(self.told(written))
    }

    /// Runs `job` as [`Self::write`] does, and waits for the lock no longer than `patience`. The job may run later all the same, where the
    /// writer thread is busy, so it must look first at whether it is still wanted.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_within<T, E>(
        &self,
        patience: Duration,
        durability: Durability,
        job: impl FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + HoldsStoreError + Send + 'static,
    {
        let inner = self.transaction(durability, job);
        let usual = self.shared.patience;
        let bounded = move |writer: &mut Writer| {
            let connection = writer.connection(durability)?;
            connection
                .busy_timeout(patience)
                .map_err(StoreError::from)?;
            let result = inner(writer);
            if let Some(connection) = &writer.connection {
                connection.busy_timeout(usual).map_err(StoreError::from)?;
            }
            result
        };
        let written = self.on_writer(bounded, Some(patience.saturating_mul(2)))?;
        Ok(self.told(written))
    }

    /// Makes the job of the writer that is one transaction.
    fn transaction<T, E: From<StoreError>>(
        &self,
        durability: Durability,
        job: impl FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> impl FnOnce(&mut Writer) -> Result<(T, Vec<Event>), E> + Send + 'static {
        let home = self.shared.home.clone();
        move |writer| {
            let mut note = writer.take_note();
            let connection = writer.watching(durability)?;
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(StoreError::from_sqlite)?;
            let held = note.as_mut().map(holder::Note::held);
            let tx = WriteTx {
                read: ReadTx {
                    connection: &transaction,
                    home: &home,
                    is_in_write: true,
                },
                events: RefCell::default(),
                at: Cell::default(),
            };
            let value = job(&tx)?;
            let at = tx.at.get().map(Timestamp::as_millisecond);
            watch::finish(&transaction, at).map_err(StoreError::from)?;
            let events = tx.events.into_inner();
            crash_point("before-commit");
            transaction.commit().map_err(StoreError::from_sqlite)?;
            crash_point("after-commit");
            drop(held);
            writer.note = note;
            Ok((value, events))
        }
    }

    /// Tells the subscribers of a transaction that is committed.
    fn told<T>(&self, (result, events): (T, Vec<Event>)) -> T {
        if !events.is_empty() {
            lock(&self.shared.subscribers)
                .retain(|s| events.iter().all(|event| s.send(event.clone()).is_ok()));
        }
        result
    }

    /// Runs `job` on the writer thread and waits for its end; with a `limit`, [`StoreError::Busy`] after that, though it may run yet.
    fn on_writer<T, E>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, E> + Send + 'static,
        limit: Option<Duration>,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + HoldsStoreError + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let directory = self.shared.directory.clone();
        let job: Job = Box::new(move |writer| {
            // A panic must not take the writer with it: the transaction rolls back as it is dropped.
            let result = catch_unwind(AssertUnwindSafe(|| job(writer))).unwrap_or_else(|_| {
                writer.connection = None;
                Err(StoreError::Writer.into())
            });
            // The caller may have given up; then nobody waits for the answer.
            drop(reply.send(result.map_err(|e| explained(e, &directory))));
        });
        let sender = self.writer()?;
        let Some(limit) = limit else {
            if sender.send(job).is_err() {
                return Err(StoreError::Writer.into());
            }
            return answer
                .recv()
                .unwrap_or_else(|_| Err(StoreError::Writer.into()));
        };
        match sender.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(StoreError::Busy.into()),
            Err(TrySendError::Disconnected(_)) => return Err(StoreError::Writer.into()),
        }
        match answer.recv_timeout(limit) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => Err(StoreError::Busy.into()),
            Err(RecvTimeoutError::Disconnected) => Err(StoreError::Writer.into()),
        }
    }

    fn writer(&self) -> Result<SyncSender<Job>> {
        let mut slot = lock(&self.shared.writer);
        if let Some((sender, _)) = slot.as_ref() {
            return Ok(sender.clone());
        }
        let (sender, jobs) = sync_channel::<Job>(WRITE_QUEUE);
        let mut writer = Writer {
            path: self.shared.path.clone(),
            patience: self.shared.patience,
            connection: None,
            durability: None,
            note: None,
            watches: false,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                for job in jobs {
                    job(&mut writer);
                }
            })
            .map_err(|e| StoreError::file("starting the writer thread", e))?;
        *slot = Some((sender.clone(), thread));
        Ok(sender)
    }

    /// Returns a number that changes when another process has committed.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub fn data_version(&self) -> Result<i64> {
        // `PRAGMA data_version` compares a connection with itself, so the sum over changing readers would mislead: the
        // highest event id and the audit's end tell the same and are the same for every connection.
        self.read(|tx| {
            Ok(tx
                .sql()
                .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?
                .query_row([], |row| row.get(0))?)
        })
    }
}

/// Makes a directory that only its owner may enter.
///
/// # Errors
/// Fails if it cannot be made.
pub fn create_private_directory(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|e| StoreError::file(format!("making the directory {}", path.display()), e))
}

/// Makes an empty file that only its owner may read, or leaves the one that is there.
///
/// # Errors
/// Fails if it cannot be made.
pub fn create_private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|e| StoreError::file(format!("making {}", path.display()), e))
}

/// Turns stored milliseconds into an instant.
pub(in crate::store) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Reads a stored word of a closed list.
pub(in crate::store) fn word<T: std::str::FromStr>(text: &str) -> rusqlite::Result<T> {
    text.parse().map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            format!("unknown word {text:?}").into(),
        )
    })
}

/// Reads a stored word of a closed list, or the empty text that stands for none.
pub(in crate::store) fn word_or_none<T: std::str::FromStr>(
    text: &str,
) -> rusqlite::Result<Option<T>> {
    (!text.is_empty()).then(|| word(text)).transpose()
}

/// Reads a contact's stored stage, in whichever table it stands.
pub(in crate::store) fn stage(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<LifecycleStage> {
    Ok(LifecycleStage::from_stored(row.get_ref(column)?.as_str()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Makes a store in a directory that lasts as long as the first value.
    pub(crate) fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("data"), Timestamp::UNIX_EPOCH).unwrap();
        (directory, store)
    }

    #[test]
    fn a_failed_write_keeps_nothing_and_tells_nobody() {
        let (_directory, store) = store();
        let events = store.subscribe();
        let failed: Result<()> = store.write(Durability::Normal, |tx| {
            tx.emit(Timestamp::UNIX_EPOCH, "test", "x:1")?;
            Err(StoreError::Invalid("on purpose".into()))
        });
        assert!(failed.is_err());
        assert!(events.try_recv().is_err());
        assert_eq!(store.data_version().unwrap(), 0);
        store
            .write(Durability::Full, |tx| {
                tx.emit(Timestamp::UNIX_EPOCH, "test", "x:2")
            })
            .unwrap();
        assert_eq!(events.try_recv().unwrap().subject, "x:2");
        assert_eq!(store.data_version().unwrap(), 1);
    }

    #[test]
    fn a_full_disk_is_called_that_and_nothing_is_changed() {
        let (_directory, store) = store();
        let fill = |tx: &WriteTx<'_>| -> Result<()> {
            // SQLite takes a file that must not grow for a disk that is full.
            let pages: i64 = tx.sql().query_row("PRAGMA page_count", [], |r| r.get(0))?;
            tx.sql()
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            tx.emit(Timestamp::UNIX_EPOCH, "test", "x".repeat(1_000_000))
        };
        let full = store.write(Durability::Full, fill).unwrap_err();
        assert!(matches!(full, StoreError::Full(_)), "{full}");
        assert!(full.to_string().starts_with("the disk is full"), "{full}");
        assert_eq!(store.data_version().unwrap(), 0);
        // An operation that fails where there is room failed for another reason.
        let failed: Result<()> = store.write(Durability::Normal, |tx| {
            Ok(tx
                .sql()
                .execute_batch("ATTACH '/nowhere/at/all' AS other")?)
        });
        assert!(matches!(failed, Err(StoreError::Sqlite(_))), "{failed:?}");
    }

    #[test]
    fn a_job_that_panics_leaves_the_store_usable() {
        let (_directory, store) = store();
        let failed: Result<()> = store.write(Durability::Normal, |tx| {
            tx.emit(Timestamp::UNIX_EPOCH, "test", "x:1")?;
            panic!("on purpose")
        });
        assert!(matches!(failed, Err(StoreError::Writer)));
        assert_eq!(store.data_version().unwrap(), 0);
        store
            .write(Durability::Normal, |tx| {
                tx.emit(Timestamp::UNIX_EPOCH, "test", "x:2")
            })
            .unwrap();
    }

    #[test]
    fn a_reader_cannot_write() {
        let (_directory, store) = store();
        let refused = store
            .read(|tx| Ok::<_, StoreError>(tx.sql().execute("DELETE FROM meta", []).is_err()))
            .unwrap();
        assert!(refused);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_data() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, store) = store();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.directory()), 0o700);
        assert_eq!(mode(&store.directory().join(FILE_NAME)), 0o600);
    }

    #[test]
    fn a_missing_store_says_how_to_make_one() {
        let directory = tempfile::tempdir().unwrap();
        let error = Store::open(directory.path(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().contains("caseyos init"), "{error}");
    }
}
