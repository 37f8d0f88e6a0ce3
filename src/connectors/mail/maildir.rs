//! Maildir folders: delivery that survives a crash at any instant, and reading beside other programs.
//!
//! A message is written to `tmp`, synced, renamed into place, and the folder synced. The caller names it, so that after a crash
//! the same delivery done again finds what was done: one message, never two.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::domain::email::message_id::MessageId;
use crate::env::crash_point;

use super::parse;

/// Bytes read to find a message's header.
const HEADER_BYTES: u64 = 64 * 1024;
/// Bytes read of a message to compare it with another.
const MESSAGE_BYTES: u64 = 1024 * 1024;
/// Prefix of our files in `tmp`.
const OWN_PREFIX: &str = "caseyos-";
/// Separates a message's unique name from its flags.
const INFO: &str = ":2,";

/// A reason that a folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum MaildirError {
    /// The folder lacks `cur`, `new` or `tmp`.
    #[error("{0} is no Maildir: it lacks cur, new or tmp")]
    NotMaildir(PathBuf),
    /// A unique name with a slash, a colon, a leading dot, a control character, or too long.
    #[error("{0:?} cannot name a message")]
    BadName(String),
    /// It was refused in the last moment, with the reason.
    #[error("{0}")]
    Stopped(String),
    /// The file system said no.
    #[error("{what}: {source}")]
    Io {
        /// The operation that was attempted.
        what: String,
        /// The system's error.
        source: io::Error,
    },
}

fn io_error(what: &str, path: &Path) -> impl FnOnce(io::Error) -> MaildirError {
    let what = format!("{what} {}", path.display());
    move |source| MaildirError::Io { what, source }
}

/// One message of a folder, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEntry {
    /// The name without flags, which stays when flags or folder change.
    pub unique: String,
    /// The flags, such as `DFPRST`.
    pub flags: String,
    /// Its path when listed.
    pub path: PathBuf,
    /// Its size in bytes when listed.
    pub size: u64,
    /// True if it stood in `new`: no mail program has shown it yet.
    pub is_new: bool,
}

/// A Maildir.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaildirFolder {
    path: PathBuf,
}

impl MaildirFolder {
    /// Returns the folder at `path`.
    ///
    /// # Errors
    /// Fails if it lacks `cur` or `new`. A missing `tmp` is made, as some programs remove an empty one.
    pub fn open(path: &Path) -> Result<Self, MaildirError> {
        if !is_maildir(path) {
            return Err(MaildirError::NotMaildir(path.to_owned()));
        }
        let tmp = path.join("tmp");
        fs::create_dir_all(&tmp).map_err(io_error("making", &tmp))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Returns the folder at `path`, made if it was not there.
    ///
    /// # Errors
    /// Fails if it cannot be made.
    pub fn create(path: &Path) -> Result<Self, MaildirError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        for part in ["tmp", "new", "cur"] {
            builder
                .create(path.join(part))
                .map_err(io_error("making the Maildir", path))?;
        }
        Self::open(path)
    }

    /// Returns where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Delivers a message to `new` under the name `unique`; if a message of that name is there already, nothing is done.
    ///
    /// Returns the path of the message.
    ///
    /// # Errors
    /// A bad name, or the file system's refusal; then nothing was delivered.
    pub fn deliver(&self, unique: &str, bytes: &[u8]) -> Result<PathBuf, MaildirError> {
        self.deliver_as(unique, bytes, |_| true, &mut || Ok(()))
    }

