//! Files that somebody names, or that somebody may have put under a name that is known: read to a limit, and no further.
//!
//! A file without end (`/dev/zero`, a pipe that goes on) must neither fill the memory nor hang the program, and a folder or a device in the
//! place of a file is called what it is.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Most bytes of a file of settings: configuration, rules, keys, a theme.
pub const SETTINGS_BYTES: u64 = 1024 * 1024;

/// Opens a file or a pipe for reading. A pipe that nobody writes to is at its end.
///
/// # Errors
/// Those of the system; [`ErrorKind::IsADirectory`] and [`ErrorKind::InvalidInput`] for a folder, a device or a socket.
pub fn open(path: &Path) -> Result<File> {
    // A device is not even opened: that alone may act.
    refuse_other(path)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        let flags = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, flags.difference(rustix::fs::OFlags::NONBLOCK))?;
    }
    Ok(file)
}

/// The state of a file that shows whether it was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    bytes: u64,
    changed: Option<std::time::SystemTime>,
    /// The file's number on its volume; none where the system does not say.
    number: Option<u64>,
}

impl Mark {
    /// Reads the mark of a file; none if it cannot be looked at.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let number = Some(std::os::unix::fs::MetadataExt::ino(&about));
        #[cfg(not(unix))]
        let number = None;
        Some(Self {
            bytes: about.len(),
            changed: about.modified().ok(),
            number,
        })
    }
}

/// Refuses whatever is neither a file nor a pipe. The null device is an empty file.
fn refuse_other(path: &Path) -> Result<()> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(Error::new(
            ErrorKind::IsADirectory,
            "it is a directory, not a file",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let kind = about.file_type();
        let is_null =
            || std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == about.rdev());
        if kind.is_block_device() || kind.is_socket() || (kind.is_char_device() && !is_null()) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "it is a device or a socket, not a file",
            ));
        }
    }
    Ok(())
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open`]; [`ErrorKind::FileTooLarge`] if it is longer.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_from(open(path)?, limit)
}

/// Reads what a reader has, at most `limit` bytes.
///
/// # Errors
/// Those of the reader; [`ErrorKind::FileTooLarge`] if it has more.
pub fn read_from(reader: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// A reader that fails once it has given more than its limit.
#[derive(Debug)]
pub struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

/// Bounds a reader that is read piece by piece.
pub fn bounded<R: Read>(inner: R, limit: u64) -> Bounded<R> {
    Bounded {
        inner,
        left: limit,
        limit,
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.inner.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(too_large(self.limit)),
        }
        Ok(n)
    }
}

/// Says an error of the file system. A full disk is called that, whichever way the system has of saying it.
#[must_use]
pub fn said(error: &Error) -> String {
    if is_full(error) {
        "the disk is full; free some space, then try again".into()
    } else {
        error.to_string()
    }
}

/// Tells whether a write failed because there was no room for it.
#[must_use]
pub fn is_full(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

/// Returns the bytes that may still be written beside a path; none where the system does not say.
#[must_use]
pub fn free_space(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(path).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Returns the error for more than `limit` bytes.
#[must_use]
pub fn too_large(limit: u64) -> Error {
    let size = match limit {
        0..1024 => format!("{limit} bytes"),
        1024..1_048_576 => format!("{} KB", limit / 1024),
        _ => format!("{} MB", limit / 1_048_576),
    };
    Error::new(
        ErrorKind::FileTooLarge,
        format!("it is larger than {size}, the most that is read"),
    )
}

/// Reads a file of text of at most `limit` bytes.
///
/// # Errors
/// Those of [`read`]; [`ErrorKind::InvalidData`] if it is no UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_to_its_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        let error = read_text(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("larger than 4 bytes"), "{error}");
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(
            read_text(&path, 4).unwrap_err().kind(),
            ErrorKind::InvalidData
        );
        let missing = read(&folder.path().join("b"), 4).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        assert!(
            read(folder.path(), 4)
                .unwrap_err()
                .to_string()
                .contains("directory")
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_refused() {
        let zero = read(Path::new("/dev/zero"), 4).unwrap_err();
        assert!(zero.to_string().contains("device"), "{zero}");
        assert_eq!(read(Path::new("/dev/null"), 4).unwrap(), b"");
        let endless = read_from(std::io::repeat(7), 2048).unwrap_err();
        assert!(endless.to_string().contains("2 KB"), "{endless}");
        let mut pieces = bounded(std::io::repeat(7), 2048);
        let failed = std::io::copy(&mut pieces, &mut std::io::sink()).unwrap_err();
        assert!(failed.to_string().contains("2 KB"), "{failed}");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let failed = std::io::Write::write_all(&mut &full, b"x").unwrap_err();
        assert!(said(&failed).starts_with("the disk is full"), "{failed}");
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert_eq!(read(&pipe, 4).unwrap(), b"", "nobody writes to it");
    }
}
