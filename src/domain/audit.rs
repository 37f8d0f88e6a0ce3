//! The chain of the audit trail: each entry's hash, and the search for a break.
//!
//! An entry's hash is the SHA-256 of its number and its instant in milliseconds (each as eight bytes, the highest first), then actor, event,
//! subject and particulars (each as its length in bytes, in eight bytes, and its UTF-8), then the hash of the entry before it; of none for
//! the first. `docs/safety.md` gives the same recipe as a program.

use sha2::{Digest, Sha256};

/// A hash of the chain.
pub type Hash = [u8; 32];

/// An entry as it was stored, with its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// Its instant, in milliseconds UTC.
    pub at: i64,
    /// The actor.
    pub actor: &'a str,
    /// The event.
    pub event: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The particulars, as JSON.
    pub detail: &'a str,
    /// The hash before it, as the entry says; empty for the first.
    pub previous: &'a [u8],
    /// Its own hash, as the entry says.
    pub hash: &'a [u8],
}

/// A break in a chain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Broken {
    /// The number of the entry that is at fault.
    pub at: i64,
    /// The fault, in words.
    pub reason: String,
}

/// The event of finding that the end of the trail is not the one that was remembered. It stays a break until [`ACCEPTED`] follows it.
pub const BROKEN: &str = "audit.broken";
/// The event of the operator's taking the trail as it stands, with all breaks that entries before it note.
pub const ACCEPTED: &str = "audit.accepted";

/// Compares the number and the hash of the last entry with what was remembered of it. Of a trail and a memory that are both empty it says nothing.
#[must_use]
pub fn end_fault(last: Option<(i64, &str)>, remembered: Option<(i64, &str)>) -> Option<Broken> {
    let broken = |at, reason: String| Some(Broken { at, reason });
    let Some((head, hash)) = remembered else {
        let (seq, _) = last?;
        return broken(
            seq,
            "what was remembered of this last entry was removed, so nobody can tell whether more came after it".into(),
        );
    };
    let (seq, own) = last.unwrap_or_default();
    if seq < head {
        let first = seq.saturating_add(1);
        return broken(
            first,
            match head.saturating_sub(seq) {
                1 => "this entry, the last, was removed".into(),
                _ => format!("entries {first} to {head} at the end were removed"),
            },
        );
    }
    if seq > head {
        return broken(
            head.saturating_add(1),
            "this entry was inserted at the end, and not by the program".into(),
        );
    }
    if own != hash {
        return broken(
            seq,
            "this entry, the last, was put in the place of another".into(),
        );
    }
    None
}

impl Link<'_> {
    /// Returns the hash that the entry must have if its number were `seq`.
    #[must_use]
    pub fn hash_as(&self, seq: i64) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(seq.to_be_bytes());
        hasher.update(self.at.to_be_bytes());
        for text in [self.actor, self.event, self.subject, self.detail] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(self.previous);
        hasher.finalize().into()
    }
}

/// Entries searched for an entry's original number, to tell where it was moved from.
const NEARBY: i64 = 2000;

/// Walks a chain from its beginning.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    first: Option<(i64, Vec<u8>)>,
    last: Option<(i64, Hash)>,
    entries: i64,
    cut: Option<(i64, String)>,
    noted: Option<(i64, Broken)>,
}

