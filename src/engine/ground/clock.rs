//! The clock, as far as it can be believed.
//!
//! Whatever ends something by time, or lets something leave, asks here first. A clock that a variable sets lets nothing leave, unless that is practice.
//! A clock that jumped far ahead of the last instant that was believed, or behind it, ends nothing and lets nothing leave until the operator or a server
//! confirms it: expiries and silences cannot be taken back. Once a clock is believed that is behind, what was reckoned ahead of it is reckoned anew.

use jiff::{SignedDuration, Timestamp};

use crate::domain::guard::Mode;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::clock;
use crate::env::ClockKind;
use crate::store::{ReadTx, WriteTx, ahead, control};

/// The meta key of the last instant that the clock was believed at, in milliseconds.
const KNOWN: &str = "clock_known";
/// The meta key of the last instant that anything was written at, believed or not.
const LATEST: &str = "clock_latest";
/// Days of the longest pause that somebody's program can ask for; then the operator decides.
pub(in crate::engine) const LONGEST_ABSENCE_DAYS: i64 = 60;
/// A jump ahead that is asked about. Holidays are shorter, and what ends sooner comes back to the list.
const JUMP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A clock that is behind by less is another process's, or was put right by the network.
const BACK: SignedDuration = SignedDuration::from_hours(24);
/// The known instant is written down again after this.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The clock beside the last instants that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Standing {
    /// It went on as clocks do, or nothing is known yet.
    Right,
    /// It is far ahead of the last instant that was believed.
    Ahead(Timestamp),
    /// It is behind the last instant that was believed: it is wrong now, or it was before. Nobody but the operator knows.
    Behind(Timestamp),
    /// It goes on where it was believed, after a time far ahead, up to this instant, that never was.
    Back(Timestamp),
}

/// Returns the last instant that the clock was believed at; none before the first write.
pub(in crate::engine) fn known(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    instant(tx, KNOWN)
}

fn instant(tx: &ReadTx<'_>, key: &str) -> Result<Option<Timestamp>> {
    let text = control::meta(tx, key)?;
    Ok(text
        .and_then(|text| text.parse().ok())
        .and_then(|ms| Timestamp::from_millisecond(ms).ok()))
}

fn set(tx: &WriteTx<'_>, key: &str, at: Timestamp) -> Result<()> {
    Ok(control::set_meta(
        tx,
        key,
        &at.as_millisecond().to_string(),
    )?)
}

/// Returns the last instant that anything was written at; none before the first write. A database that never noted it has its newest event.
fn latest(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    match instant(tx, LATEST)? {
        Some(latest) => Ok(Some(latest)),
        None => Ok(ahead::newest_event(tx)?),
    }
}

/// Returns how the clock stands. Somebody who practices moves it at will.
pub(in crate::engine) fn standing(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Standing> {
    if core.env.clock_kind() == ClockKind::Practice {
        return Ok(Standing::Right);
    }
    let is_ahead = |at: &Timestamp| at.duration_since(now) > BACK;
    let latest = latest(tx)?.filter(is_ahead);
    Ok(match (known(tx)?, latest) {
        (Some(known), _) if now.duration_since(known) > JUMP => Standing::Ahead(known),
        (Some(known), _) if is_ahead(&known) => Standing::Behind(known),
        (Some(_), Some(latest)) => Standing::Back(latest),
        (None, Some(latest)) => Standing::Behind(latest),
        (_, None) => Standing::Right,
    })
}

/// Tells whether nothing may be ended by the clock.
pub(in crate::engine) fn is_in_doubt(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<bool> {
    Ok(doubt(tx, core, now)?.is_some())
}

/// Says why the clock is not believed; none if it is.
pub(in crate::engine) fn doubt(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Option<String>> {
    let zone = core.config.operator.zone();
    let from = |known: Timestamp| {
        let days = now.duration_since(known).abs().as_hours() / 24;
        let (there, here) = (clock(known, now, &zone), clock(now, known, &zone));
        (days, format!("from {there} to {here}"))
    };
    let ask = "`caseyos clock confirm` if that is right, else set the machine's clock";
    Ok(match standing(tx, core, now)? {
        Standing::Right | Standing::Back(_) => None,
        Standing::Ahead(known) => {
            let (days, span) = from(known);
            Some(format!("the clock jumped {days} days ahead, {span}; {ask}"))
        }
        Standing::Behind(known) => {
            let (days, span) = from(known);
            Some(format!("the clock jumped {days} days back, {span}; {ask}"))
        }
    })
}

/// Says why nothing may leave by this clock; none if it may.
pub(in crate::engine) fn refusal(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Option<String>> {
    if core.env.clock_kind() == ClockKind::Set {
        return Ok(Some(set_by_hand(core, now)));
    }
    doubt(tx, core, now)
}

/// Says what is wrong with the clock of an installation whose effects leave; none where nothing is, or nothing would leave.
pub(in crate::engine) fn warning(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Option<String>> {
    if core.env.clock_kind() == ClockKind::Set && core.mode() != Mode::Live {
        return doubt(tx, core, now);
    }
    refusal(tx, core, now)
}

fn set_by_hand(core: &Core, now: Timestamp) -> String {
    let at = clock(now, Timestamp::UNIX_EPOCH, &core.config.operator.zone());
    format!(
        "CASEYOS_NOW sets the clock to {at}, so nothing leaves; unset it, or set CASEYOS_PRACTICE=1 beside it to practice"
    )
}

/// Writes down the instant. After a time far ahead that was never believed, what was reckoned from it is reckoned anew; returns its last instant.
pub(in crate::engine) fn note(
    tx: &WriteTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let is_news = |at: Option<Timestamp>| at.is_none_or(|at| now.duration_since(at) >= NOTED_EVERY);
    let standing = standing(tx, core, now)?;
    if let Standing::Back(latest) = standing {
        confirm(tx, now)?;
        return Ok(Some(latest));
    }
    if standing == Standing::Right && is_news(known(tx)?) {
        set(tx, KNOWN, now)?;
    }
    if !matches!(standing, Standing::Behind(_)) && is_news(instant(tx, LATEST)?) {
        set(tx, LATEST, now)?;
    }
    Ok(None)
}

/// Tells whether anything that is known lies ahead of the clock.
pub(in crate::engine) fn is_set_back(tx: &ReadTx<'_>, now: Timestamp) -> Result<bool> {
    let all = [known(tx)?, latest(tx)?];
    Ok(all
        .into_iter()
        .flatten()
        .any(|at| at.duration_since(now) > BACK))
}

/// Believes the clock. What was reckoned ahead of it is reckoned anew.
pub(in crate::engine) fn confirm(tx: &WriteTx<'_>, now: Timestamp) -> Result<()> {
    if is_set_back(tx, now)? {
        let absence = SignedDuration::from_hours(24 * LONGEST_ABSENCE_DAYS);
        ahead::bring_back(tx, absence, now)?;
    }
    set(tx, KNOWN, now)?;
    set(tx, LATEST, now)
}
