//! The tables held against the audit trail: each execution, approval and suppression against the entry that last told of it.
//!
//! Entries carry the state that they leave a record in: `state` for the execution that an entry is about, `states` for many by their number,
//! `suppressed` and `lifted` for suppressions. A row that says something else was changed by another hand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use sha2::{Digest, Sha256};

use super::audit::{Link, hex};

/// Maximum number of findings that are spelled out; more are counted.
pub const MAX_FINDINGS: usize = 100;

/// The state of an execution, as far as somebody could gain by changing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionState {
    /// Its status, such as `sent`.
    pub status: String,
    /// Its end beside the status; empty while it has none.
    pub ended: String,
    /// The mode that its approval was given for.
    pub mode: String,
    /// The hash of the approved content, in hexadecimal digits.
    pub content: String,
    /// The one who approved it.
    pub by: String,
    /// End of the approval, in milliseconds UTC.
    pub until_ms: i64,
    /// Its recipient and its way there, as [`route`] names them; none in entries of versions that noted none.
    #[serde(default)]
    pub route: Option<String>,
}

/// Names whom an execution goes to, about whom it is, and by which way and in which class it goes. A name can be compared and tells nobody an address.
#[must_use]
pub fn route(to_key: &str, contact: Option<i64>, transport: &str, class: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [to_key, transport, class] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.update(contact.unwrap_or_default().to_be_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    hex(&hash).chars().take(16).collect()
}

impl ExecutionState {
    /// Tells whether another state has the same consent: by whom, to what, for which mode and until when.
    #[must_use]
    pub fn has_consent_of(&self, other: &Self) -> bool {
        let consent = |s: &Self| (s.mode.clone(), s.content.clone(), s.by.clone(), s.until_ms);
        consent(self) == consent(other) && self.has_route_of(other)
    }

    /// Tells whether it goes the way that another state says, if that says one.
    fn has_route_of(&self, noted: &Self) -> bool {
        noted.route.is_none() || noted.route == self.route
    }

    /// Tells whether a row in the state `self` is as an entry noted it.
    #[must_use]
    pub fn is_as(&self, noted: &Self) -> bool {
        self.status == noted.status && self.ended == noted.ended && self.has_consent_of(noted)
    }

    /// Tells whether a row in the state `self` fits the last entry about it. A claim has no entry of its own.
    fn fits(&self, noted: &Self) -> bool {
        self.is_as(noted)
            || (self.status == "sending"
                && noted.status == "queued"
                && self.ended == noted.ended
                && self.has_consent_of(noted))
    }
}

/// One suppression by the identity that it is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SuppressionName {
    /// The mailbox or domain.
    pub key: String,
    /// Its cause.
    pub cause: String,
}

/// A time at which nothing leaves, as an entry notes it; instants are in milliseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldState {
    /// The row's id.
    pub id: i64,
    /// Its kind, such as `pause`.
    pub kind: String,
    /// Its start.
    pub since_ms: i64,
    /// The planned end of a pause.
    pub until_ms: Option<i64>,
    /// Its end; none while it is in force.
    pub ended_ms: Option<i64>,
}

/// Something that the tables and the trail do not say alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The record, such as `execution:7`.
    pub about: String,
    /// The entry that says otherwise; none if no entry tells of it.
    pub entry: Option<i64>,
    /// The fault, as a sentence.
    pub fault: String,
    /// The way out, as a sentence.
    pub help: String,
}

/// All findings of one comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Findings {
    /// Number of executions that were compared.
    pub executions: u64,
    /// Number of suppressions that were compared.
    pub suppressions: u64,
    /// Number of findings.
    pub found: u64,
    /// The first of them, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }
}

#[derive(Debug, Clone)]
struct Told {
    /// The last entry that names it.
    entry: i64,
    state: Option<ExecutionState>,
}

/// Everything that the trail says of the tables. Memory grows with the executions and suppressions, not with the entries.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    first: Option<(i64, i64)>,
    executions: BTreeMap<i64, Told>,
    suppressions: BTreeMap<SuppressionName, (i64, bool)>,
    holds: BTreeMap<i64, (i64, HoldState)>,
    stray: BTreeSet<i64>,
}

/// Returns the number of the execution that a subject names.
#[must_use]
pub fn execution_of(subject: &str) -> Option<i64> {
    subject.strip_prefix("execution:")?.parse().ok()
}

fn read<T: serde::de::DeserializeOwned>(detail: &Value, key: &str) -> Option<T> {
    T::deserialize(detail.get(key)?).ok()
}

