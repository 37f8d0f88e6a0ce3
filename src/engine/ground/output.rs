//! The one decision on where a file that the operator names may be written, and how.
//!
//! What is written takes its place only when it is whole. The file that is being read and those of the installation are never replaced; another
//! file only if it was written from here and has not changed since, or if the operator says so.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Result as IoResult, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::Paths;
use crate::engine::error::{EngineError, Result};
use crate::env::file;

/// File in the data folder that lists the newest files written from here.
const WRITTEN: &str = "caseyos.written";
/// Most files in that list.
const MOST_WRITTEN: usize = 200;
const MOST_WRITTEN_BYTES: u64 = 1024 * 1024;
/// Most files of a folder of the installation that are compared with the one to be written.
const MOST_OWN: usize = 5_000;
/// Names that are tried for a file that may not replace another.
const MOST_NAMES: u32 = 999;
/// Beginnings of names that the installation gives its files.
const OWN_NAMES: [&str; 6] = [
    "caseyos",
    "secrets",
    "config.toml",
    "rules.toml",
    "approval.toml",
    "keymap.toml",
];

/// A file as it was seen: another one, or one that changed, is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    path: PathBuf,
    device: u64,
    number: u64,
    bytes: u64,
    changed_ns: i128,
}

impl Seen {
    fn of(path: &Path, about: &Metadata) -> Self {
        #[cfg(unix)]
        let (device, number) = {
            use std::os::unix::fs::MetadataExt;
            (about.dev(), about.ino())
        };
        #[cfg(not(unix))]
        let (device, number) = (0, 0);
        Self {
            path: path.to_owned(),
            device,
            number,
            bytes: about.len(),
            changed_ns: about
                .modified()
                .ok()
                .and_then(|at| jiff::Timestamp::try_from(at).ok())
                .map_or(0, jiff::Timestamp::as_nanosecond),
        }
    }
}

/// A place that may be written to.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Place {
    named: PathBuf,
    /// The file without links on the way.
    target: PathBuf,
    /// What lay there; none if nothing did.
    before: Option<Seen>,
    /// True for a pipe or a terminal, which takes what is written at once.
    is_stream: bool,
    data: PathBuf,
}

/// A file that is being written.
#[derive(Debug)]
pub(in crate::engine) struct Output {
    place: Place,
    part: Option<PathBuf>,
    file: File,
}

fn refused(path: &Path, why: &str) -> EngineError {
    EngineError::Input(format!("{} {why}. Nothing was written.", path.display()))
}

fn failed(path: &Path, error: &Error) -> EngineError {
    EngineError::Outside(format!(
        "{} could not be written: {}.",
        path.display(),
        file::said(error)
    ))
}

/// Returns the place at `path`, unless it may not be written to. `source` is the file that is read meanwhile; `force` lets a file be replaced that was
/// not written from here.
///
/// # Errors
/// [`EngineError::Input`] for the source, a file of the installation, a folder, a device, and what may not be replaced; [`EngineError::Outside`] if the
/// path cannot be looked at.
pub(in crate::engine) fn place(
    paths: &Paths,
    path: &Path,
    source: Option<&Path>,
    force: bool,
) -> Result<Place> {
    let place = may_be_touched(paths, path, source)?;
    let is_free = match &place.before {
        Some(seen) if !place.is_stream => {
            seen.bytes == 0 || force || written(&paths.data).contains(seen)
        }
        _ => true,
    };
    if is_free {
        Ok(place)
    } else {
        Err(refused(
            path,
            "exists already, and it isn't a file that CaseyOS wrote and nobody changed since; name another file, or add --force to replace it",
        ))
    }
}

/// Returns the place at `path` or, where another file lies there, beside it under a name with a number: `list.rejects-2.csv`.
///
/// # Errors
/// As [`place`].
pub(in crate::engine) fn free_place(
    paths: &Paths,
    path: &Path,
    source: Option<&Path>,
) -> Result<Place> {
    let mut found = place(paths, path, source, false);
    for number in 2..=MOST_NAMES {
        if found.is_ok() || !path.exists() {
            break;
        }
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{number}"));
        if let Some(ending) = path.extension() {
            name.push(".");
            name.push(ending);
        }
        found = place(paths, &path.with_file_name(name), source, false);
    }
    found
}

