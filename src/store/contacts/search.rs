//! Search as you type: every word of the query must begin a word of the name, an address or the company.
//!
//! No ranking function runs over the hits: with 100,000 contacts one letter has 20,000 of them. The first ones by number
//! are taken, as many as make it likely that the best are among them, and put in order here.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

use super::{COLUMNS, ContactRow, read_row};
use crate::domain::contact::name::fold;
use crate::store::{ReadTx, Result, WriteTx};

/// Words of a query that count.
const MAX_WORDS: usize = 8;
/// Hits examined to find the best ones.
const CANDIDATES: usize = 300;

/// One contact found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The contact.
    pub contact: ContactRow,
    /// True if there were more hits than were examined, so that a better one may be missing.
    pub is_sample: bool,
}

/// Returns `text` as it is indexed: plain ASCII as it is, else with letters folded that the index's own tokenizer keeps
/// apart, such as `ł` and `ß`.
pub(super) fn searchable(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(words_of(text))
    }
}

/// Returns the words of a text, folded, with single spaces between.
fn words_of(text: &str) -> String {
    let parted: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || is_combining_mark(c) {
                c
            } else {
                ' '
            }
        })
        .collect();
    fold(&parted)
}

/// Returns the query for the index, or None if the text has no word.
fn match_expression(text: &str) -> Option<String> {
    let short: String = text.chars().take(200).collect();
    let words: Vec<String> = words_of(&short)
        .split(' ')
        .filter(|w| !w.is_empty())
        .take(MAX_WORDS)
        .map(|w| format!("\"{w}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns up to `limit` contacts that match, those first whose name begins with the query's words.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn search(tx: &ReadTx<'_>, text: &str, limit: usize) -> Result<Vec<Hit>> {
    let Some(expression) = match_expression(text) else {
        return Ok(Vec::new());
    };
    let candidates = CANDIDATES.max(limit);
    let mut statement = tx.sql().prepare_cached(&format!(
        "SELECT {COLUMNS} FROM (SELECT rowid FROM contact_search WHERE contact_search MATCH ?1 LIMIT ?2) s
         CROSS JOIN contact c ON c.id = s.rowid LEFT JOIN company o ON o.id = c.company_id"
    ))?;
    let rows = statement.query_map(
        (expression, i64::try_from(candidates).unwrap_or(i64::MAX)),
        read_row,
    )?;
    let mut hits: Vec<ContactRow> = rows.collect::<rusqlite::Result<_>>()?;
    let is_sample = hits.len() >= candidates;
    let query = words_of(text);
    hits.sort_by_cached_key(|c| {
        (
            rank(c, &query),
            fold(&c.last_name),
            fold(&c.first_name),
            c.id,
        )
    });
    hits.truncate(limit);
    Ok(hits
        .into_iter()
        .map(|contact| Hit { contact, is_sample })
        .collect())
}

/// Says how well a contact fits, 0 the best: exact address, whole name, start of the name, of a name's part, of the
/// address, of the company, anything else.
fn rank(contact: &ContactRow, query: &str) -> u8 {
    let first = words_of(&contact.first_name);
    let last = words_of(&contact.last_name);
    let email = words_of(&contact.email);
    let whole = format!("{first} {last}");
    if email == query {
        0
    } else if whole == query || format!("{last} {first}") == query {
        1
    } else if whole.starts_with(query)
        || last.starts_with(query)
        || format!("{last} {first}").starts_with(query)
    {
        2
    } else if query
        .split(' ')
        .all(|w| whole.split(' ').any(|part| part.starts_with(w)))
    {
        3
    } else if email.starts_with(query) {
        4
    } else if words_of(&contact.company).starts_with(query) {
        5
    } else {
        6
    }
}

/// Makes the search index anew from the contacts.
///
/// # Errors
/// Fails if the database refuses.
pub fn rebuild_search(tx: &WriteTx<'_>) -> Result<()> {
    let sql = tx.sql();
    sql.execute(
        "INSERT INTO contact_search (contact_search) VALUES ('delete-all')",
        [],
    )?;
    let mut after = None;
    let mut insert = sql.prepare_cached(
        "INSERT INTO contact_search (rowid, name, email, company) VALUES (?1, ?2, ?3, ?4)",
    )?;
    loop {
        let rows = super::list(tx, after, None, 1_000)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        for row in &rows {
            let emails = super::emails(tx, row.id)?.join(" ");
            insert.execute((
                row.id.0,
                searchable(&row.full_name()),
                searchable(&emails),
                searchable(&row.company),
            ))?;
        }
    }
    Ok(())
}
