//! Changing `config.toml` in place: comments and order stay, and the file is replaced whole or not at all.

use std::io::Write;
use std::path::Path;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, value};

use super::{Config, ConfigError, EXAMPLE, MailAccount, MailAuth, MailKind};
use crate::env::file;

/// Changes the configuration at `path`, made from the example if there is none. The result is checked before it is kept.
///
/// # Errors
/// Fails if the file is wrong, would become wrong, or cannot be written; it stays as it was then.
pub fn edit(path: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<Config, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let text = match file::read_text(path, file::SETTINGS_BYTES) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => EXAMPLE.to_owned(),
        Err(e) => return Err(unreadable(e)),
    };
    Config::parse(&text, path)?;
    let mut document: DocumentMut =
        text.parse()
            .map_err(|e: toml_edit::TomlError| ConfigError::Invalid {
                path: path.to_owned(),
                line: 1,
                message: e.message().to_owned(),
            })?;
    change(&mut document);
    let text = document.to_string();
    let config = Config::parse(&text, path)?;
    replace(path, &text).map_err(unreadable)?;
    Ok(config)
}

/// Replaces a file's text, whole or not at all.
///
/// # Errors
/// Fails if it cannot be written; the old text stays then.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        // With CASEYOS_HOME this is the data directory too, which is nobody else's business.
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let next = path.with_extension("toml.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&next)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&next, path)
}

/// Sets the state of the rule called `name` in the text of an `approval.toml`; comments and order stay. None if there is no such rule.
#[must_use]
pub fn with_rule_state(text: &str, name: &str, state: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let is_named = |rule: &dyn TableLike| rule.get("name").and_then(Item::as_str) == Some(name);
    let rules = document.get_mut("rule")?;
    let set = |rule: &mut dyn TableLike| match rule.get_mut("state").and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = state.into();
            *old.decor_mut() = decor;
        }
        None => drop(rule.insert("state", value(state))),
    };
    match rules {
        Item::ArrayOfTables(tables) => set(tables.iter_mut().find(|t| is_named(*t))?),
        Item::Value(toml_edit::Value::Array(rules)) => set(rules
            .iter_mut()
            .filter_map(toml_edit::Value::as_inline_table_mut)
            .find(|t| is_named(*t))?),
        _ => return None,
    }
    Some(document.to_string())
}

/// Sets a text of a table.
pub fn set(document: &mut DocumentMut, table: &str, key: &str, text: &str) {
    set_item(document, table, key, value(text));
}

fn set_item(document: &mut DocumentMut, table: &str, key: &str, item: Item) {
    let target = if table.is_empty() {
        document.as_table_mut()
    } else {
        let entry = document
            .as_table_mut()
            .entry(table)
            .or_insert_with(|| Item::Table(Table::new()));
        match entry.as_table_mut() {
            Some(table) => table,
            None => return,
        }
    };
    match target.get_mut(key) {
        // Only the value is replaced, so that the comment above the key stays.
        Some(existing) => match (existing.as_value_mut(), item.into_value()) {
            (Some(old), Ok(mut new)) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            (_, Ok(new)) => *existing = Item::Value(new),
            (_, Err(item)) => *existing = item,
        },
        None => {
            target.insert(key, item);
        }
    }
}

