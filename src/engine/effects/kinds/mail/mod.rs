//! Mail: its draft, its message, and the mailboxes that it leaves through.

pub(in crate::engine) mod draft;
pub(in crate::engine) mod drafts;
pub(in crate::engine) mod lying;
pub mod post;
pub(in crate::engine) mod render;
pub(in crate::engine) mod sent;

use jiff::Timestamp;

use self::draft::Content;
use self::post::{Post, account};
use self::render::{content_of, render_content};
use crate::config::MailKind;
use crate::domain::action::Means;
use crate::domain::effect::EffectKind;
use crate::domain::guard::{Asks, InDraft, Mode};
use crate::domain::id::ExecutionId;
use crate::domain::outbox::Answer;
use crate::domain::service::Service;
use crate::engine::effects::kind::{
    Delivered, Effect, Inverse, Letter, Made, Readiness, Shown, Stopped, Undelivered, Way, Words,
};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::outside::{Outside, standing};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveRow;
use crate::store::{ReadTx, StoreError, WriteTx};

const NO_ACCOUNT: &str = "no mailbox is set up; `caseyos mail add maildir PATH` adds one";

/// Mail to a person.
pub(in crate::engine) struct Mail;

/// Reads the content of a mail.
fn read(content: &str) -> Result<Content> {
    Ok(serde_json::from_str(content)
        .map_err(|e| StoreError::Invalid(format!("the content of a mail: {e}")))?)
}

/// Writes the content of a mail as it is kept.
pub(in crate::engine) fn written(content: &Content) -> Result<String> {
    Ok(serde_json::to_string(content).map_err(|e| StoreError::Invalid(e.to_string()))?)
}

impl Effect for Mail {
    fn kind(&self) -> EffectKind {
        EffectKind::Mail
    }

    fn means(&self) -> Means {
        Means::Mail
    }

    fn asks(&self) -> Asks {
        Asks {
            suppression: true,
            limits: true,
            window: true,
            in_draft: InDraft::Makes("goes to the Drafts folder, not out"),
        }
    }

    fn words(&self) -> Words {
        Words {
            heading: "Draft",
            missing: "No draft",
            ready: "draft ready",
            closing: "sent",
            after: "",
            not_edited: "",
        }
    }

    fn claims(&self, _tx: &ReadTx<'_>, mv: &MoveRow) -> Result<bool> {
        Ok(mv.action.means() == Means::Mail)
    }

    fn make(&self, tx: &ReadTx<'_>, core: &Core, mv: &MoveRow, now: Timestamp) -> Result<Way> {
        let made = match draft::make(tx, core, mv, now)? {
            Ok(made) => made,
            Err(lack) => return Ok(Way::Lacks(lack)),
        };
        Ok(Way::Effect(Made {
            kind: EffectKind::Mail,
            content: written(&made.content)?,
            to: made.content.to,
            subject: made.content.subject,
            in_reply_to: made.content.in_reply_to,
            edited: made.edited,
        }))
    }

    fn hash(&self, content: &str) -> [u8; 32] {
        read(content).map_or([0; 32], |content| content.hash())
    }

    fn shown(&self, _core: &Core, content: &str) -> Result<Shown> {
        let content = read(content)?;
        Ok(Shown {
            to: content.to.clone(),
            subject: content.subject.clone(),
            parts: Vec::new(),
            letter: Some(Letter {
                from: content.from,
                to: content.to,
                subject: content.subject,
                body: content.body,
                in_reply_to: content.in_reply_to,
            }),
            promise: "Until it leaves, the mail is withdrawn and the move comes back. Once it has left it cannot be unsent.".into(),
        })
    }

    fn waits(&self, _content: &str) -> bool {
        true
    }

