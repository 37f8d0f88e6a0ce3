//! Health of the services: circuits, holds, remaining budgets, and usage.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::circuit::{Circuit, Position};
use crate::domain::service::Service;

/// Health of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceState {
    /// Its circuit.
    pub circuit: Circuit,
    /// The last failure.
    pub reason: String,
    /// End of the hold that the service asked for.
    pub held_until: Option<Timestamp>,
    /// Reason for the hold.
    pub held_reason: String,
}

/// One of a service's budgets, as the service reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// The budget's name, such as `daily`.
    pub name: String,
    /// Size of the budget.
    pub most: u64,
    /// Units left.
    pub left: u64,
    /// Instant of the report.
    pub seen_at: Timestamp,
}

/// Requests made to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Usage {
    /// Requests that went out.
    pub calls: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// Of these, second tries and later ones.
    pub retried: u64,
    /// Units of the budget.
    pub units: u64,
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Returns a service's health; healthy if it was never asked.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn state(tx: &ReadTx<'_>, service: Service) -> Result<ServiceState> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT circuit, failures, successes, opened_at, next_try_at, reason, held_until, held_reason
             FROM service_state WHERE service = ?1",
        )?
        .query_row([service.as_str()], |row| {
            let time = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.map(instant));
            Ok(ServiceState {
                circuit: Circuit {
                    // The schema allows no other word.
                    position: Position::from_str(&row.get::<_, String>(0)?).unwrap_or_default(),
                    failures: row.get(1)?,
                    successes: row.get(2)?,
                    opened_at: time(3)?,
                    next_try_at: time(4)?,
                },
                reason: row.get(5)?,
                held_until: time(6)?,
                held_reason: row.get(7)?,
            })
        })
        .optional()?
        .unwrap_or_default())
}

/// Stores a service's health.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_state(tx: &WriteTx<'_>, service: Service, state: &ServiceState) -> Result<()> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let circuit = &state.circuit;
    tx.sql()
        .prepare_cached(
            "INSERT INTO service_state (service, circuit, failures, successes, opened_at, next_try_at, reason, held_until, held_reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (service) DO UPDATE SET circuit = excluded.circuit, failures = excluded.failures, successes = excluded.successes,
                 opened_at = excluded.opened_at, next_try_at = excluded.next_try_at, reason = excluded.reason,
                 held_until = excluded.held_until, held_reason = excluded.held_reason",
        )?
        .execute((
            service.as_str(),
            circuit.position.as_str(),
            circuit.failures,
            circuit.successes,
            time(circuit.opened_at),
            time(circuit.next_try_at),
            &state.reason,
            time(state.held_until),
            &state.held_reason,
        ))?;
    Ok(())
}

/// Stores a service's report of a budget.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_quota(tx: &WriteTx<'_>, service: Service, quota: &Quota) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO service_quota (service, name, most, left, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (service, name) DO UPDATE SET most = excluded.most, left = excluded.left, seen_at = excluded.seen_at",
        )?
        .execute((service.as_str(), &quota.name, number(quota.most), number(quota.left), quota.seen_at.as_millisecond()))?;
    Ok(())
}

/// Returns a service's budgets, by name.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn quotas(tx: &ReadTx<'_>, service: Service) -> Result<Vec<Quota>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT name, most, left, seen_at FROM service_quota WHERE service = ?1 ORDER BY name",
    )?;
    let rows = statement.query_map([service.as_str()], |row| {
        Ok(Quota {
            name: row.get(0)?,
            most: count(row.get(1)?),
            left: count(row.get(2)?),
            seen_at: instant(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}

/// Adds to a service's usage on the day of `now`.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_usage(tx: &WriteTx<'_>, service: Service, usage: &Usage, now: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO service_usage (service, day, calls, failed, retried, units) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (service, day) DO UPDATE SET calls = calls + excluded.calls, failed = failed + excluded.failed,
                 retried = retried + excluded.retried, units = units + excluded.units",
        )?
        .execute((
            service.as_str(),
            day(now),
            number(usage.calls),
            number(usage.failed),
            number(usage.retried),
            number(usage.units),
        ))?;
    Ok(())
}

/// Returns a service's usage on the day of `now`.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn usage(tx: &ReadTx<'_>, service: Service, now: Timestamp) -> Result<Usage> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT calls, failed, retried, units FROM service_usage WHERE service = ?1 AND day = ?2")?
        .query_row((service.as_str(), day(now)), |row| {
            Ok(Usage {
                calls: count(row.get(0)?),
                failed: count(row.get(1)?),
                retried: count(row.get(2)?),
                units: count(row.get(3)?),
            })
        })
        .optional()?
        .unwrap_or_default())
}