    /// Delivers a message as [`Self::deliver`] does, unless `last_word` refuses directly before it is in place. A message of that name counts as
    /// this one only if `is_same` says so of its bytes; another one keeps its place, and this one gets a name beside it.
    ///
    /// # Errors
    /// As [`Self::deliver`]; [`MaildirError::Stopped`] with what `last_word` said.
    pub fn deliver_as(
        &self,
        unique: &str,
        bytes: &[u8],
        is_same: impl Fn(&[u8]) -> bool,
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<PathBuf, MaildirError> {
        check_name(unique)?;
        let mut name = unique.to_owned();
        for beside in 2_u32.. {
            let Some(entry) = self.find(&name)? else {
                break;
            };
            let there = self.read(&entry, MESSAGE_BYTES)?;
            if there.is_some_and(|there| is_same(&there)) {
                return Ok(entry.path);
            }
            name = format!("{unique}.{beside}");
        }
        let target = self.path.join("new").join(&name);
        self.stage_and_release(unique, bytes, target, last_word)
    }

    /// Delivers a draft to `cur` with the flags draft and seen; one of that name that is there already is replaced by it.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    pub fn deliver_draft(
        &self,
        unique: &str,
        bytes: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<PathBuf, MaildirError> {
        check_name(unique)?;
        let target = match self.find(unique)? {
            Some(entry) => entry.path,
            None => self.path.join("cur").join(format!("{unique}{INFO}DS")),
        };
        self.stage_and_release(unique, bytes, target, last_word)
    }

    fn stage_and_release(
        &self,
        unique: &str,
        bytes: &[u8],
        target: PathBuf,
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<PathBuf, MaildirError> {
        let tmp = self.staged_path(unique);
        if !fs::read(&tmp).is_ok_and(|staged| staged == bytes) {
            self.stage(unique, bytes)?;
        }
        last_word().map_err(MaildirError::Stopped)?;
        Self::release(&tmp, target)
    }

    fn staged_path(&self, unique: &str) -> PathBuf {
        self.path.join("tmp").join(format!("{OWN_PREFIX}{unique}"))
    }

    /// Tells whether a message lies ready in `tmp`. One that was staged and lies nowhere any more was delivered, and taken by whoever reads the
    /// folder.
    #[must_use]
    pub fn is_staged(&self, unique: &str) -> bool {
        self.staged_path(unique).is_file()
    }

    /// Lays a message ready in `tmp`, on disk; delivering the same bytes under the same name is then one rename.
    ///
    /// # Errors
    /// A bad name, or the file system's refusal.
    pub fn stage(&self, unique: &str, bytes: &[u8]) -> Result<(), MaildirError> {
        check_name(unique)?;
        let tmp = self.staged_path(unique);
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&tmp)?;
            file.write_all(bytes)?;
            crash_point("before-sync");
            file.sync_all()
        };
        write().map_err(io_error("writing", &tmp))
    }

    fn release(tmp: &Path, target: PathBuf) -> Result<PathBuf, MaildirError> {
        crash_point("before-rename");
        fs::rename(tmp, &target).map_err(io_error("delivering to", &target))?;
        crash_point("after-rename");
        if let Some(folder) = target.parent()
            && let Err(error) = File::open(folder).and_then(|f| f.sync_all())
        {
            // The message is in its place; that the folder's own entry may not survive a loss of power is no reason to deliver it again.
            tracing::warn!(%error, "a mail folder could not be synced");
        }
        Ok(target)
    }

    /// Returns the messages of `new`, then those of `cur`, as the file system gives them.
    ///
    /// # Errors
    /// Fails if a folder cannot be read. A file that vanishes meanwhile is skipped.
    pub fn list(&self) -> Result<impl Iterator<Item = MailEntry> + use<>, MaildirError> {
        let open = |name: &str| {
            let path = self.path.join(name);
            fs::read_dir(&path).map_err(io_error("reading", &path))
        };
        let new = open("new")?.map(|entry| (entry, true));
        let cur = open("cur")?.map(|entry| (entry, false));
        Ok(new.chain(cur).filter_map(|(entry, is_new)| {
            let entry = entry.ok()?;
            let name = shown_name(&entry.file_name());
            if name.starts_with('.') {
                return None;
            }
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let (unique, flags) = split_name(&name);
            Some(MailEntry {
                unique: unique.to_owned(),
                flags: flags.to_owned(),
                path: entry.path(),
                size: metadata.len(),
                is_new,
            })
        }))
    }

    /// Returns the message named `unique`, in whichever folder and with whichever flags.
    ///
    /// # Errors
    /// Fails if a folder cannot be read.
    pub fn find(&self, unique: &str) -> Result<Option<MailEntry>, MaildirError> {
        Ok(self.list()?.find(|entry| entry.unique == unique))
    }