impl Walk {
    /// Takes in the next entry.
    ///
    /// # Errors
    /// Names the entry at fault, which may be the one before.
    pub fn step(&mut self, link: &Link<'_>) -> Result<(), Broken> {
        let broken = |at, reason: String| Err(Broken { at, reason });
        let expected = self.last.map_or(link.seq, |(seq, _)| seq.saturating_add(1));
        if link.seq > expected {
            let missing = match link.seq.saturating_sub(1).saturating_sub(expected) {
                0 => "this entry was removed".to_owned(),
                _ => format!("entries {expected} to {} were removed", link.seq - 1),
            };
            return broken(expected, missing);
        }
        if link.seq < expected {
            return broken(link.seq, "this entry stands out of its order".into());
        }
        let is_itself = link.hash == link.hash_as(link.seq);
        let is_linked = match &self.last {
            Some((_, hash)) => link.previous == hash,
            None => link.seq > 1 || link.previous.is_empty(),
        };
        match (is_itself, is_linked) {
            (true, true) => {}
            // Whole by itself, but linked to another predecessor.
            (true, false) => {
                return broken(
                    link.seq - 1,
                    format!(
                        "this entry was changed, inserted or put in the place of another, and its hash made anew: entry {} still names another",
                        link.seq
                    ),
                );
            }
            (false, _) => return broken(link.seq, moved_or_changed(link)),
        }
        let hash = link.hash_as(link.seq);
        if self.last.is_none() {
            self.first = Some((link.seq, link.previous.to_vec()));
        }
        self.last = Some((link.seq, hash));
        self.entries += 1;
        if link.event == PRUNED
            && let Some(cut) = Cut::read(link.detail)
        {
            self.cut = Some((cut.through, cut.hash));
        }
        match link.event {
            ACCEPTED => self.noted = None,
            BROKEN if self.noted.is_none() => {
                let found = serde_json::from_str(link.detail).unwrap_or_else(|_| Broken {
                    at: link.seq,
                    reason: "the end of the trail was not the one that was remembered".into(),
                });
                self.noted = Some((link.seq, found));
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the first break that an entry notes and the operator has not accepted.
    #[must_use]
    pub fn noted(&self) -> Option<Broken> {
        let (entry, found) = self.noted.as_ref()?;
        Some(Broken {
            at: found.at,
            reason: format!("{}, as entry {entry} noted", found.reason),
        })
    }

    /// Ends the walk.
    ///
    /// # Errors
    /// Fails if the chain does not begin at 1 and no entry accounts for the cut.
    pub fn end(&self) -> Result<(), Broken> {
        let Some((first, previous)) = &self.first else {
            return Ok(());
        };
        if *first == 1 {
            return Ok(());
        }
        let through = first - 1;
        match &self.cut {
            Some((cut, hash)) if *cut == through && *hash == hex(previous) => Ok(()),
            _ => Err(Broken {
                at: through,
                reason: match through {
                    1 => "this entry was removed, and no later one says that it was cut off".into(),
                    _ => format!(
                        "entries 1 to {through} were removed, and no later one says that they were cut off"
                    ),
                },
            }),
        }
    }

    /// Returns the number of entries taken in.
    #[must_use]
    pub const fn entries(&self) -> i64 {
        self.entries
    }

    /// Returns the number of the first entry; 0 if there is none.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.first.as_ref().map_or(0, |(seq, _)| *seq)
    }

    /// Returns the number and hash of the last entry.
    #[must_use]
    pub const fn last(&self) -> Option<(i64, Hash)> {
        self.last
    }
}

fn moved_or_changed(link: &Link<'_>) -> String {
    let home = (1..NEARBY)
        .flat_map(|n| [link.seq.saturating_add(n), link.seq.saturating_sub(n)])
        .find(|seq| *seq > 0 && link.hash == link.hash_as(*seq));
    match home {
        Some(home) => format!(
            "the entry that stands here was moved: it was number {home}, so the one that belongs here was removed or reordered"
        ),
        None => "this entry was changed".into(),
    }
}

/// The event of cutting off the beginning of the trail.
pub const PRUNED: &str = "audit.pruned";

/// A cut, as its entry records it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cut {
    /// The last number that was cut off.
    pub through: i64,
    /// Number of entries cut off.
    pub count: i64,
    /// The hash of the last of them, in hexadecimal digits.
    pub hash: String,
    /// The instant of the last of them.
    pub until: jiff::Timestamp,
}

impl Cut {
    fn read(detail: &str) -> Option<Self> {
        serde_json::from_str(detail).ok()
    }
}

/// Writes bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads hexadecimal digits.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Entry {
        seq: i64,
        at: i64,
        event: String,
        detail: String,
        previous: Vec<u8>,
        hash: Vec<u8>,
    }

    impl Entry {
        fn link(&self) -> Link<'_> {
            Link {
                seq: self.seq,
                at: self.at,
                actor: "operator",
                event: &self.event,
                subject: "move:1",
                detail: &self.detail,
                previous: &self.previous,
                hash: &self.hash,
            }
        }

        fn seal(mut self) -> Self {
            self.hash = self.link().hash_as(self.seq).to_vec();
            self
        }
    }

    fn chain(n: i64) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        for seq in 1..=n {
            let previous = all.last().map_or_else(Vec::new, |e| e.hash.clone());
            let entry = Entry {
                seq,
                at: 1000 + seq,
                event: "test".into(),
                detail: format!("{{\"i\":{seq}}}"),
                previous,
                hash: Vec::new(),
            };
            all.push(entry.seal());
        }
        all
    }

    fn walk(all: &[Entry]) -> Result<i64, (i64, String)> {
        let mut walk = Walk::default();
        for entry in all {
            walk.step(&entry.link()).map_err(|b| (b.at, b.reason))?;
        }
        walk.end().map_err(|b| (b.at, b.reason))?;
        Ok(walk.entries())
    }

    #[test]
    fn a_break_is_named() {
        assert_eq!(walk(&chain(9)), Ok(9));
        let check = |change: fn(&mut Vec<Entry>), at: i64, expect: &str| {
            let mut all = chain(9);
            change(&mut all);
            let (found, reason) = walk(&all).unwrap_err();
            assert_eq!(found, at, "{reason}");
            assert!(reason.contains(expect), "{reason}");
        };
        check(
            |all| all[4].detail = "{}".into(),
            5,
            "this entry was changed",
        );
        // Made anew with its hash, the one after it tells.
        check(
            |all| {
                all[4].detail = "{}".into();
                all[4] = all[4].clone().seal();
            },
            5,
            "entry 6 still names another",
        );
        check(|all| drop(all.remove(4)), 5, "this entry was removed");
        check(
            |all| drop(all.drain(3..6)),
            4,
            "entries 4 to 6 were removed",
        );
        check(
            |all| {
                all.remove(4);
                for e in &mut all[4..] {
                    e.seq -= 1;
                }
            },
            5,
            "it was number 6",
        );
        check(
            |all| {
                all.swap(2, 3);
                all[2].seq = 3;
                all[3].seq = 4;
            },
            3,
            "it was number 4",
        );
        check(|all| all.swap(2, 3), 3, "removed");
        check(|all| drop(all.remove(0)), 1, "this entry was removed");
        check(|all| drop(all.drain(..3)), 3, "entries 1 to 3 were removed");
        check(
            |all| {
                let e = all[4].clone();
                all.insert(5, e);
            },
            5,
            "out of its order",
        );
        check(
            |all| {
                all[8].previous = vec![1; 32];
                all[8] = all[8].clone().seal();
            },
            8,
            "entry 9 still names another",
        );
    }

    #[test]
    fn a_beginning_that_was_cut_off_with_a_record_is_no_break() {
        let cut = |through: usize, hash: String| {
            let mut all = chain(9);
            let detail = serde_json::to_string(&Cut {
                through: through as i64,
                count: 4,
                hash,
                until: jiff::Timestamp::UNIX_EPOCH,
            })
            .unwrap();
            let previous = all[8].hash.clone();
            all.push(
                Entry {
                    seq: 10,
                    at: 1010,
                    event: PRUNED.into(),
                    detail,
                    previous,
                    hash: Vec::new(),
                }
                .seal(),
            );
            all
        };
        let honest = cut(4, hex(&chain(9)[3].hash));
        assert_eq!(walk(&honest[4..]), Ok(6));
        assert!(walk(&honest[5..]).unwrap_err().1.contains("1 to 5"));
        assert!(walk(&honest[3..]).is_err());
        assert!(walk(&cut(4, "00".repeat(32))[4..]).is_err());
    }

    #[test]
    fn digits_are_read_back() {
        assert_eq!(unhex(&hex(&[0, 171, 255])), Some(vec![0, 171, 255]));
        for wrong in ["0", "zz", "é"] {
            assert_eq!(unhex(wrong), None);
        }
    }
}