impl Trail {
    /// Takes in the next entry, in the order of the trail.
    pub fn hear(&mut self, link: &Link<'_>) {
        self.first.get_or_insert((link.seq, link.at));
        let about = execution_of(link.subject);
        // Most entries tell of neither; looking for the words is cheaper than reading the JSON.
        let tells = [
            "\"state\"",
            "\"states\"",
            "\"suppressed\"",
            "\"lifted\"",
            "\"hold_states\"",
        ];
        let detail = if tells.iter().any(|word| link.detail.contains(word)) {
            serde_json::from_str(link.detail).unwrap_or(Value::Null)
        } else {
            Value::Null
        };
        if let Some(id) = about {
            self.note(id, link.seq, read(&detail, "state"));
        }
        if let Some(Value::Object(states)) = detail.get("states") {
            for (id, state) in states {
                if let Ok(id) = id.parse() {
                    self.note(id, link.seq, ExecutionState::deserialize(state).ok());
                }
            }
        }
        for hold in read::<Vec<HoldState>>(&detail, "hold_states").unwrap_or_default() {
            self.holds.insert(hold.id, (link.seq, hold));
        }
        for (key, in_force) in [("suppressed", true), ("lifted", false)] {
            for name in read::<Vec<SuppressionName>>(&detail, key).unwrap_or_default() {
                self.suppressions.insert(name, (link.seq, in_force));
            }
        }
    }

    /// Compares a hold of the tables. One that no entry tells of is of a version that noted none.
    pub fn hold(&mut self, row: &HoldState, found: &mut Findings) {
        if let Some((entry, noted)) = self.holds.remove(&row.id)
            && noted != *row
        {
            let kind = &row.kind;
            found.add(Finding {
                about: format!("hold:{}", row.id),
                entry: Some(entry),
                fault: format!(
                    "The {kind} that began {} was changed: it is not as entry {entry} says.",
                    instant(noted.since_ms)
                ),
                help: "`caseyos pause` and `caseyos limits` show what is in force; set it anew if it should hold.".into(),
            });
        }
    }

    fn note(&mut self, id: i64, entry: i64, state: Option<ExecutionState>) {
        let told = self
            .executions
            .entry(id)
            .or_insert(Told { entry, state: None });
        told.entry = entry;
        if state.is_some() {
            told.state = state;
        }
    }

    /// Tells whether what happened at an instant may have been told by entries that were cut off since.
    fn may_be_cut_off(&self, at_ms: i64) -> bool {
        self.first
            .is_some_and(|(seq, first)| seq > 1 && at_ms <= first)
    }

    /// Compares an execution of the tables, approved at an instant in milliseconds; `is_whole` tells whether its content still has its hash.
    pub fn execution(
        &mut self,
        id: i64,
        (row, is_whole): (&ExecutionState, bool),
        at_ms: i64,
        found: &mut Findings,
    ) {
        found.executions += 1;
        self.stray.insert(id);
        let about = format!("execution:{id}");
        let Some(told) = self.executions.get(&id) else {
            if !self.may_be_cut_off(at_ms) {
                found.add(Finding {
                    about,
                    entry: None,
                    fault: format!("Execution {id} is {} and no entry tells of it.", row.status),
                    help: help_of(id, &row.status),
                });
            }
            return;
        };
        // Contents of older versions were rewritten by migrations; entries that note a route are younger.
        let is_other = |state: &ExecutionState| state.route.is_some() && !is_whole;
        let differs = |state: &&ExecutionState| !row.fits(state) || is_other(state);
        let Some(state) = told.state.as_ref().filter(differs) else {
            return;
        };
        let entry = told.entry;
        let is_claimed = (row.status.as_str(), state.status.as_str()) == ("sending", "queued");
        let fault = if row.status != state.status && !is_claimed {
            format!(
                "Execution {id} is {}, and entry {entry} says that it is {}.",
                row.status, state.status
            )
        } else if row.until_ms != state.until_ms {
            format!(
                "The approval of execution {id} was changed: it ends {}, and entry {entry} says {}.",
                instant(row.until_ms),
                instant(state.until_ms)
            )
        } else if row.by != state.by {
            format!(
                "The approval of execution {id} was changed: it is by {}, and entry {entry} says {}.",
                row.by, state.by
            )
        } else if row.content != state.content || row.mode != state.mode {
            format!(
                "The approval of execution {id} was changed: it is for another content or mode than entry {entry} says."
            )
        } else if is_other(state) {
            format!(
                "The content of execution {id} was changed: it is not the one that was approved."
            )
        } else if !row.has_route_of(state) {
            format!(
                "Execution {id} was changed: it goes to somebody else, or another way, than entry {entry} says."
            )
        } else {
            format!("Execution {id} ended otherwise than entry {entry} says.")
        };
        found.add(Finding {
            about,
            entry: Some(entry),
            fault,
            help: help_of(id, &row.status),
        });
    }

