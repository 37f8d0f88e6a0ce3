//! Messages of ours that no execution knows: a database that was restored, rolled back or copied is older than what was sent with it.
//!
//! They are looked for where mail leaves to. One that says exactly what an open move would say is taken in as that move's; any other is shown, and
//! mail to its recipient is held until the operator has looked, as it might say the same again.

use std::collections::HashSet;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::ask::draw_up;
use super::kind::{Delivered, Way};
use super::kinds;
use super::kinds::mail::post::{Post, own_folders};
use super::kinds::mail::render::is_as_rendered;
use super::make;
use super::settle::settle;
use crate::connectors::mail::maildir::{MailEntry, MaildirError, MaildirFolder};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::domain::by::By;
use crate::domain::effect::EffectKind;
use crate::domain::email::ParsedMail;
use crate::domain::email::left::own_prefix;
use crate::domain::guard::Mode;
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::{Core, instance};
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveState;
use crate::store::strays::{self, StrayRow, StrayState};
use crate::store::{Durability, WriteTx, executions, moves, people};

/// Bytes read of a message to know it, and of one that nobody knows.
const HEADER_BYTES: u64 = 64 * 1024;
const MESSAGE_BYTES: u64 = 1024 * 1024;
/// Files that another program named are looked into if they are not older than the last look by more than this.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// The files that are looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Depth {
    /// Those that we named.
    Names,
    /// Also those that another program named, since an instant; all if none.
    Headers(Option<Timestamp>),
}

/// A message of ours that was found.
#[derive(Debug, Clone)]
struct Found {
    message_id: String,
    transport: String,
    location: String,
    mail: ParsedMail,
}

/// The result of a look.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Messages that nobody knows.
    unknown: Vec<Found>,
    /// Messages of executions that still wait to be sent.
    queued: Vec<(ExecutionId, Found)>,
}

impl Engine {
    /// Looks for messages of ours that no execution knows, takes in what fits and keeps the rest for the operator. Returns how many left though
    /// the database had not noted it.
    pub(in crate::engine) fn notice_strays(&self, depth: Depth) -> Result<u64> {
        let seen = self.look_for_strays(depth)?;
        let mut left = 0;
        for (id, found) in seen.queued {
            let row = self
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?;
            let Some(row) = row.filter(|row| row.status == ExecutionStatus::Queued) else {
                continue;
            };
            let ours = kinds::of(row.kind).request(self.core(), &row, self.now())?;
            if is_as_rendered(&ours, &found.mail) {
                self.settle_as(&row, Delivered::at(found.location))?;
                left += 1;
            }
        }
        for found in seen.unknown {
            let is_adopted = self.write_drafts(Durability::Full, move |tx, core, now| {
                take_in(tx, core, &found, now)
            })?;
            left += u64::from(is_adopted);
        }
        Ok(left)
    }

    /// Returns the messages of ours that no execution knows: those that are kept, and those that lie there and were not noticed yet.
    ///
    /// # Errors
    /// If the database or a folder cannot be read.
    pub fn unknown_mail(&self) -> Result<Vec<StrayRow>> {
        let seen = self.look_for_strays(Depth::Names)?;
        let now = self.now();
        let mut all = self
            .store()
            .read(|tx| Ok::<_, EngineError>(strays::open(tx)?))?;
        all.extend(seen.unknown.iter().map(|found| row_of(found, now)));
        Ok(all)
    }

    /// Says which messages nobody knows.
    pub(in crate::engine) fn strays_in_words(&self) -> Result<Vec<String>> {
        let open = self
            .store()
            .read(|tx| Ok::<_, EngineError>(strays::open(tx)?))?;
        Ok(open
            .iter()
            .map(|stray| {
                format!(
                    "A message of ours to {} (\"{}\") is in {}, and this database knows nothing of it: it is older than what was sent. Mail to them is held; `caseyos outbox strays` shows what can be done.",
                    stray.to_key, stray.subject, stray.location
                )
            })
            .collect())
    }