    /// Returns a listed message's bytes, also if another program has meanwhile moved it or changed its flags; `None` if it is gone. Of a
    /// longer message the first `max_bytes` are returned: the header and the text come before what is attached.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn read(&self, entry: &MailEntry, max_bytes: u64) -> Result<Option<Vec<u8>>, MaildirError> {
        let mut path = entry.path.clone();
        for _ in 0..3 {
            match read_at_most(&path, max_bytes) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match self.find(&entry.unique)? {
                        Some(moved) => path = moved.path,
                        None => return Ok(None),
                    }
                }
                Err(error) => return Err(io_error("reading", &path)(error)),
            }
        }
        Ok(None)
    }

    /// Returns the message that has this name or this Message-ID and of whose bytes `is_it` says yes; of the others only headers are read.
    ///
    /// # Errors
    /// Fails if a folder cannot be read. A file that cannot be read is skipped.
    pub fn find_as(
        &self,
        unique: &str,
        id: Option<&MessageId>,
        is_it: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<MailEntry>, MaildirError> {
        let is_meant = |entry: &MailEntry| {
            (entry.unique == unique || id.is_some_and(|id| has_message_id(entry, id)))
                && matches!(self.read(entry, MESSAGE_BYTES), Ok(Some(bytes)) if is_it(&bytes))
        };
        // Most often it is there under its name, and then no header needs to be read.
        if let Some(named) = self.find(unique)?.filter(is_meant) {
            return Ok(Some(named));
        }
        Ok(self.list()?.find(is_meant))
    }

    /// Removes the message named `unique`; false if there was none.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn remove(&self, unique: &str) -> Result<bool, MaildirError> {
        let Some(entry) = self.find(unique)? else {
            return Ok(false);
        };
        match fs::remove_file(&entry.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io_error("removing", &entry.path)(error)),
        }
    }
}

/// Tells whether a file's header has a Message-ID.
fn has_message_id(entry: &MailEntry, id: &MessageId) -> bool {
    let Ok(bytes) = read_at_most(&entry.path, HEADER_BYTES) else {
        return false;
    };
    // Most files are not it: look for the id's bytes before parsing.
    bytes
        .windows(id.as_str().len().max(1))
        .any(|w| w == id.as_str().as_bytes())
        && parse::parse_header(&bytes).message_id.as_ref() == Some(id)
}

/// Returns a file's name as text. Bytes that are no UTF-8 are written out, so that two names never become one.
fn shown_name(name: &std::ffi::OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\u{FFFD}{byte:02x}"));
        }
    }
    text
}

fn read_at_most(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn split_name(name: &str) -> (&str, &str) {
    name.split_once(INFO)
        .unwrap_or_else(|| (name.split(':').next().unwrap_or(name), ""))
}

fn check_name(unique: &str) -> Result<(), MaildirError> {
    let valid = !unique.is_empty()
        && unique.len() <= 200
        && !unique.starts_with('.')
        && unique
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b':' | b'\\'));
    if valid {
        Ok(())
    } else {
        Err(MaildirError::BadName(unique.to_owned()))
    }
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Names that mail programs give their folder for sent mail.
const SENT_NAMES: [&str; 4] = ["sent", "sent items", "sent messages", "sent mail"];

/// The folders for mail that comes in, goes out and waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLayout {
    /// Read from here.
    pub inbox: PathBuf,
    /// Sent mail is put here.
    pub outbox: PathBuf,
    /// Drafts are put here.
    pub drafts: PathBuf,
    /// The folder in which a mail program keeps what it sent; none if there is no such folder.
    pub sent: Option<PathBuf>,
}

impl MailLayout {
    /// Returns the layout of the mail folder `root`, which need not be complete.
    ///
    /// A root that is itself a Maildir is the inbox, and the others are its Maildir++ sub-folders `.Outbox` and `.Drafts`. Otherwise they are folders in
    /// it, found by name in any case, else named `inbox`, `outbox` and `drafts`. The folder for sent mail is a mail program's own and is never made.
    #[must_use]
    pub fn detect(root: &Path) -> Self {
        let existing = |wanted: &str| -> Option<PathBuf> {
            let mut names: Vec<String> = fs::read_dir(root)
                .ok()?
                .flatten()
                .filter(|entry| entry.path().is_dir())
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .filter(|name| name.eq_ignore_ascii_case(wanted))
                .collect();
            names.sort();
            names.first().map(|name| root.join(name))
        };
        if is_maildir(root) {
            let sub = |name: &str| {
                existing(&format!(".{name}")).unwrap_or_else(|| root.join(format!(".{name}")))
            };
            return Self {
                inbox: root.to_owned(),
                outbox: sub("Outbox"),
                drafts: sub("Drafts"),
                sent: SENT_NAMES
                    .iter()
                    .find_map(|name| existing(&format!(".{name}"))),
            };
        }
        let sub = |name: &str| existing(name).unwrap_or_else(|| root.join(name));
        Self {
            inbox: sub("inbox"),
            outbox: sub("outbox"),
            drafts: sub("drafts"),
            sent: SENT_NAMES.iter().find_map(|name| existing(name)),
        }
    }