    /// Compares a suppression of the tables, set at an instant in milliseconds.
    pub fn suppression(&mut self, name: SuppressionName, at_ms: i64, found: &mut Findings) {
        found.suppressions += 1;
        let told = self.suppressions.remove(&name);
        let SuppressionName { key, cause } = name;
        let (entry, fault) = match told {
            Some((_, true)) => return,
            None if self.may_be_cut_off(at_ms) => return,
            Some((entry, false)) => (
                Some(entry),
                format!(
                    "{key} is suppressed ({cause}), and entry {entry} says that this was lifted."
                ),
            ),
            None => (
                None,
                format!("{key} is suppressed ({cause}) and no entry tells of it."),
            ),
        };
        found.add(Finding {
            about: format!("suppression:{key}"),
            entry,
            fault,
            help: format!(
                "Nothing is sent there. `caseyos suppress remove {key}` lifts it, `caseyos suppress add {key}` makes it yours."
            ),
        });
    }

    /// Notes a suppression whose reach is not that of what it names.
    pub fn other_reach(key: &str, found: &mut Findings) {
        found.add(Finding {
            about: format!("suppression:{key}"),
            entry: None,
            fault: format!(
                "The suppression of {key} was changed: it is of another kind than what it names."
            ),
            help: format!("`caseyos suppress remove {key}`, then `caseyos suppress add {key}`."),
        });
    }

    /// Ends the comparison: names what entries tell of and the tables do not have.
    pub fn end(self, found: &mut Findings) {
        for (id, told) in &self.executions {
            if self.stray.contains(id) {
                continue;
            }
            let said = match &told.state {
                Some(state) => format!("says that it is {}", state.status),
                None => "tells of it".to_owned(),
            };
            found.add(Finding {
                about: format!("execution:{id}"),
                entry: Some(told.entry),
                fault: format!("Execution {id} is gone, and entry {} {said}.", told.entry),
                help: format!(
                    "It may be sent a second time, since nothing here knows of it: put back a backup that has it, or look into what you sent; `caseyos audit list execution:{id}` shows its entries."
                ),
            });
        }
        for (id, (entry, hold)) in &self.holds {
            found.add(Finding {
                about: format!("hold:{id}"),
                entry: Some(*entry),
                fault: format!(
                    "The {} that began {} is gone, and entry {entry} tells of it.",
                    hold.kind,
                    instant(hold.since_ms)
                ),
                help: "Set it anew if it should hold: `caseyos pause`.".into(),
            });
        }
        for (SuppressionName { key, cause }, (entry, in_force)) in &self.suppressions {
            if *in_force {
                found.add(Finding {
                    about: format!("suppression:{key}"),
                    entry: Some(*entry),
                    fault: format!(
                        "{key} is not suppressed any more ({cause}): entry {entry} set it and none lifted it."
                    ),
                    help: format!("`caseyos suppress add {key}` suppresses it again."),
                });
            }
        }
    }
}

