//! The operator's rules of approval as their file has them now.

use std::path::Path;
use std::sync::Arc;

use crate::domain::approval::ApprovalRules;
use crate::env::file;

/// When a file was last changed, and its length.
pub(in crate::engine) type Stamp = (std::time::SystemTime, u64);

/// Returns the stamp of a file; none if there is no such file.
pub(in crate::engine) fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

/// The rules of approval as the file has them now.
#[derive(Debug)]
pub(in crate::engine) struct LoadedRules {
    /// The rules, or every mistake as `file:line: message`.
    pub rules: Result<ApprovalRules, Vec<String>>,
    /// The file's name.
    pub file: String,
    /// Whether there is a file, or the built-in rules stand for it.
    pub is_own: bool,
}

impl LoadedRules {
    /// Reads the operator's file; the built-in rules if there is none.
    pub fn read(path: &Path) -> Self {
        let file = path.display().to_string();
        let (rules, is_own) = match file::read_text(path, file::SETTINGS_BYTES) {
            Ok(text) => {
                let rules = ApprovalRules::parse(&text, &file)
                    .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect());
                (rules, true)
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                (Ok(ApprovalRules::builtin()), false)
            }
            Err(e) => (Err(vec![format!("{file} cannot be read: {e}.")]), true),
        };
        Self {
            rules,
            file,
            is_own,
        }
    }
}

/// The rules of approval, read again whenever the file is another.
#[derive(Debug, Default)]
pub(in crate::engine) struct KnownRules(
    std::sync::Mutex<Option<(Option<Stamp>, Arc<LoadedRules>)>>,
);

impl KnownRules {
    pub fn get(&self, path: &Path) -> Arc<LoadedRules> {
        let stamp = stamp(path);
        let mut known = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*known {
            Some((then, rules)) if *then == stamp => Arc::clone(rules),
            _ => {
                let rules = Arc::new(LoadedRules::read(path));
                *known = Some((stamp, Arc::clone(&rules)));
                rules
            }
        }
    }
}
