//! The one way to stdout: buffered, clean of control sequences, and unmoved by a reader that left.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::duration::parse_duration;
use crate::domain::text::{clean_block, clean_line, json_escaped};
use crate::domain::when_text::{WhenError, read_when};
use crate::engine::{Engine, EngineError};
use crate::env::file;

/// The ending of a subcommand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it is done.
    Done,
    /// Part of it is done: rows were rejected, a source failed, or it was stopped.
    Partly,
    /// A guard refused or holds it.
    Blocked,
    /// There was nothing to do or to show.
    Nothing,
}

/// Standard output. A reader that has gone (`| head`, a closed window) ends the output, not the program.
#[derive(Debug)]
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
    json: bool,
    colour: bool,
    is_terminal: bool,
    closed: bool,
    /// What was done, for stderr where standard output cannot say it.
    done: Vec<String>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.guarded(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.guarded((), |inner| inner.flush())
    }
}

impl Out {
    /// Makes the output.
    #[must_use]
    pub fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let plain = crate::env::variable("NO_COLOR").is_some()
            || crate::env::variable("TERM").as_deref() == Some("dumb");
        let is_terminal = stdout.is_terminal();
        let colour = is_terminal && !plain && !json;
        Self {
            inner: io::BufWriter::with_capacity(32 * 1024, stdout),
            json,
            colour,
            is_terminal,
            closed: false,
            done: Vec::new(),
        }
    }

    /// Tells whether JSON was asked for.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    fn guarded<T>(
        &mut self,
        gone: T,
        write: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.closed {
            return Ok(gone);
        }
        match write(&mut self.inner) {
            // A terminal whose window was closed takes nothing any more; on a file the same error is one of the disk.
            Err(error)
                if error.kind() == io::ErrorKind::BrokenPipe
                    || (self.is_terminal && !io::stdout().is_terminal()) =>
            {
                self.closed = true;
                Ok(gone)
            }
            other => other,
        }
    }

    /// Takes note of what was done: it stands, even where the output fails.
    pub(super) fn did(&mut self, summary: &str) {
        self.done.push(summary.to_owned());
    }

    /// Says that the output could not be written, and what was done all the same: nobody should do it again.
    pub(super) fn failed(&self, error: &io::Error) -> String {
        match self.done.as_slice() {
            [] => unwritten(error).to_string(),
            all => format!(
                "Only the output could not be written; what was done stands. {}",
                all.join(" ")
            ),
        }
    }

    /// Prints a line; whatever could act on a terminal is taken out.
    pub(super) fn line(&mut self, text: &str) -> Result<(), EngineError> {
        self.raw(&format!("{}\n", clean_keeping_spaces(text)))
    }

    /// Prints several lines; whatever could act on a terminal is taken out.
    pub(super) fn block(&mut self, text: &str) -> Result<(), EngineError> {
        self.raw(&format!(
            "{}\n",
            clean_block(text, usize::MAX).trim_end_matches('\n')
        ))
    }

    /// Prints a text that is a file of its own: as it is, or as the `text` of an object.
    pub(super) fn text(&mut self, text: &str) -> Result<(), EngineError> {
        if self.json {
            self.json(&serde_json::json!({ "text": text }))
        } else {
            self.block(text)
        }
    }

    /// Prints a heading.
    pub(super) fn heading(&mut self, text: &str) -> Result<(), EngineError> {
        let text = clean_line(text, 500);
        if self.colour {
            self.raw(&format!("\u{1b}[1m{text}\u{1b}[0m\n"))
        } else {
            self.raw(&format!("{text}\n"))
        }
    }

    fn raw(&mut self, text: &str) -> Result<(), EngineError> {
        self.write_all(text.as_bytes()).map_err(|e| unwritten(&e))
    }

    /// Prints a value as JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), EngineError> {
        self.raw(&json_text(value)?)
    }

    /// Says something that is not data: to stderr, so that piped data stays clean.
    pub(super) fn talk(&mut self, text: &str) -> Result<(), EngineError> {
        // What was printed before comes before.
        self.flush().map_err(|e| unwritten(&e))?;
        drop(writeln!(
            io::stderr(),
            "{}",
            clean_block(text, 64 * 1024).trim_end()
        ));
        Ok(())
    }
}

/// Says that standard output could not be written.
pub(super) fn unwritten(error: &io::Error) -> EngineError {
    EngineError::Outside(format!(
        "The output could not be written: {}.",
        file::said(error)
    ))
}