    /// Counts a message that no execution knows as known, so that it holds nothing any more.
    pub(in crate::engine) fn know_stray(&self, id: i64) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let Some((stray, _)) = strays::load(tx, id)? else {
                return Err(EngineError::NotFound(format!(
                    "There is no message {id} that nobody knows; `caseyos outbox strays` shows all."
                )));
            };
            if !strays::settle(tx, id, StrayState::Known)? {
                return Ok(Done::Nothing {
                    summary: format!("The message to {} holds nothing.", stray.to_key),
                });
            }
            executions::ask_anew(tx)?;
            let known = Change {
                by: &By::Operator,
                event: "stray.known",
                about: vec![format!("stray:{id}")],
                detail: json!({"message_id": stray.message_id}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, known, now)?;
            Ok(Done::Changed {
                summary: format!(
                    "The message to {} is known: it holds nothing any more.",
                    stray.to_key
                ),
                undo: None,
            })
        })
    }

    fn look_for_strays(&self, depth: Depth) -> Result<Seen> {
        let core = self.core();
        let (prefix, known, queued) = self.store().read(|tx| {
            let prefix = own_prefix(&instance(tx)?);
            let known = strays::known_ids(tx, &format!("<{prefix}"))?;
            let queued = executions::waiting(tx, ExecutionStatus::Queued)?;
            Ok::<_, EngineError>((prefix, known, queued))
        })?;
        let is_mail = |row: &&ExecutionRow| row.kind == EffectKind::Mail && row.mode == Mode::Live;
        let looked = Look {
            prefix: &prefix,
            known: known.iter().map(|id| local_of(id)).collect(),
            queued: queued.iter().filter(is_mail).collect(),
            depth,
        };
        let mut seen = Seen::default();
        for account in &core.config.mail.accounts {
            for folder in own_folders(account) {
                looked.look_into(&account.name, &folder, &mut seen)?;
            }
            if let Depth::Headers(since) = depth {
                let post = Post::of(self.outside(), &account.name)?;
                let is_known = |id: &str| {
                    looked.known.contains(local_of(id))
                        && looked.queued_as(Some(local_of(id))).is_none()
                };
                match post.sent_as(&prefix, since, &is_known) {
                    Ok(sent) => sent.into_iter().for_each(|(location, mail)| {
                        looked.keep(&account.name, location, mail, &mut seen);
                    }),
                    // A server that is away says nothing of what lies elsewhere.
                    Err(error) => {
                        tracing::warn!(%error, "a server could not be asked for messages that nobody knows")
                    }
                }
            }
        }
        Ok(seen)
    }
}

/// Returns the part of a Message-ID before the `@`, without brackets.
fn local_of(id: &str) -> &str {
    let id = id.trim_matches(['<', '>']);
    id.split_once('@').map_or(id, |(local, _)| local)
}

struct Look<'a> {
    prefix: &'a str,
    known: HashSet<&'a str>,
    queued: Vec<&'a ExecutionRow>,
    depth: Depth,
}

impl Look<'_> {
    fn look_into(&self, account: &str, path: &Path, seen: &mut Seen) -> Result<()> {
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        if !path.is_dir() {
            return Ok(());
        }
        let folder = MaildirFolder::open(path).map_err(failed)?;
        for entry in folder.list().map_err(failed)? {
            let named = entry.unique.find(self.prefix);
            let local = named.and_then(|at| entry.unique.get(at..));
            let of_queued = self.queued_as(local);
            let is_known = local.is_some_and(|local| self.known.contains(local));
            if of_queued.is_none() && (is_known || (local.is_none() && !self.opens(&entry))) {
                continue;
            }
            if local.is_none() {
                let header = folder.read(&entry, HEADER_BYTES).map_err(failed)?;
                let id = header.and_then(|bytes| parse_header(&bytes).message_id);
                let is_ours = id.is_some_and(|id| id.as_str().starts_with(self.prefix));
                if !is_ours {
                    continue;
                }
            }
            let Some(bytes) = folder.read(&entry, MESSAGE_BYTES).map_err(failed)? else {
                continue;
            };
            let location = entry.path.display().to_string();
            self.keep(account, location, parse(&bytes), seen);
        }
        Ok(())
    }

    /// Keeps a message that was found, if it is one of ours that nobody knows or that still waits to be sent.
    fn keep(&self, account: &str, location: String, mail: ParsedMail, seen: &mut Seen) {
        let Some(id) = mail.message_id.clone() else {
            return;
        };
        let local = local_of(id.as_str());
        let found = Found {
            message_id: id.to_string(),
            transport: account.to_owned(),
            location,
            mail,
        };
        let mut others = seen.unknown.iter();
        if let Some(row) = self.queued_as(Some(local)) {
            seen.queued.push((row, found));
        } else if local.starts_with(self.prefix)
            && !self.known.contains(local)
            && others.all(|other| other.message_id != found.message_id)
        {
            seen.unknown.push(found);
        }
    }

    fn queued_as(&self, local: Option<&str>) -> Option<ExecutionId> {
        let local = local?;
        let mut rows = self.queued.iter();
        rows.find(|row| local_of(&row.message_id) == local)
            .map(|row| row.id)
    }

    /// Tells whether a file that another program named is looked into.
    fn opens(&self, entry: &MailEntry) -> bool {
        let since = match self.depth {
            Depth::Names => return false,
            Depth::Headers(None) => return true,
            Depth::Headers(Some(since)) => since.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN),
        };
        let written = std::fs::metadata(&entry.path).and_then(|about| about.modified());
        let written = written.ok().and_then(|at| Timestamp::try_from(at).ok());
        written.is_none_or(|at| at >= since)
    }
}

