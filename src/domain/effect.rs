//! Effects on the outside: their kinds, who asked for them, how they ended, and the hash that consent is bound to.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::words::{UnknownWord, words};

/// The kind of an effect. The list is open: a kind of its own folder joins it, and nothing but that folder knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum EffectKind {
    /// A mail to a person.
    #[default]
    Mail,
    /// A meeting in a calendar, which invites.
    Meeting,
    /// A change of records elsewhere; nothing is sent to anybody.
    Record,
    /// A kind that exists in tests alone, to show that one can be added.
    #[cfg(test)]
    Toy,
}

impl EffectKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Mail,
        Self::Meeting,
        Self::Record,
        #[cfg(test)]
        Self::Toy,
    ];

    /// Returns the kind's word in rows and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Meeting => "meeting",
            Self::Record => "record",
            #[cfg(test)]
            Self::Toy => "toy",
        }
    }
}

impl fmt::Display for EffectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EffectKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                UnknownWord::new("a kind of effect", text, &["mail", "meeting", "record"])
            })
    }
}

impl serde::Serialize for EffectKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

words! {
    /// The origin of an effect.
    pub enum Origin ("an origin of an effect") {
        /// Approval of a move.
        Move = "move",
        /// A command of its own, such as `meetings book`.
        Wish = "wish",
        /// A change made here that HubSpot is to have too.
        Push = "push",
        /// Taking another effect back.
        Undo = "undo",
        /// A step of a sequence.
        Sequence = "sequence",
        /// A program that acts for the operator.
        Agent = "agent",
    }
}

words! {
    /// The end of an effect, beside its status.
    #[derive(Default)]
    pub enum Ended ("an end of an effect") {
        /// It has not ended.
        #[default]
        Not = "",
        /// It was carried out.
        Done = "done",
        /// Nothing was left to do: it stood so already.
        SaysSo = "says_so",
        /// The operator sent the draft by hand.
        ByHand = "by_hand",
        /// The operator closed it although nobody knows whether it left.
        Closed = "closed",
        /// The other side was changed since, so the operator has to decide.
        Conflict = "conflict",
        /// The other side's own value stands.
        Theirs = "theirs",
        /// The other side refused it.
        Refused = "refused",
        /// The mail server refused the address: there is no such mailbox.
        NoSuchAddress = "no_such_address",
        /// The tries are over.
        GaveUp = "gave_up",
        /// A guard refused it for good.
        Guarded = "guarded",
        /// The operator withdrew it before it left.
        Withdrawn = "withdrawn",
        /// The operator took it back after it was carried out.
        TakenBack = "taken_back",
        /// Its draft was deleted in the mailbox.
        Deleted = "deleted",
        /// Its move went on without it.
        Overtaken = "overtaken",
    }
}

impl Ended {
    /// Tells whether what was asked for stands on the other side, as far as is known.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(
            self,
            Self::Done | Self::SaysSo | Self::ByHand | Self::Closed
        )
    }
}

/// Returns the hash that consent to a content is bound to, for kinds that hash their content as it is kept.
#[must_use]
pub fn content_hash(kind: EffectKind, content: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(kind.as_str());
    hasher.update([0]);
    hasher.update(content);
    hasher.finalize().into()
}