/// Writes a value as JSON. Characters that act on a terminal are written as escapes, which lose nothing: JSON is also looked at.
pub(super) fn json_text(value: &impl Serialize) -> Result<String, EngineError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| EngineError::Outside(format!("The JSON could not be made: {e}.")))?;
    Ok(json_escaped(&text) + "\n")
}

fn clean_keeping_spaces(text: &str) -> String {
    clean_block(text, usize::MAX)
        .replace('\n', " ")
        .trim_end()
        .to_owned()
}

/// Shows an instant in the operator's zone: `14:40` today, `Tue 09:00` within a week, else the date.
pub(super) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (there, here) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = here
        .date()
        .until(there.date())
        .map_or(i32::MAX, |span| span.get_days());
    let pattern = match days {
        0 => "%H:%M",
        1 => "tomorrow %H:%M",
        -1 => "yesterday %H:%M",
        2..=6 => "%a %H:%M",
        _ if there.year() == here.year() => "%-d %b %H:%M",
        _ => "%-d %b %Y %H:%M",
    };
    there.strftime(pattern).to_string()
}

/// Says something to the operator on stderr.
pub(super) fn complain(text: &str) {
    let text = clean_block(text, 16 * 1024);
    // Where stderr is closed there is nobody to tell.
    drop(writeln!(io::stderr(), "caseyos: {}", text.trim_end()));
}

/// Returns the text with its first letter as a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Shows a share of one as a percentage.
pub(super) fn share(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

/// Reads a future time that was typed; a local time that a clock change skips or repeats is told of on stderr.
pub(super) fn when(
    text: &str,
    engine: &Engine,
    default_time: jiff::civil::Time,
) -> Result<Timestamp, WhenError> {
    let told = read_when(text, engine.now(), &engine.zone(), default_time)?;
    if let Some(change) = &told.clock_change {
        complain(change);
    }
    Ok(told.at)
}

/// Reads the instant since which something is asked for: a length of time such as `30d` back from now, a date, or an instant.
pub(super) fn since(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, EngineError> {
    let text = text.trim();
    let ago = parse_duration(text)
        .ok()
        .and_then(|length| now.checked_sub(length).ok());
    let day = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        Some(date.to_zoned(zone.clone()).ok()?.timestamp())
    };
    ago.or_else(|| text.parse().ok()).or_else(day).ok_or_else(|| {
        EngineError::Input(format!(
            "\"{}\" is no time to begin at; write a length of time such as 30d or 12h, or a date such as 2026-11-23.",
            clean_line(text, 40)
        ))
    })
}

/// Cuts text to a width on the terminal and fills it up with spaces.
pub(super) fn fit(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    let full = text.width();
    if full <= width {
        return format!("{text}{}", " ".repeat(width - full));
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        out.push(c);
        used += w;
    }
    format!("{out}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_filled_by_its_width_on_the_terminal() {
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("日本語", 4), "日… ");
    }

    #[test]
    fn json_keeps_what_acts_on_a_terminal_as_escapes() {
        let hostile = "a\u{9b}2J\u{202e}b\u{e0001}\u{1b}";
        let text = json_text(&hostile).unwrap();
        assert_eq!(text, "\"a\\u009b2J\\u202eb\\udb40\\udc01\\u001b\"\n");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }

    #[test]
    fn since_is_a_length_of_time_a_date_or_an_instant() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let check = |text: &str, expect: &str| {
            let at = since(text, now, &TimeZone::UTC).unwrap();
            assert_eq!(at.to_string(), expect, "{text}");
        };
        check("2d", "2026-11-21T12:00:00Z");
        check("2026-11-01", "2026-11-01T00:00:00Z");
        check("2026-11-01T10:00:00Z", "2026-11-01T10:00:00Z");
        assert!(since("yesterdayish", now, &TimeZone::UTC).is_err());
    }

    #[test]
    fn moments_are_as_short_as_they_can_be() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let check = |at: &str, expect: &str| {
            assert_eq!(
                moment(at.parse().unwrap(), now, &TimeZone::UTC),
                expect,
                "{at}"
            )
        };
        check("2026-11-23T14:40:00Z", "14:40");
        check("2026-11-24T09:00:00Z", "tomorrow 09:00");
        check("2026-11-27T09:00:00Z", "Fri 09:00");
        check("2026-12-27T09:00:00Z", "27 Dec 09:00");
        check("2027-01-02T09:00:00Z", "2 Jan 2027 09:00");
        check("2026-11-22T09:00:00Z", "yesterday 09:00");
    }
}