fn help_of(id: i64, status: &str) -> String {
    match status {
        "queued" => format!(
            "It is not sent with that: `caseyos outbox drop {id}` takes it back, then approve the move again."
        ),
        _ => format!(
            "Look into what you sent and put back a backup; `caseyos audit list execution:{id}` shows its entries."
        ),
    }
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| "at no instant".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(status: &str, until_ms: i64) -> ExecutionState {
        ExecutionState {
            status: status.into(),
            ended: String::new(),
            mode: "live".into(),
            content: "ab".into(),
            by: "operator".into(),
            until_ms,
            route: Some("ab".into()),
        }
    }

    fn name(key: &str) -> SuppressionName {
        SuppressionName {
            key: key.into(),
            cause: "operator".into(),
        }
    }

    fn trail(from: i64, entries: &[(&str, Value)]) -> Trail {
        let mut trail = Trail::default();
        for (seq, (subject, detail)) in (from..).zip(entries) {
            let detail = detail.to_string();
            trail.hear(&Link {
                seq,
                at: 1000,
                actor: "operator",
                event: "test",
                subject,
                detail: &detail,
                previous: &[],
                hash: &[],
            });
        }
        trail
    }

    /// Compares rows with a trail and returns the faults.
    fn faults(
        mut trail: Trail,
        rows: &[(i64, ExecutionState)],
        suppressed: &[&str],
        at_ms: i64,
    ) -> Vec<String> {
        let mut found = Findings::default();
        for (id, row) in rows {
            trail.execution(*id, (row, true), at_ms, &mut found);
        }
        for key in suppressed {
            trail.suppression(name(key), at_ms, &mut found);
        }
        trail.end(&mut found);
        found.findings.into_iter().map(|f| f.fault).collect()
    }

    #[test]
    fn tables_that_say_what_the_trail_says_are_no_finding() {
        let told = trail(
            1,
            &[
                ("execution:7", json!({"state": state("queued", 5)})),
                ("trail", json!({"states": {"8": state("sent", 5)}})),
                (
                    "ann@acme.example",
                    json!({"suppressed": [name("ann@acme.example"), name("kite.example")]}),
                ),
                ("undo:1", json!({"lifted": [name("kite.example")]})),
                (
                    "move:1",
                    json!({"suppressed": "a word of another entry", "state": "open"}),
                ),
            ],
        );
        let rows = [(7, state("sending", 5)), (8, state("sent", 5))];
        assert_eq!(
            faults(told, &rows, &["ann@acme.example"], 2000),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_difference_is_one_sentence() {
        let check = |entry: Value, row: Option<ExecutionState>, expect: &str| {
            let rows: Vec<_> = row.map(|row| (7, row)).into_iter().collect();
            let all = faults(trail(1, &[("execution:7", entry)]), &rows, &[], 2000);
            assert_eq!(all.len(), 1, "{all:?}");
            assert!(all[0].contains(expect), "{all:?}");
        };
        let told = || json!({"state": state("sent", 5)});
        check(
            told(),
            None,
            "Execution 7 is gone, and entry 1 says that it is sent.",
        );
        check(
            json!({}),
            None,
            "Execution 7 is gone, and entry 1 tells of it.",
        );
        check(
            told(),
            Some(state("cancelled", 5)),
            "is cancelled, and entry 1 says that it is sent",
        );
        check(
            told(),
            Some(state("sent", 864_000_005)),
            "it ends 1970-01-11T00:00:00.005Z",
        );
        check(
            told(),
            Some(state("sending", 5)),
            "is sending, and entry 1 says that it is sent",
        );
        let other = |change: fn(&mut ExecutionState)| {
            let mut row = state("sent", 5);
            change(&mut row);
            Some(row)
        };
        check(
            told(),
            other(|row| row.by = "rule:x".into()),
            "it is by rule:x",
        );
        check(
            told(),
            other(|row| row.content = "cd".into()),
            "another content or mode",
        );
        check(
            told(),
            other(|row| row.route = Some("cd".into())),
            "it goes to somebody else",
        );
        check(
            told(),
            other(|row| row.ended = "closed".into()),
            "ended otherwise",
        );
        let unknown = faults(trail(1, &[]), &[(9, state("queued", 5))], &[], 2000);
        assert!(unknown[0].contains("Execution 9 is queued and no entry tells of it"));
    }

    #[test]
    fn suppressions_are_found_both_ways() {
        let told = || {
            trail(
                1,
                &[
                    ("x", json!({"suppressed": [name("ann@acme.example")]})),
                    ("x", json!({"lifted": [name("kite.example")]})),
                ],
            )
        };
        let all = faults(told(), &[], &["kite.example", "moss.example"], 2000);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(
            all[0].contains("entry 2 says that this was lifted"),
            "{all:?}"
        );
        assert!(
            all[1].contains("moss.example is suppressed (operator) and no entry"),
            "{all:?}"
        );
        assert!(
            all[2].contains("ann@acme.example is not suppressed any more"),
            "{all:?}"
        );
    }

    #[test]
    fn what_a_cut_took_along_is_no_finding() {
        let told = || trail(40, &[("move:1", json!({}))]);
        let rows = [(7, state("sent", 5))];
        assert_eq!(
            faults(told(), &rows, &["acme.example"], 900),
            Vec::<String>::new()
        );
        assert_eq!(faults(told(), &rows, &["acme.example"], 1100).len(), 2);
    }

    #[test]
    fn a_hold_that_was_changed_or_removed_is_a_finding() {
        let hold = |ended_ms| HoldState {
            id: 3,
            kind: "pause".into(),
            since_ms: 5,
            until_ms: Some(9),
            ended_ms,
        };
        let check = |row: Option<HoldState>, expect: &str| {
            let mut told = trail(1, &[("pause", json!({"hold_states": [hold(None)]}))]);
            let mut found = Findings::default();
            if let Some(row) = row {
                told.hold(&row, &mut found);
            }
            told.end(&mut found);
            let all: Vec<_> = found.findings.into_iter().map(|f| f.fault).collect();
            assert_eq!(all.len(), usize::from(!expect.is_empty()), "{all:?}");
            assert!(all.iter().all(|fault| fault.contains(expect)), "{all:?}");
        };
        check(Some(hold(None)), "");
        check(Some(hold(Some(7))), "was changed");
        check(None, "is gone");
    }

    #[test]
    fn findings_are_bounded_and_counted() {
        let mut found = Findings::default();
        let mut told = trail(1, &[]);
        for id in 0..250 {
            told.execution(id, (&state("sent", 5), true), 2000, &mut found);
        }
        assert_eq!((found.found, found.findings.len()), (250, MAX_FINDINGS));
    }
}
