//! A Maildir as the post: a message leaves when its file stands in the outbox.

mod drafts;

use std::path::PathBuf;

use crate::engine::effects::kind::{Delivered, Undelivered};
use jiff::{SignedDuration, Timestamp};

use crate::config::{MailAccount, MailKind, MailServer};
use crate::connectors::mail::maildir::{MailLayout, MaildirError, MaildirFolder};
use crate::connectors::mail::parse::parse;
use crate::domain::email::MailboxKey;
use crate::domain::email::message_id::MessageId;
use crate::domain::guard::Mode;

use crate::engine::effects::kinds::mail::render::{content_of, is_as_rendered, render_content};
use crate::engine::error::{EngineError, Result};
use crate::engine::outside::maildir::layout;
use crate::store::executions::ExecutionRow;

/// Mail programs remove files of this age from `tmp`, by the Maildir convention.
const TMP_IS_CLEANED_AFTER: SignedDuration = SignedDuration::from_hours(36);

/// The folders of a Maildir to deliver to, and to look up what was delivered.
#[derive(Debug, Clone)]
pub(in crate::engine) struct MaildirPost {
    layout: MailLayout,
}

/// A mailbox's folders.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MailFolders {
    /// The mailbox's name.
    pub name: String,
    /// Its kind.
    pub kind: MailKind,
    /// The folder that is read.
    pub inbox: String,
    /// The folder that live mail leaves to.
    pub outbox: String,
    /// The folder that drafts go to.
    pub drafts: String,
}

/// Returns the folders of a mailbox that is not on this machine; none if it is.
fn on_a_server(account: &MailAccount) -> Option<MailFolders> {
    let or = |own: &str, usual: &str| {
        if own.is_empty() {
            usual.to_owned()
        } else {
            own.to_owned()
        }
    };
    let server = |server: &Option<MailServer>| {
        server
            .as_ref()
            .map_or(String::new(), |s| format!("{}:{}", s.host, s.port))
    };
    let (inbox, outbox) = match account.kind {
        MailKind::Maildir => return None,
        MailKind::Imap => (
            format!(
                "{} on {}",
                or(&account.inbox, "INBOX"),
                server(&account.imap)
            ),
            format!("SMTP to {}", server(&account.smtp)),
        ),
        MailKind::Gmail => ("Gmail's inbox".to_owned(), "Gmail".to_owned()),
    };
    Some(MailFolders {
        name: account.name.clone(),
        kind: account.kind,
        inbox,
        outbox,
        drafts: or(&account.drafts, "the server's own"),
    })
}

/// Returns a mailbox's folders, made if they are missing and `make` says so.
///
/// # Errors
/// If they cannot be made.
pub fn mail_folders(account: &MailAccount, make: bool) -> Result<MailFolders> {
    if let Some(folders) = on_a_server(account) {
        return Ok(folders);
    }
    let layout = layout(account);
    if make {
        layout
            .create_missing()
            .map_err(|e| EngineError::Input(format!("{e}. Nothing was added.")))?;
    }
    let shown = |path: &PathBuf| path.display().to_string();
    Ok(MailFolders {
        name: account.name.clone(),
        kind: account.kind,
        inbox: shown(&layout.inbox),
        outbox: shown(&layout.outbox),
        drafts: shown(&layout.drafts),
    })
}

impl MaildirPost {
    /// Returns the post of an account.
    pub fn of(account: &MailAccount) -> Self {
        Self {
            layout: layout(account),
        }
    }

    fn folder(&self, mode: Mode) -> (&PathBuf, bool) {
        match mode {
            Mode::Live => (&self.layout.outbox, false),
            Mode::Draft | Mode::DryRun => (&self.layout.drafts, true),
        }
    }

    /// Delivers a message under a name made from its own id, so that a second delivery of it is the same file.
    pub fn deliver(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<Delivered, Undelivered> {
        let (path, is_draft) = self.folder(row.mode);
        // A file is in place or it is not, and looking tells.
        let failed = |e: MaildirError| match e {
            MaildirError::Stopped(reason) => Undelivered::Stopped { reason },
            other => Undelivered::Unknown {
                reason: format!("{other}."),
            },
        };
        let folder = MaildirFolder::create(path).map_err(failed)?;
        let unique = unique_name(row);
        let file = if is_draft {
            folder.deliver_draft(&unique, message, last_word)
        } else {
            let is_same = |there: &[u8]| is_as_rendered(message, &parse(there));
            folder.deliver_as(&unique, message, is_same, last_word)
        };
        Ok(Delivered {
            is_draft,
            ..Delivered::at(file.map_err(failed)?.display().to_string())
        })
    }

    /// Lays a message ready beside its folder, so that delivering it is one rename.
    pub fn stage(&self, row: &ExecutionRow, message: &[u8]) -> Result<()> {
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        let folder = MaildirFolder::create(self.folder(row.mode).0).map_err(failed)?;
        folder.stage(&unique_name(row), message).map_err(failed)
    }

    /// Finds out what became of a message: by its file's name, by its Message-ID, or by what is left of it.
    pub fn find(&self, row: &ExecutionRow, now: Timestamp) -> Result<Option<Delivered>> {
        let (path, is_draft) = self.folder(row.mode);
        if !path.is_dir() {
            if row.is_staged {
                return Err(EngineError::Outside(format!(
                    "{} is not there, so nothing can be said.",
                    path.display()
                )));
            }
            return Ok(None);
        }
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        let folder = MaildirFolder::create(path).map_err(failed)?;
        let unique = unique_name(row);
        let id = MessageId::find(&row.message_id);
        // A file of that name or id may be another installation's, or this one's from before it was restored.
        let ours = render_content(&content_of(row)?, &row.message_id, now)?;
        let is_it = |bytes: &[u8]| {
            let mail = parse(bytes);
            // The operator may have changed the words of a draft there.
            if is_draft {
                let wanted = MailboxKey::of(&row.to_key);
                return mail.to.iter().any(|to| to.address.key() == wanted);
            }
            is_as_rendered(&ours, &mail)
        };
        let found = folder
            .find_as(&unique, id.as_ref(), is_it)
            .map_err(failed)?;
        // The new words of a draft still lie ready: what stands in the folder are its old ones.
        let has_old_words = is_draft && folder.is_staged(&unique);
        if let Some(entry) = found.filter(|_| !has_old_words) {
            return Ok(Some(Delivered {
                is_draft,
                ..Delivered::at(entry.path.display().to_string())
            }));
        }
        // It lay ready before it was claimed. If it lies there no more, it was delivered, and whoever empties the outbox has taken it.
        let was_taken = row.is_staged && !folder.is_staged(&unique);
        let is_old = row
            .claimed_at
            .is_none_or(|at| now.duration_since(at) >= TMP_IS_CLEANED_AFTER);
        if was_taken && is_old {
            return Err(EngineError::Outside(format!(
                "It lies in {} no more, but mail programs clear away what was left half delivered for 36 hours, so it may have left or not. Look \
                 into what you sent: `caseyos outbox drop {id}` if it is there, `caseyos outbox retry {id} --force` if it is not.",
                path.display(),
                id = row.id
            )));
        }
        Ok(was_taken.then(|| Delivered {
            is_draft,
            ..Delivered::at(format!("{} (taken since)", path.display()))
        }))
    }
}

fn unique_name(row: &ExecutionRow) -> String {
    let id = row.message_id.trim_matches(['<', '>']);
    let local = id.split_once('@').map_or(id, |(local, _)| local);
    format!("{}.{local}", row.approved_at.as_second())
}
