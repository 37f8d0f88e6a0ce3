//! The folders of a mailbox on this machine.

use std::path::PathBuf;

use crate::config::MailAccount;
use crate::connectors::mail::maildir::MailLayout;

/// Returns a mail account's root folder; `~/` is the home directory.
pub(in crate::engine) fn root(account: &MailAccount) -> PathBuf {
    match (
        account.path.strip_prefix("~/"),
        crate::env::variable_os("HOME"),
    ) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(&account.path),
    }
}

/// Returns a mail account's folders.
pub(in crate::engine) fn layout(account: &MailAccount) -> MailLayout {
    let root = root(account);
    let mut layout = MailLayout::detect(&root);
    for (own, folder) in [
        (&account.inbox, &mut layout.inbox),
        (&account.outbox, &mut layout.outbox),
        (&account.drafts, &mut layout.drafts),
    ] {
        if !own.is_empty() {
            *folder = root.join(own);
        }
    }
    if !account.sent.is_empty() {
        layout.sent = Some(root.join(&account.sent));
    }
    layout
}