/// Refuses what may never be written to: the source, the files of the installation, folders and devices.
///
/// # Errors
/// As [`place`].
pub(in crate::engine) fn may_be_touched(
    paths: &Paths,
    path: &Path,
    source: Option<&Path>,
) -> Result<Place> {
    let unseen = |e: Error| failed(path, &e);
    let about = match std::fs::metadata(path) {
        Ok(about) => Some(about),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => return Err(unseen(e)),
    };
    let target = match &about {
        Some(_) => path.canonicalize().map_err(unseen)?,
        None if path.symlink_metadata().is_ok() => {
            return Err(refused(
                path,
                "is a link to a file that doesn't exist; name the file itself",
            ));
        }
        None => {
            let name = path
                .file_name()
                .ok_or_else(|| refused(path, "is a directory; name a file"))?;
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            folder.canonicalize().map_err(unseen)?.join(name)
        }
    };
    let mut place = Place {
        named: path.to_owned(),
        before: about.as_ref().map(|about| Seen::of(&target, about)),
        target,
        is_stream: false,
        data: paths.data.clone(),
    };
    if let Some(about) = &about {
        place.is_stream = is_stream(path, about)?;
    }
    if about.as_ref().is_none_or(Metadata::is_file) {
        if source.is_some_and(|source| is_same(source, &place)) {
            return Err(refused(
                path,
                "is the file that is being read; name another one",
            ));
        }
        if is_own(paths, &place) {
            return Err(refused(
                path,
                "is one of CaseyOS's own files; name a file somewhere else",
            ));
        }
    }
    Ok(place)
}

/// Tells whether what is written goes straight on instead of into a file.
fn is_stream(path: &Path, about: &Metadata) -> Result<bool> {
    if about.is_dir() {
        return Err(refused(path, "is a directory; name a file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = about.file_type();
        if kind.is_block_device() || kind.is_socket() {
            return Err(refused(path, "is a device or a socket; name a file"));
        }
        // The file that standard output leads to is the shell's: it must not be moved away under it.
        let is_descriptor = path.starts_with("/dev") || path.starts_with("/proc");
        Ok(kind.is_char_device() || kind.is_fifo() || is_descriptor)
    }
    #[cfg(not(unix))]
    Ok(!about.is_file())
}

fn is_same(other: &Path, place: &Place) -> bool {
    let seen = |about: Metadata| Seen::of(&place.target, &about);
    let there = std::fs::metadata(other).ok().filter(Metadata::is_file);
    match (there.map(seen), &place.before) {
        (Some(other), Some(here)) if cfg!(unix) => {
            (other.device, other.number) == (here.device, here.number)
        }
        _ => other.canonicalize().is_ok_and(|p| p == place.target),
    }
}

/// Tells whether a place is a file of the installation, or the name of one that it may make.
fn is_own(paths: &Paths, place: &Place) -> bool {
    let target = &place.target;
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let data = real(&paths.data);
    let single = [
        paths.config.clone(),
        paths.rules(),
        paths.approval(),
        paths.keymap(),
        paths.log(),
    ];
    let folders = [paths.templates(), paths.themes()];
    if let Ok(inside) = target.strip_prefix(&data) {
        let name = inside.to_string_lossy();
        let has_own_name = OWN_NAMES.iter().any(|own| name.starts_with(own));
        if has_own_name || inside.components().count() > 1 {
            return true;
        }
    }
    single.iter().any(|own| real(own) == *target || is_same(own, place))
        || folders.iter().any(|own| target.starts_with(real(own)))
        // The same file may have another name: a hard link.
        || place.before.is_some()
            && folders
                .iter()
                .chain([&data])
                .flat_map(|folder| files_of(folder))
                .any(|own| {
                    let has_own_name = own.parent() != Some(data.as_path())
                        || own.file_name().is_some_and(|name| {
                            let name = name.to_string_lossy();
                            OWN_NAMES.iter().any(|own| name.starts_with(own))
                        });
                    has_own_name && is_same(&own, place)
                })
}

fn files_of(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().take(MOST_OWN).map(|entry| entry.path())
}

/// Returns the files that were written from here, oldest first. A list that cannot be read is an empty one: more is refused then.
fn written(data: &Path) -> Vec<Seen> {
    file::read(&data.join(WRITTEN), MOST_WRITTEN_BYTES)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Notes a file as written from here.
fn note(data: &Path, seen: Seen) -> IoResult<()> {
    let mut all = written(data);
    all.retain(|known| known.path != seen.path);
    all.push(seen);
    let first = all.len().saturating_sub(MOST_WRITTEN);
    let bytes = serde_json::to_vec(all.get(first..).unwrap_or_default())?;
    let (part, mut file) = create_beside(&data.join(WRITTEN))?;
    let put = file
        .write_all(&bytes)
        .and_then(|()| std::fs::rename(&part, data.join(WRITTEN)));
    if put.is_err() {
        drop(std::fs::remove_file(&part));
    }
    put
}

/// Makes an empty file in the same folder that its owner alone may read, for it holds people's data.
fn create_beside(path: &Path) -> IoResult<(PathBuf, File)> {
    for attempt in 0..100 {
        let name = format!("caseyos-{}-{attempt}.part", std::process::id());
        let part = path.with_file_name(name);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&part) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (part, file)),
        }
    }
    Err(Error::other("all names beside it are taken"))
}

impl Place {
    /// Returns the path as it was named.
    pub(in crate::engine) fn path(&self) -> &Path {
        &self.named
    }

