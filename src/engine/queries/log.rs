//! The log: the audit trail, page by page.

use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::queries::page::{Page, Slice};
use crate::store::log::{self, LogFilter};

pub use crate::store::audit::{AuditCheck, AuditEntry};

impl Engine {
    /// Returns a page of the trail, newest first, and every event that it knows. `words` are the beginning or a part of an event's name, else a
    /// subject such as `move:12`; `event` narrows to one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn log_page(
        &self,
        event: Option<&str>,
        words: &str,
        page: &Page<std::cmp::Reverse<i64>>,
    ) -> Result<(Slice<AuditEntry>, Vec<String>)> {
        self.store().read(|tx| {
            let known = log::events(tx)?;
            let filter = filter(&known, event, words);
            let slice = Slice::read(
                page,
                |from, n| log::page(tx, &filter, from.map(|seq| seq.0), false, n),
                |to, n| log::page(tx, &filter, to.map(|seq| seq.0), true, n),
            )?;
            Ok::<_, EngineError>((slice, known))
        })
    }
}

fn filter(known: &[String], event: Option<&str>, words: &str) -> LogFilter {
    let words = words.trim().to_lowercase();
    let named = |known: &&String| !words.is_empty() && known.contains(words.as_str());
    let fitting: Vec<String> = known.iter().filter(named).cloned().collect();
    let is_event = !fitting.is_empty();
    LogFilter {
        events: match event {
            Some(event) => vec![event.to_owned()],
            None => fitting,
        },
        subject: if is_event { String::new() } else { words },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_an_event_if_one_is_called_so_else_a_subject() {
        let known = ["mode.set".to_owned(), "move.done".to_owned()];
        let check = |event, words: &str, events: &[&str], subject: &str| {
            let found = filter(&known, event, words);
            assert_eq!(
                (found.events, found.subject.as_str()),
                (events.iter().map(|e| (*e).to_owned()).collect(), subject)
            );
        };
        check(None, "", &[], "");
        check(None, "Mo", &["mode.set", "move.done"], "");
        check(None, "move:12", &[], "move:12");
        check(Some("mode.set"), "move:12", &["mode.set"], "move:12");
    }
}