    /// Makes the folders that are missing.
    ///
    /// # Errors
    /// Fails if one cannot be made.
    pub fn create_missing(&self) -> Result<(), MaildirError> {
        for path in [&self.inbox, &self.outbox, &self.drafts] {
            MaildirFolder::create(path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, MaildirFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = MaildirFolder::create(&dir.path().join("box")).unwrap();
        (dir, folder)
    }

    #[test]
    fn a_delivery_done_twice_is_one_message() {
        let (_dir, folder) = folder();
        let first = folder.deliver("a1", b"Subject: x\r\n\r\nhi").unwrap();
        assert_eq!(
            folder.deliver("a1", b"Subject: x\r\n\r\nhi").unwrap(),
            first
        );
        // Also after a mail program has seen and flagged it.
        let seen = folder.path().join("cur").join("a1:2,S");
        fs::rename(&first, &seen).unwrap();
        assert_eq!(folder.deliver("a1", b"again").unwrap(), seen);
        assert_eq!(folder.list().unwrap().count(), 1);
        assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn another_message_of_the_same_name_keeps_its_place() {
        let (_dir, folder) = folder();
        let deliver = |bytes: &[u8]| {
            let path = folder.deliver_as("a1", bytes, |there| there == bytes, &mut || Ok(()));
            let name = path.unwrap().file_name().unwrap().to_owned();
            name.into_string().unwrap()
        };
        assert_eq!(deliver(b"one"), "a1");
        assert_eq!(deliver(b"two"), "a1.2");
        assert_eq!(deliver(b"three"), "a1.3");
        assert_eq!(deliver(b"two"), "a1.2");
        assert_eq!(deliver(b"one"), "a1");
        assert_eq!(folder.list().unwrap().count(), 3);
    }

    #[test]
    fn the_last_word_is_asked_directly_before_a_message_is_in_place() {
        let (_dir, folder) = folder();
        let mut refuse = || Err("stopped".to_owned());
        let refused = folder.deliver_as("a1", b"x", |_| true, &mut refuse);
        assert!(matches!(refused, Err(MaildirError::Stopped(why)) if why == "stopped"));
        assert_eq!(folder.list().unwrap().count(), 0);
        assert!(folder.is_staged("a1"));
        folder.deliver("a1", b"x").unwrap();
        assert!(!folder.is_staged("a1"));
    }

    #[test]
    fn a_message_is_read_though_it_was_moved() {
        let (_dir, folder) = folder();
        let path = folder
            .deliver("a1", b"Message-ID: <m@x>\r\n\r\nhi")
            .unwrap();
        let entry = folder.list().unwrap().next().unwrap();
        assert!(entry.is_new && entry.flags.is_empty());
        fs::rename(&path, folder.path().join("cur").join("a1:2,FS")).unwrap();
        assert_eq!(
            folder.read(&entry, 1000).unwrap().unwrap(),
            b"Message-ID: <m@x>\r\n\r\nhi"
        );
        let id = MessageId::find("<m@x>").unwrap();
        let find = |accept: bool| folder.find_as("other", Some(&id), |_| accept).unwrap();
        assert_eq!(find(false), None);
        let moved = find(true).unwrap();
        assert_eq!(
            (moved.unique.as_str(), moved.flags.as_str(), moved.is_new),
            ("a1", "FS", false)
        );
        assert_eq!(folder.read(&moved, 3).unwrap().unwrap(), b"Mes");
        assert!(folder.remove("a1").unwrap());
        assert!(!folder.remove("a1").unwrap());
        assert_eq!(folder.read(&entry, 1000).unwrap(), None);
    }

    #[test]
    fn drafts_are_marked_and_bad_names_refused() {
        let (_dir, folder) = folder();
        let draft = folder.deliver_draft("d1", b"x", &mut || Ok(())).unwrap();
        assert!(draft.ends_with("cur/d1:2,DS"));
        for name in ["", ".x", "a/b", "a:2,S", "../x", "a\nb", "é"] {
            assert!(
                matches!(folder.deliver(name, b"x"), Err(MaildirError::BadName(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn layouts_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("plain");
        fs::create_dir_all(plain.join("INBOX")).unwrap();
        let layout = MailLayout::detect(&plain);
        assert_eq!(layout.inbox, plain.join("INBOX"));
        assert_eq!(layout.outbox, plain.join("outbox"));
        layout.create_missing().unwrap();
        assert_eq!(MailLayout::detect(&plain), layout);
        let root = dir.path().join("root");
        MaildirFolder::create(&root).unwrap();
        let layout = MailLayout::detect(&root);
        assert_eq!(
            (layout.inbox.clone(), layout.outbox),
            (root.clone(), root.join(".Outbox"))
        );
        assert!(MaildirFolder::open(&dir.path().join("none")).is_err());
    }
}
