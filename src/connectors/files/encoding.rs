//! Bytes to text, in any encoding.
//!
//! UTF-16, with or without a byte order mark, is recognised from the first bytes and decoded on the way in. All else
//! is cut into records as bytes, for the characters that part them are the same in UTF-8 and in Windows-1252, and
//! then each cell is read by itself: what is valid UTF-8 is taken as that, and a byte that is not is the
//! Windows-1252 character of that number. So one bad byte spoils no more than its own character, wherever in the
//! file it stands, and files glued together from both encodings read right.

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::io::{self, Read};

/// Bytes that the guess about UTF-16 reads.
const SAMPLE: usize = 4 * 1024;

/// A reader that yields UTF-8, or the bytes of an encoding that agrees with it in ASCII.
pub struct TextReader {
    inner: Box<dyn Read + Send>,
    decoder: Option<Decoder>,
    utf16: bool,
    raw: Vec<u8>,
    start: usize,
    ended: bool,
    bytes_read: u64,
}

impl std::fmt::Debug for TextReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextReader")
            .field("utf16", &self.utf16)
            .field("bytes_read", &self.bytes_read)
            .finish_non_exhaustive()
    }
}

impl TextReader {
    /// Looks at the first bytes of `inner`, decides, and drops a byte order mark.
    ///
    /// # Errors
    /// Fails if reading `inner` fails.
    pub fn open(inner: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut reader = Self {
            inner,
            decoder: None,
            utf16: false,
            raw: Vec::new(),
            start: 0,
            ended: false,
            bytes_read: 0,
        };
        while reader.raw.len() < SAMPLE && !reader.ended {
            reader.read_more()?;
        }
        let (encoding, mark) = detect(&reader.raw);
        reader.start = mark;
        reader.decoder = match encoding {
            Wide::No => None,
            Wide::LittleEndian => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Wide::BigEndian => Some(UTF_16BE.new_decoder_without_bom_handling()),
        };
        reader.utf16 = reader.decoder.is_some();
        Ok(reader)
    }

    /// Returns the first raw bytes, as they stand in the file.
    #[must_use]
    pub fn first_bytes(&self) -> &[u8] {
        self.raw.get(self.start..).unwrap_or_default()
    }

    /// Tells whether the file is UTF-16.
    #[cfg(test)]
    pub fn is_utf16(&self) -> bool {
        self.utf16
    }

    /// Returns how many bytes of the file have been read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    fn read_more(&mut self) -> io::Result<()> {
        let old = self.raw.len();
        self.raw.resize(old + 64 * 1024, 0);
        let got = loop {
            match self.inner.read(self.raw.get_mut(old..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let n = *got.as_ref().unwrap_or(&0);
        self.raw.truncate(old + n);
        self.bytes_read += n as u64;
        self.ended = got? == 0;
        Ok(())
    }

    /// Appends the next text to `out`. Returns false at the end of the file.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        if self.start >= self.raw.len() {
            self.raw.clear();
            self.start = 0;
            if !self.ended {
                self.read_more()?;
            }
            if self.raw.is_empty() {
                // An odd byte at the end of a UTF-16 file is still in the decoder.
                if let Some(mut decoder) = self.decoder.take() {
                    let mut tail = [0; 16];
                    let (_, _, n, _) = decoder.decode_to_utf8(&[], &mut tail, true);
                    out.extend_from_slice(tail.get(..n).unwrap_or_default());
                    return Ok(n > 0);
                }
                return Ok(false);
            }
        }
        let input = self.raw.get(self.start..).unwrap_or_default();
        match &mut self.decoder {
            None => {
                out.extend_from_slice(input);
                self.start = self.raw.len();
            }
            Some(decoder) => {
                let old = out.len();
                out.resize(old + input.len() * 3 / 2 + 16, 0);
                let (result, read, written, _) =
                    decoder.decode_to_utf8(input, out.get_mut(old..).unwrap_or_default(), false);
                out.truncate(old + written);
                self.start += read;
                debug_assert!(read > 0 || result == CoderResult::OutputFull);
            }
        }
        Ok(true)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    No,
    LittleEndian,
    BigEndian,
}

/// Returns the kind of UTF-16, if it is that, and the length of the byte order mark.
fn detect(first: &[u8]) -> (Wide, usize) {
    if first.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return (Wide::No, 3);
    }
    if first.starts_with(&[0xFF, 0xFE]) {
        return (Wide::LittleEndian, 2);
    }
    if first.starts_with(&[0xFE, 0xFF]) {
        return (Wide::BigEndian, 2);
    }
    // A header is ASCII: in UTF-16 every other byte of it is zero, and the ones between are not.
    let sample = first.get(..first.len().min(SAMPLE)).unwrap_or_default();
    let pairs = sample.chunks_exact(2);
    let count = pairs.len();
    if count < 2 {
        return (Wide::No, 0);
    }
    let (mut even, mut odd) = (0, 0);
    for pair in pairs {
        match pair {
            [0, b] if *b != 0 => even += 1,
            [b, 0] if *b != 0 => odd += 1,
            _ => {}
        }
    }
    if odd * 2 > count && even * 10 < count {
        (Wide::LittleEndian, 0)
    } else if even * 2 > count && odd * 10 < count {
        (Wide::BigEndian, 0)
    } else {
        (Wide::No, 0)
    }
}

/// Returns `bytes` as text: valid UTF-8 as it is, any other byte as the Windows-1252 character of its number.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut out = String::with_capacity(bytes.len() + bytes.len() / 2);
            for chunk in bytes.utf8_chunks() {
                out.push_str(chunk.valid());
                out.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
            }
            Cow::Owned(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn read_all(bytes: &[u8]) -> (String, bool) {
        let mut reader = TextReader::open(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
        let mut out = Vec::new();
        while reader.fill(&mut out).unwrap() {}
        assert_eq!(reader.bytes_read(), bytes.len() as u64);
        (decode(&out).into_owned(), reader.is_utf16())
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn every_encoding_reads_the_same() {
        let text = "email,name\nzoë@x.io,Zoë 😀 “q”\n";
        assert_eq!(read_all(text.as_bytes()), (text.into(), false));
        assert_eq!(
            read_all(format!("\u{feff}{text}").as_bytes()),
            (text.into(), false)
        );
        for big in [false, true] {
            assert_eq!(read_all(&utf16(text, big)), (text.into(), true));
            assert_eq!(
                read_all(&utf16(&format!("\u{feff}{text}"), big)),
                (text.into(), true)
            );
        }
        let (narrow, _, _) = WINDOWS_1252.encode("Zoë Müller €5 “q”");
        assert_eq!(read_all(&narrow), ("Zoë Müller €5 “q”".into(), false));
    }

    #[test]
    fn one_bad_byte_spoils_one_character() {
        assert_eq!(decode(b"Z\xC3\xB6e \xFC Zo\xC3\xAB"), "Zöe ü Zoë");
        assert_eq!(decode(b"cut \xC3"), "cut Ã");
        assert_eq!(decode(b""), "");
    }

    #[test]
    fn a_cut_off_utf16_file_keeps_what_was_whole() {
        let mut bytes = utf16("\u{feff}email", false);
        bytes.push(b'x');
        assert_eq!(read_all(&bytes).0, "email\u{fffd}");
    }

    #[test]
    fn long_files_pass_through_whole() {
        let text = "añb,c\n".repeat(60_000);
        assert_eq!(read_all(text.as_bytes()).0, text);
        assert_eq!(read_all(&utf16(&text, true)).0, text);
    }
}
