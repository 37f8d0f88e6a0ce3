//! Bounds on what a person writes as a template, on the work that it may do and on what may come of it.
//!
//! Templates are shared, and a slip in a loop is enough: without these one template would keep the program busy for good.

use std::io;

use minijinja::Template;
use minijinja::machinery::{Instruction, get_compiled_template};

/// Largest template, in bytes.
pub const MAX_TEMPLATE_BYTES: u64 = 64 * 1024;
/// Most templates of the operator's own.
pub const MAX_OWN_TEMPLATES: usize = 500;
const MAX_TAG_BYTES: usize = 600;
const MAX_TAGS: usize = 300;
/// Largest text that a template may write, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 256 * 1024;
/// Longest subject, in characters.
pub(super) const MAX_SUBJECT_CHARS: usize = 250;
/// Work that one part of a template may do. The library counts a unit for an instruction and one for each 64 bytes that are made or read, before it
/// makes them, so this is 3 MB of memory too. The longest template that may be written takes a tenth of it.
pub(super) const FUEL: u64 = 50_000;
/// Loops, macros and templates that may stand open within each other, as the library counts them: 1 for a loop, 4 for a macro, 10 for an included template.
pub(super) const MAX_DEPTH: usize = 100;

/// A text that takes no more than a mail may hold.
#[derive(Debug, Default)]
pub(super) struct Limited {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Limited {
    /// Tells whether more was to be written than it takes.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Returns what was written.
    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_BODY_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells whether a template builds lists or maps of anything but fixed values. A list that holds a list twice, and so on, is small in memory and without
/// end once it is written or compared, which no unit of work counts.
pub(super) fn builds_of_values(template: &Template<'_, '_>) -> bool {
    let compiled = get_compiled_template(template);
    let parts = std::iter::once(&compiled.instructions).chain(compiled.blocks.values());
    parts.into_iter().any(|part| {
        let at = |n: u32| part.get(n);
        (0..)
            .map_while(|n| Some((n, at(n)?)))
            .any(|(n, instruction)| {
                let held = match instruction {
                    Instruction::BuildList(Some(items)) | Instruction::BuildTuple(Some(items)) => {
                        *items
                    }
                    Instruction::BuildMap(pairs) => pairs.saturating_mul(2),
                    _ => return false,
                };
                let held = u32::try_from(held).unwrap_or(u32::MAX);
                (n.saturating_sub(held)..n)
                    .any(|n| !matches!(at(n), Some(Instruction::LoadConst(_))))
            })
    })
}

/// Returns where a tag longer than a person writes begins, or one tag too many. The library reads chains of operators and of
/// branches by recursion and bounds only brackets, so thousands of minus signs would end the program.
pub(super) fn excess(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut tag: Option<usize> = None;
    let mut tags = 0;
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match (tag, quote) {
            (None, _) if byte == b'{' && matches!(next, Some(b'{' | b'%')) => {
                if tags == MAX_TAGS {
                    return Some(at);
                }
                tags += 1;
                tag = Some(at);
                at += 1;
            }
            (None, _) => {}
            (Some(start), _) if at - start > MAX_TAG_BYTES => return Some(start),
            (Some(_), Some(_)) if byte == b'\\' => at += 1,
            (Some(_), Some(open)) if byte == open => quote = None,
            (Some(_), Some(_)) => {}
            (Some(_), None) if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            (Some(_), None) if matches!(byte, b'}' | b'%') && next == Some(b'}') => {
                tag = None;
                at += 1;
            }
            (Some(_), None) => {}
        }
        at += 1;
    }
    None
}
