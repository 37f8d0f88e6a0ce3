//! Metrics: what the operator's work came to in a window of days.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::metrics::{self, MAX_DAYS, MeasureName, Metrics, Window};
use crate::domain::schedule::zone_name;
use crate::domain::when_text::{before, parse_span};
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;

impl Engine {
    /// Computes the metrics of the last `days` days of the operator's calendar, today included.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn metrics(&self, days: usize) -> Result<Metrics> {
        let core = self.core();
        let (now, zone) = (self.now(), self.zone());
        let policy = core.send_policy(zone.clone())?;
        let works = |date: Date| policy.allows_date(date);
        let window = Window::last(days.clamp(1, MAX_DAYS), now, &zone, works);
        let facts = self.store().read(|tx| {
            Ok::<_, EngineError>(crate::store::metrics::facts(tx, window.since(), now)?)
        })?;
        let set = &core.config.metrics;
        let target = |name: MeasureName| match name {
            MeasureName::MailsPerDay => set.mails_per_day,
            MeasureName::ReplyRate => set.reply_rate,
            MeasureName::MeetingsPerWeek => set.meetings_per_week,
            MeasureName::AutoApproval => set.auto_approval,
            MeasureName::HoursSavedPerDay => set.hours_saved_per_day,
            MeasureName::MovesAccepted => set.moves_accepted,
            MeasureName::ExecutionsOk => set.executions_ok,
        };
        let minutes = |action| set.minutes.of(action);
        Ok(metrics::compute(
            &window,
            zone_name(&zone),
            &facts,
            minutes,
            target,
        ))
    }

    /// Returns how many days a window that goes back as far as `text` says has, today included: `30d` and `last 30 days` are 30.
    ///
    /// # Errors
    /// If the text names no length of time or more than four years.
    pub fn days_since(&self, text: &str) -> Result<usize> {
        days_of(text, self.now(), &self.zone())
    }
}

fn days_of(text: &str, now: jiff::Timestamp, zone: &TimeZone) -> Result<usize> {
    let span = parse_span(text).map_err(|e| EngineError::Input(e.to_string()))?;
    let days = before(now, span, zone).and_then(|then| {
        let (then, today) = (then.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
        let days = (jiff::Unit::Day, then.date());
        today.date().since(days).ok().map(|span| span.get_days())
    });
    match days.and_then(|days| usize::try_from(days).ok()) {
        Some(days) if days <= MAX_DAYS => Ok(days.max(1)),
        _ => Err(EngineError::Input(format!(
            "Metrics go back at most {MAX_DAYS} days; try 30d or 90d."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_so_many_days_with_today() {
        let now = "2026-11-27T17:00:00Z".parse().unwrap();
        let check = |text: &str, expect: Option<usize>| {
            assert_eq!(days_of(text, now, &TimeZone::UTC).ok(), expect, "{text}");
        };
        check("30d", Some(30));
        check("1d", Some(1));
        check("3h", Some(1));
        check("2 weeks", Some(14));
        check("1mo", Some(31));
        check("9999d", None);
        check("soon", None);
        check("", None);
    }
}
