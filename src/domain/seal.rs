//! Seals: the end of the audit trail, written down where the database cannot be changed with it.
//!
//! A seal is a line of JSON. Its last field is a hash of the others, so a line that was spoilt or changed by hand is seen. Whoever can make a new
//! hash can make a new seal, which then says something else than the trail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::{hex, unhex};

/// Most bytes of a file of seals: a seal every minute for a month.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// The end of the trail at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Version of the line's form.
    pub seal: u32,
    /// Name of the installation.
    pub instance: String,
    /// Instant of the seal.
    pub at: Timestamp,
    /// Number of the last entry then; 0 for an empty trail.
    pub last: i64,
    /// The hash of that entry, in hexadecimal digits; empty for an empty trail.
    pub head: String,
    /// SHA-256 of the fields before, each followed by a line feed, in hexadecimal digits.
    pub check: String,
}

impl Seal {
    /// Makes a seal.
    #[must_use]
    pub fn new(instance: &str, at: Timestamp, last: i64, head: &str) -> Self {
        let mut seal = Self {
            seal: VERSION,
            instance: instance.to_owned(),
            at,
            last,
            head: head.to_owned(),
            check: String::new(),
        };
        seal.check = seal.own_check();
        seal
    }

    fn own_check(&self) -> String {
        let fields = format!(
            "{}\n{}\n{}\n{}\n{}\n",
            self.seal, self.instance, self.at, self.last, self.head
        );
        hex(&Sha256::digest(fields))
    }
}

/// Reads a file of seals, oldest first.
///
/// # Errors
/// Names the line that is no seal, was changed, or contradicts the one before, as the end of a sentence about the file.
pub fn parse(text: &str, instance: &str) -> Result<Vec<Seal>, String> {
    let mut all: Vec<Seal> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let seal: Seal = serde_json::from_str(line)
            .map_err(|_| format!("line {number} is no seal, or a part of it is missing"))?;
        if seal.seal != VERSION {
            return Err(format!(
                "line {number} is a seal of version {}, and this program knows version {VERSION}",
                seal.seal
            ));
        }
        let has_head = match seal.last {
            0 => seal.head.is_empty(),
            _ => unhex(&seal.head).is_some_and(|hash| hash.len() == 32),
        };
        if seal.check != seal.own_check() || seal.last < 0 || !has_head {
            return Err(format!("line {number} was changed since it was written"));
        }
        if seal.instance != instance {
            return Err(format!(
                "line {number} is a seal of another installation ({}, and this one is {instance})",
                seal.instance
            ));
        }
        if let Some(before) = all.last()
            && (seal.last < before.last
                || seal.at < before.at
                || (seal.last == before.last && seal.head != before.head))
        {
            return Err(format!(
                "line {number} contradicts the seal before it: lines were exchanged or forged, or sealed by a database that was put back"
            ));
        }
        all.push(seal);
    }
    if all.is_empty() {
        return Err("it holds no seal".into());
    }
    Ok(all)
}

/// What a trail says of one sealed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is there, as sealed.
    Same,
    /// Another one has its number, of an instant.
    Other(Timestamp),
    /// It was cut off with the old ones.
    CutOff,
    /// The trail ends before it.
    Beyond,
}

/// The result of holding a trail against seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// All that can be compared is as it was sealed.
    Holds,
    /// Every sealed entry was cut off with the old ones: nothing can be compared.
    TooOld,
    /// Entries at the end were removed; the tables still know what they told of.
    CutOff,
    /// An older database was put back.
    PutBack,
    /// An older database was put back and went on from there.
    WentOn,
    /// The chain was written anew.
    Rewritten,
}

/// Judges a trail by what it says of each seal, oldest first. `tables_know_more` tells whether the tables hold what no entry tells of.
#[must_use]
pub fn judge(seals: &[Seal], said: &[Said], tables_know_more: bool) -> Judgement {
    let all = || seals.iter().zip(said);
    // An entry that was made after the instant of its seal is none that was sealed.
    let is_later = |(seal, said): (&Seal, &Said)| matches!(said, Said::Other(at) if *at > seal.at);
    let is_other = |(_, said): (&Seal, &Said)| matches!(said, Said::Other(_));
    if all().any(|pair| is_other(pair) && !is_later(pair)) {
        Judgement::Rewritten
    } else if all().any(is_later) {
        Judgement::WentOn
    } else if said.contains(&Said::Beyond) {
        if tables_know_more {
            Judgement::CutOff
        } else {
            Judgement::PutBack
        }
    } else if said.contains(&Said::Same) {
        Judgement::Holds
    } else {
        Judgement::TooOld
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seal(last: i64, second: i64) -> Seal {
        Seal::new("abc", at(second), last, &"0a".repeat(32))
    }

    fn line(seal: &Seal) -> String {
        serde_json::to_string(seal).unwrap() + "\n"
    }

    #[test]
    fn seals_are_read_back_in_order() {
        let all = [seal(3, 10), seal(3, 11), seal(9, 12)];
        let text: String = all.iter().map(line).collect::<String>() + "\n";
        assert_eq!(parse(&text, "abc").unwrap(), all);
        let empty = Seal::new("abc", at(1), 0, "");
        assert_eq!(parse(&line(&empty), "abc").unwrap(), [empty]);
    }

    #[test]
    fn a_spoilt_forged_or_foreign_seal_is_refused() {
        let good = line(&seal(9, 12));
        let check = |text: &str, expect: &str| {
            let error = parse(text, "abc").unwrap_err();
            assert!(error.contains(expect), "{text}: {error}");
        };
        check("", "holds no seal");
        check(&format!("{good}hello\n"), "line 2 is no seal");
        check(&good[..good.len() / 2], "line 1 is no seal");
        check(
            &good.replace("\"last\":9", "\"last\":8"),
            "line 1 was changed",
        );
        check(&good.replace("0a0a", "0b0a"), "line 1 was changed");
        check(&good.replace("\"seal\":1", "\"seal\":2"), "version 2");
        check(
            &line(&Seal::new("xyz", at(1), 9, &"0a".repeat(32))),
            "another installation (xyz",
        );
        check(
            &line(&Seal::new("abc", at(1), 9, "0a")),
            "line 1 was changed",
        );
        check(&(good.clone() + &line(&seal(8, 13))), "line 2 contradicts");
        check(&(good.clone() + &line(&seal(10, 11))), "line 2 contradicts");
        let other = Seal::new("abc", at(13), 9, &"0b".repeat(32));
        check(&(good + &line(&other)), "line 2 contradicts");
    }

    #[test]
    fn a_trail_is_judged_by_all_seals() {
        use Judgement as J;
        use Said::{Beyond, CutOff, Other, Same};
        let seals = [seal(3, 10), seal(9, 20)];
        let check = |said: [Said; 2], more, expect| {
            assert_eq!(judge(&seals, &said, more), expect, "{said:?}");
        };
        check([Same, Same], false, J::Holds);
        check([CutOff, Same], true, J::Holds);
        check([CutOff, CutOff], false, J::TooOld);
        check([Same, Beyond], false, J::PutBack);
        check([Same, Beyond], true, J::CutOff);
        check([Same, Other(at(30))], false, J::WentOn);
        check([Same, Other(at(19))], false, J::Rewritten);
        check([Other(at(9)), Other(at(30))], false, J::Rewritten);
        check([Other(at(9)), Beyond], true, J::Rewritten);
    }
}