fn row_of(found: &Found, now: Timestamp) -> StrayRow {
    let to = found.mail.to.first();
    let sent_at = found.mail.date.map_or(now, |at| at.min(now));
    StrayRow {
        id: 0,
        message_id: found.message_id.clone(),
        transport: found.transport.clone(),
        location: found.location.clone(),
        to_key: to.map_or(String::new(), |to| to.address.as_str().to_lowercase()),
        subject: clean_line(&found.mail.subject, 300),
        sent_at: Timestamp::from_millisecond(sent_at.as_millisecond()).unwrap_or(now),
        found_at: now,
    }
}

/// Takes in a message that nobody knows: as the mail of the one open move that says the same, else as a row for the operator. Returns whether a
/// move has it.
fn take_in(tx: &WriteTx<'_>, core: &Core, found: &Found, now: Timestamp) -> Result<bool> {
    let stray = row_of(found, now);
    if strays::known_ids(tx, &stray.message_id)?.contains(&stray.message_id) {
        return Ok(false);
    }
    let adopted = adopt(tx, core, found, &stray, now)?;
    let state = match adopted {
        Some(_) => StrayState::Adopted,
        None => StrayState::Open,
    };
    let Some(id) = strays::add(tx, &stray, state, adopted)? else {
        return Ok(false);
    };
    let noticed = Change {
        by: &By::Engine,
        event: "stray.noticed",
        about: vec![format!("stray:{id}")],
        detail: json!({
            "message_id": stray.message_id,
            "location": stray.location,
            "state": state,
            "execution": adopted,
        }),
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, noticed, now)?;
    Ok(adopted.is_some())
}

/// Records a message as the mail of the open move that would say exactly this to the same person; none if there is not one such move alone.
fn adopt(
    tx: &WriteTx<'_>,
    core: &Core,
    found: &Found,
    stray: &StrayRow,
    now: Timestamp,
) -> Result<Option<ExecutionId>> {
    let Some(contact) = people::find_by_email(tx, &stray.to_key)? else {
        return Ok(None);
    };
    let mut fitting = Vec::new();
    for mv in moves::of_contact(tx, contact)? {
        if !matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed) {
            continue;
        }
        // A move whose draft cannot be made says nothing.
        let made = match make::make(tx, core, &mv, now) {
            Ok(Way::Effect(made)) => made,
            Err(unready @ EngineError::Unrendered { .. }) => return Err(unready),
            Ok(Way::ByHand(_) | Way::Lacks(_)) | Err(_) => continue,
        };
        if made.kind != EffectKind::Mail {
            continue;
        }
        let attempts = executions::of_move(tx, mv.id)?;
        let mut ask = make::ask_of(made, &mv, By::Engine);
        ask.key = Some(format!("move:{}:{}", mv.id, attempts.len()));
        let row = ExecutionRow {
            message_id: stray.message_id.clone(),
            mode: Mode::Live,
            transport: stray.transport.clone(),
            not_before: stray.sent_at,
            ..draw_up(tx, core, &ask, stray.sent_at)?
        };
        let ours = kinds::of(row.kind).request(core, &row, now);
        if ours.is_ok_and(|ours| is_as_rendered(&ours, &found.mail)) {
            fitting.push((mv, row));
        }
    }
    let (Some((mv, mut row)), true) = (fitting.pop(), fitting.is_empty()) else {
        return Ok(None);
    };
    row.once = kinds::of(row.kind).once(tx, &row)?;
    if executions::by_once(tx, &row.once)?.is_some() {
        return Ok(None);
    }
    executions::insert(tx, &row)?;
    let approved = MoveState {
        status: MoveStatus::Approved,
        snoozed_until: None,
        ..mv.state()
    };
    moves::set_state(tx, &approved, now)?;
    let delivered = Delivered::at(stray.location.as_str());
    settle(
        tx,
        core,
        row.id,
        ExecutionStatus::Queued,
        &delivered,
        stray.sent_at,
    )?;
    Ok(Some(row.id))
}