    /// Begins to write. What lay there stays until [`Output::keep`].
    ///
    /// # Errors
    /// Those of the system.
    pub(in crate::engine) fn create(self) -> IoResult<Output> {
        let (part, file) = if self.is_stream {
            (None, File::options().write(true).open(&self.named)?)
        } else {
            let (part, file) = create_beside(&self.target)?;
            (Some(part), file)
        };
        Ok(Output {
            place: self,
            part,
            file,
        })
    }
}

impl Output {
    /// Returns another handle to the file, for a writer that keeps what it is given.
    ///
    /// # Errors
    /// Those of the system.
    pub(in crate::engine) fn handle(&self) -> IoResult<File> {
        self.file.try_clone()
    }

    /// Puts what was written in its place.
    ///
    /// # Errors
    /// Those of the system, and if another file took the place meanwhile; that one stays.
    pub(in crate::engine) fn keep(mut self) -> IoResult<()> {
        let Some(part) = &self.part else {
            return Ok(());
        };
        self.file.sync_all()?;
        let target = &self.place.target;
        let there = std::fs::metadata(target).ok();
        if there.map(|about| Seen::of(target, &about)) != self.place.before {
            return Err(Error::other(
                "the file changed in the meantime and was left as it is",
            ));
        }
        std::fs::rename(part, target)?;
        self.part = None;
        // Without the note the file is asked about before it is replaced, which loses nothing.
        if let Ok(about) = std::fs::metadata(target) {
            drop(note(&self.place.data, Seen::of(target, &about)));
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> IoResult<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // What is left is half a file that nobody asked for.
        if let Some(part) = &self.part {
            drop(std::fs::remove_file(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("home");
        std::fs::create_dir_all(data.join("templates")).unwrap();
        for name in ["caseyos.db", "config.toml", "templates/a.j2"] {
            std::fs::write(data.join(name), "kept").unwrap();
        }
        (folder, Paths::in_folder(&data))
    }

    fn put(place: Place, text: &str) {
        let mut out = place.create().unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.keep().unwrap();
    }

    #[test]
    fn what_was_written_from_here_may_be_replaced_until_somebody_changes_it() {
        let (folder, paths) = home();
        let path = folder.path().join("out.csv");
        put(place(&paths, &path, None, false).unwrap(), "one");
        put(place(&paths, &path, None, false).unwrap(), "two");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        std::fs::write(&path, "mended").unwrap();
        let refused = place(&paths, &path, None, false).unwrap_err();
        assert!(refused.to_string().contains("--force"), "{refused}");
        let beside = free_place(&paths, &path, None).unwrap();
        assert_eq!(beside.path(), folder.path().join("out-2.csv"));
        put(place(&paths, &path, None, true).unwrap(), "three");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
    }

    #[test]
    fn what_is_half_written_replaces_nothing() {
        let (folder, paths) = home();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "old").unwrap();
        let mut out = place(&paths, &path, None, true).unwrap().create().unwrap();
        out.write_all(b"half").unwrap();
        drop(out);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let mut out = place(&paths, &path, None, true).unwrap().create().unwrap();
        out.write_all(b"new").unwrap();
        std::fs::write(&path, "somebody else's").unwrap();
        assert!(out.keep().is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's");
        let left = files_of(folder.path()).count();
        assert_eq!(left, 2, "the home and the file");
    }

    #[cfg(unix)]
    #[test]
    fn the_source_and_the_files_of_the_installation_are_never_replaced() {
        let (folder, paths) = home();
        let at = |name: &str| folder.path().join(name);
        let source = at("list.csv");
        std::fs::write(&source, "kept").unwrap();
        std::os::unix::fs::symlink(&source, at("link.csv")).unwrap();
        std::fs::hard_link(&source, at("hard.csv")).unwrap();
        std::fs::hard_link(at("home/caseyos.db"), at("hard.db")).unwrap();
        std::fs::hard_link(at("home/templates/a.j2"), at("hard.j2")).unwrap();
        std::os::unix::fs::symlink(at("home/config.toml"), at("link.toml")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
        for (name, why) in [
            ("list.csv", "being read"),
            ("link.csv", "being read"),
            ("hard.csv", "being read"),
            ("home/../list.csv", "being read"),
            ("home/caseyos.db", "own files"),
            ("home/caseyos.db-wal", "own files"),
            ("home/caseyos.stop", "own files"),
            ("home/secrets.sealed", "own files"),
            ("home/rules.toml", "own files"),
            ("home/templates/new.j2", "own files"),
            ("hard.db", "own files"),
            ("hard.j2", "own files"),
            ("link.toml", "own files"),
            ("dangling", "link"),
            ("home", "directory"),
        ] {
            let refused = place(&paths, &at(name), Some(&source), true).unwrap_err();
            assert!(refused.to_string().contains(why), "{name}: {refused}");
        }
        for name in ["home/list.csv", "new.csv", "/dev/null"] {
            assert!(
                place(&paths, &at(name), Some(&source), false).is_ok(),
                "{name}"
            );
        }
    }
}