/// Adds a mail account, or replaces the one of the same name.
pub fn set_mail_account(document: &mut DocumentMut, account: &MailAccount) {
    let mut table = Table::new();
    table.insert("name", value(&account.name));
    table.insert("kind", value(account.kind.as_str()));
    for (key, text) in [
        ("path", &account.path),
        ("inbox", &account.inbox),
        ("outbox", &account.outbox),
        ("drafts", &account.drafts),
        ("user", &account.user),
        ("sent", &account.sent),
        ("ca_file", &account.ca_file),
    ] {
        if !text.is_empty() {
            table.insert(key, value(text));
        }
    }
    if account.auth != MailAuth::default() {
        table.insert("auth", value(account.auth.as_str()));
    }
    for (key, server) in [("imap", &account.imap), ("smtp", &account.smtp)] {
        if let Some(server) = server {
            let mut inline = toml_edit::InlineTable::new();
            inline.insert("host", server.host.as_str().into());
            inline.insert("port", i64::from(server.port).into());
            inline.insert("security", server.security.as_str().into());
            table.insert(key, value(inline));
        }
    }
    if !account.folders.is_empty() {
        table.insert(
            "folders",
            value(account.folders.iter().collect::<toml_edit::Array>()),
        );
    }
    if account.kind != MailKind::Maildir {
        if !account.keep_sent {
            table.insert("keep_sent", value(false));
        }
        table.insert("backfill_days", value(i64::from(account.backfill_days)));
    }
    let mail = document
        .as_table_mut()
        .entry("mail")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(mail) = mail.as_table_mut() else {
        return;
    };
    let mut tables = match mail.remove("accounts") {
        Some(Item::ArrayOfTables(tables)) => tables,
        Some(Item::Value(toml_edit::Value::Array(array))) => array
            .into_iter()
            .filter_map(|v| {
                v.as_inline_table()
                    .cloned()
                    .map(toml_edit::InlineTable::into_table)
            })
            .collect(),
        _ => ArrayOfTables::new(),
    };
    let same = tables
        .iter()
        .position(|t| t.get("name").and_then(Item::as_str) == Some(&account.name));
    match same.and_then(|i| tables.get_mut(i)) {
        Some(existing) => *existing = table,
        None => tables.push(table),
    }
    mail.insert("accounts", Item::ArrayOfTables(tables));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guard::Mode;

    #[test]
    fn a_change_keeps_the_comments_and_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        edit(&path, |d| set(d, "operator", "name", "Casey \"C\" Ruiz")).unwrap();
        let account = |name: &str, path: &str| MailAccount {
            path: path.into(),
            ..MailAccount::new(name, MailKind::Maildir)
        };
        edit(&path, |d| set_mail_account(d, &account("work", "/tmp/a"))).unwrap();
        edit(&path, |d| set_mail_account(d, &account("home", "/tmp/b"))).unwrap();
        let config = edit(&path, |d| {
            set_mail_account(d, &account("work", "/tmp/c"));
            set(d, "", "mode", "live");
        })
        .unwrap();
        assert_eq!(config.operator.name, "Casey \"C\" Ruiz");
        assert_eq!(config.mode, Mode::Live);
        let names: Vec<_> = config
            .mail
            .accounts
            .iter()
            .map(|a| (a.name.as_str(), a.path.as_str()))
            .collect();
        assert_eq!(names, [("work", "/tmp/c"), ("home", "/tmp/b")]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("# Your name, as mail shows it.\nname = "),
            "{text}"
        );
        assert!(
            text.contains("# The score") || text.contains("# APS ="),
            "{text}"
        );
    }

    #[test]
    fn the_state_of_a_rule_is_set_in_place() {
        let text = "# mine\n[[rule]]\nname = \"a\"\nstate = \"off\" # not yet\n\n[[rule]] # second\nname = \"b\"\n";
        let a = with_rule_state(text, "a", "on").unwrap();
        assert_eq!(a, text.replace("\"off\"", "\"on\""));
        let b = with_rule_state(text, "b", "shadow").unwrap();
        assert_eq!(b, format!("{text}state = \"shadow\"\n"));
        let inline =
            with_rule_state("rule = [{ name = \"a\", state = \"off\" }]\n", "a", "on").unwrap();
        assert_eq!(inline, "rule = [{ name = \"a\", state = \"on\" }]\n");
        assert_eq!(with_rule_state(text, "c", "on"), None);
    }

    #[test]
    fn a_change_that_would_break_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "mode = \"live\"\n").unwrap();
        assert!(edit(&path, |d| set(d, "operator", "time_zone", "Mars/Olympus")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mode = \"live\"\n");
    }
}
