//! Meetings as the calendars hold them: free times, the list, and who did not come.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::connectors::google::calendar;
use crate::domain::by::By;
use crate::domain::meeting::MeetingState;
use crate::domain::schedule::zone_name;
use crate::domain::signal::SignalKind;
use crate::domain::slots::{SlotQuery, free_slots};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::find_person;
use crate::engine::ground::say::day_and_time;
use crate::engine::handle::Engine;
use crate::engine::outside::google::failed;
use crate::engine::road::sources::calendar::tell;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::Durability;
use crate::store::calendar::{self as events, EventRow};

pub use crate::engine::effects::kinds::meeting::Booking;

/// Times of one day that are offered.
const PER_DAY: usize = 3;

/// A time at which both can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedSlot {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// As the clock shows it here.
    pub here: String,
    /// As the clock shows it there.
    pub there: String,
}

/// Times at which both can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotList {
    /// The other person's address.
    pub with: String,
    /// Our zone.
    pub our_zone: String,
    /// Their zone.
    pub their_zone: String,
    /// The times, the earliest first.
    pub slots: Vec<OfferedSlot>,
    /// Calendars that could not be asked, with why.
    pub unknown: Vec<(String, String)>,
}

impl Engine {
    /// Finds times at which the operator and somebody else can meet.
    ///
    /// # Errors
    /// If nobody is known by that, or the calendars cannot be asked.
    pub fn free_slots(
        &self,
        who: &str,
        length: SignedDuration,
        within: SignedDuration,
        limit: usize,
    ) -> Result<SlotList> {
        let now = self.now();
        let person = self.store().read(|tx| find_person(tx, who))?;
        let core = self.core();
        let ours = core.send_policy(self.zone())?;
        let theirs = core.send_policy(core.zone_of(&person))?;
        let to = now.checked_add(within).unwrap_or(now);
        let calendars = &self.config().google.calendars;
        let answer = self
            .outside()
            .call(&calendar::busy_times(calendars, now, to))
            .and_then(|answer| calendar::read_busy(&answer))
            .map_err(|e| failed(&e))?;
        if !calendars.is_empty() && answer.unknown.len() >= calendars.len() {
            return Err(EngineError::Outside(
                "None of the calendars in [google] calendars could be asked when it is busy; `caseyos doctor` shows what is missing.".into(),
            ));
        }
        let query = SlotQuery {
            ours: &ours,
            theirs: &theirs,
            busy: &answer.spans,
            from: now,
            to,
            length,
            per_day: PER_DAY,
            limit,
        };
        let shown = |at: Timestamp, zone: &jiff::tz::TimeZone| day_and_time(at, now, zone);
        Ok(SlotList {
            with: person.email.clone(),
            our_zone: zone_name(&ours.zone),
            their_zone: zone_name(&theirs.zone),
            slots: free_slots(&query)
                .into_iter()
                .map(|slot| OfferedSlot {
                    start: slot.start,
                    end: slot.end,
                    here: shown(slot.start, &ours.zone),
                    there: shown(slot.start, &theirs.zone),
                })
                .collect(),
            unknown: answer
                .unknown
                .into_iter()
                .map(|(name, why)| (clean_line(&name, 120), clean_line(&why, 80)))
                .collect(),
        })
    }

    /// Lists the meetings that begin between two instants, as the calendars last showed them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn meetings(&self, from: Timestamp, to: Timestamp) -> Result<Vec<EventRow>> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(events::between(tx, from, to)?))
    }

    /// Records that somebody did not come to a meeting.
    ///
    /// # Errors
    /// If there is no such meeting or it has not begun.
    pub fn note_no_show(&self, event: &str) -> Result<Done> {
        let name = event.to_owned();
        self.write(Durability::Full, move |tx, core, now| {
            let Some(row) = events::find(tx, &name)? else {
                return Err(EngineError::NotFound(format!(
                    "There is no meeting {}; `caseyos meetings --json` shows their names.",
                    clean_line(&name, 80)
                )));
            };
            if row.starts_at > now {
                return Err(EngineError::Input(
                    "The meeting has not begun yet. Nothing was changed.".into(),
                ));
            }
            if row.state == MeetingState::NoShow {
                return Ok(Done::Nothing {
                    summary: "That is known already.".into(),
                });
            }
            let row = EventRow {
                state: MeetingState::NoShow,
                ..row
            };
            tell(tx, core, &row, (SignalKind::NoShow, 0, now), now)?;
            events::save(tx, &row)?;
            let missed = Change {
                by: &By::Operator,
                event: "meeting.no_show",
                about: vec![format!("event:{name}")],
                detail: json!({"email": row.email}),
                tells: Tells::Nothing,
                back: Back::None,
            };
            let undo = change(tx, missed, now)?;
            Ok(Done::Changed {
                summary: format!("{} didn't show up for \"{}\".", row.email, row.title),
                undo,
            })
        })
    }
}