    fn once(&self, _tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<String> {
        let of_move = row.idempotency_key.strip_prefix("move:");
        Ok(format!("mail:{}", of_move.unwrap_or(&row.idempotency_key)))
    }

    fn mark(
        &self,
        _tx: &ReadTx<'_>,
        _id: ExecutionId,
        _salt: &str,
        _content: &str,
    ) -> Result<String> {
        Ok(String::new())
    }

    fn carrier(&self, core: &Core) -> Result<String, String> {
        let first = core.config.mail.accounts.first();
        first
            .map(|account| account.name.clone())
            .ok_or_else(|| NO_ACCOUNT.to_owned())
    }

    fn readiness(
        &self,
        tx: &ReadTx<'_>,
        core: &Core,
        carrier: &str,
        now: Timestamp,
    ) -> Result<Readiness> {
        let account = match account(core, carrier) {
            Ok(account) => account,
            Err(gone) => return Ok(Err((gone.to_string(), None))),
        };
        if account.kind == MailKind::Gmail
            && let Err(refused) = standing::health(tx, Service::Gmail, now)?
        {
            return Ok(Err(refused));
        }
        Ok(Ok(carrier.to_owned()))
    }

    fn request(&self, _core: &Core, row: &ExecutionRow, now: Timestamp) -> Result<Vec<u8>> {
        render_content(&content_of(row)?, &row.message_id, now)
    }

    fn stage(&self, core: &Core, row: &ExecutionRow, rendered: &[u8]) -> Result<bool> {
        post::stage(core, row, rendered)
    }

    fn deliver(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        rendered: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered> {
        match Post::of(outside, &row.transport) {
            Ok(post) => post.deliver(row, rendered, stopped),
            Err(gone) => Err(Undelivered::for_now(gone.to_string())),
        }
    }

    fn find(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        now: Timestamp,
    ) -> Result<(Answer, Option<Delivered>)> {
        let post = Post::of(outside, &row.transport)?;
        Ok(match post.find(row, now)? {
            Some(delivered) => (Answer::Found, Some(delivered)),
            None if post.knows_at_once() || post.still_lies(row) => (Answer::NeverHad, None),
            None => (Answer::NotFoundYet, None),
        })
    }

    fn is_cheap_to_find(&self, core: &Core, row: &ExecutionRow) -> bool {
        account(core, &row.transport).is_ok_and(|account| account.kind == MailKind::Maildir)
    }

    /// Removes the draft of a message that left, so that it is not sent once more by hand.
    fn tidy(&self, outside: &Outside, row: &ExecutionRow, delivered: &Delivered) -> Result<()> {
        if row.is_of_draft() && !delivered.is_draft {
            Post::of(outside, &row.transport)?.clear_draft(row)?;
        }
        Ok(())
    }

    fn settled(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        row: &ExecutionRow,
        delivered: &Delivered,
        now: Timestamp,
    ) -> Result<()> {
        if delivered.is_draft {
            return Ok(());
        }
        sent::record_sent(tx, core, row, now)
    }

    fn inverse(&self, _tx: &ReadTx<'_>, _core: &Core, row: &ExecutionRow) -> Result<Inverse> {
        Ok(Inverse::Never(format!(
            "The mail left through \"{}\" and lies with {}: it cannot be unsent.",
            row.transport, row.to_key
        )))
    }

    fn left_by_hand(&self, engine: &Engine, row: &ExecutionRow) -> Result<bool> {
        Ok(engine.look_after_draft(row)? == drafts::Found::Left)
    }

    fn discard(&self, outside: &Outside, row: &ExecutionRow) -> Result<bool> {
        Post::of(outside, &row.transport)?.remove_draft(row)
    }

    fn named(&self, row: &ExecutionRow) -> String {
        format!("the mail to {}", row.to_key)
    }

    fn said(&self, _core: &Core, row: &ExecutionRow) -> String {
        if row.status == ExecutionStatus::Drafted {
            return format!(
                "A draft to {} is in {} (mode is draft; nothing left).",
                row.to_key, row.location
            );
        }
        format!("Sent to {}: {}.", row.to_key, row.location)
    }

    fn would(&self, mode: Mode, shown: &Shown) -> String {
        let to = &shown.to;
        match mode {
            Mode::Draft => {
                format!(
                    "Would put this into Drafts, for {to} (mode is draft). Nothing was written."
                )
            }
            Mode::Live | Mode::DryRun => format!("Would send this to {to}. Nothing was sent."),
        }
    }

    fn said_before(&self, _tx: &ReadTx<'_>, core: &Core, row: &ExecutionRow) -> Result<String> {
        Ok(self.said(core, row))
    }
}
