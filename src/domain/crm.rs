//! Two copies of one record, the portal's and ours, and the rule that merges them.
//!
//! The base is the value that both sides last agreed on. A field that only one side has changed since is that side's; where both have, the
//! field's ownership decides, and failing that, the operator.

use jiff::{SignedDuration, Timestamp};

use super::words::words;

words! {
    /// The side that decides when a field was changed on both.
    #[derive(Default)]
    pub enum Ownership ("an ownership") {
        /// The portal.
        Hubspot = "hubspot",
        /// Our value.
        Local = "local",
        /// The later change.
        Latest = "latest",
        /// The operator, from the list of conflicts.
        #[default]
        Ask = "ask",
    }
}

words! {
    /// A contact's field that both sides keep, by the portal's name for it.
    pub enum ContactField ("a contact's field") {
        /// The given name.
        FirstName = "firstname",
        /// The family name.
        LastName = "lastname",
        /// The number at work.
        Phone = "phone",
        /// The mobile number.
        MobilePhone = "mobilephone",
        /// The job title.
        JobTitle = "jobtitle",
        /// The town.
        City = "city",
        /// The state or province.
        State = "state",
        /// The country.
        Country = "country",
        /// The stage of life.
        LifecycleStage = "lifecyclestage",
    }
}

/// Changes that lie closer together than this are not put in an order: two clocks may differ by as much.
const CLOSE: SignedDuration = SignedDuration::from_secs(60);

/// The outcome of merging a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// Both say the same.
    Same,
    /// The portal's value holds.
    TakeRemote,
    /// Our value holds.
    KeepLocal,
    /// The operator decides.
    Conflict,
}

/// One field on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The value that both sides last agreed on; none if unknown.
    pub base: Option<&'a str>,
    /// The portal's value.
    pub remote: &'a str,
    /// Instant at which the portal's value was set, if known.
    pub remote_at: Option<Timestamp>,
    /// Our value.
    pub local: &'a str,
    /// Instant at which our value was set, if known.
    pub local_at: Option<Timestamp>,
}

/// Merges a field.
#[must_use]
pub fn merge(sides: &Sides<'_>, ownership: Ownership) -> Merged {
    if sides.remote == sides.local {
        return Merged::Same;
    }
    let remote_changed = sides.base != Some(sides.remote);
    let local_changed = sides.base != Some(sides.local);
    match (remote_changed, local_changed) {
        (false, _) => Merged::KeepLocal,
        (true, false) => Merged::TakeRemote,
        (true, true) => match ownership {
            Ownership::Hubspot => Merged::TakeRemote,
            Ownership::Local => Merged::KeepLocal,
            Ownership::Ask => Merged::Conflict,
            Ownership::Latest => match (sides.remote_at, sides.local_at) {
                (Some(remote), Some(local)) if remote.duration_since(local).abs() >= CLOSE => {
                    if remote > local {
                        Merged::TakeRemote
                    } else {
                        Merged::KeepLocal
                    }
                }
                _ => Merged::Conflict,
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Timestamp::from_second(seconds).ok()
    }

    #[test]
    fn a_field_is_whose_side_changed_it_and_ownership_decides_the_rest() {
        let check = |base, remote, local, ownership, expect| {
            let sides = Sides {
                base: Some(base),
                remote,
                remote_at: at(1_000),
                local,
                local_at: at(5_000),
            };
            assert_eq!(
                merge(&sides, ownership),
                expect,
                "{base} {remote} {local} {ownership}"
            );
        };
        for ownership in Ownership::ALL {
            check("a", "a", "a", *ownership, Merged::Same);
            check("a", "b", "b", *ownership, Merged::Same);
            check("a", "b", "a", *ownership, Merged::TakeRemote);
            check("a", "a", "b", *ownership, Merged::KeepLocal);
            check("a", "", "a", *ownership, Merged::TakeRemote);
        }
        check("a", "b", "c", Ownership::Hubspot, Merged::TakeRemote);
        check("a", "b", "c", Ownership::Local, Merged::KeepLocal);
        check("a", "b", "c", Ownership::Latest, Merged::KeepLocal);
        check("a", "b", "c", Ownership::Ask, Merged::Conflict);
    }

    #[test]
    fn the_later_change_is_only_taken_where_the_instants_are_known_and_apart() {
        let check = |remote_at, local_at, expect| {
            let sides = Sides {
                base: Some("a"),
                remote: "b",
                remote_at,
                local: "c",
                local_at,
            };
            assert_eq!(merge(&sides, Ownership::Latest), expect);
        };
        check(at(5_000), at(1_000), Merged::TakeRemote);
        check(at(1_000), at(1_059), Merged::Conflict);
        check(None, at(1_000), Merged::Conflict);
        check(at(1_000), None, Merged::Conflict);
    }
}
