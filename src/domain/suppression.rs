//! The causes for which somebody is never written to.

use super::words::words;

words! {
    /// The cause of a suppression.
    pub enum Cause ("a cause of a suppression") {
        /// The person asked for no more mail.
        OptedOut = "opted_out",
        /// The person had their data removed.
        Erased = "erased",
        /// The operator decided it.
        Operator = "operator",
        /// Mail to the address comes back for good.
        Bounced = "bounced",
    }
}

impl Cause {
    /// Tells whether it holds for the person, at whichever address. A bounce says something of one address only.
    #[must_use]
    pub const fn follows_person(self) -> bool {
        match self {
            Self::OptedOut | Self::Erased | Self::Operator => true,
            Self::Bounced => false,
        }
    }
}

words! {
    /// The people whom the operator suppresses for one who asked to be left alone.
    pub enum Whom ("whom to leave alone") {
        /// The person, at every address.
        Me = "me",
        /// Everybody at the person's firm.
        Firm = "firm",
        /// Everybody at the domain of the person's address.
        Domain = "domain",
    }
}

/// Tells whether a reason for a skip says that they asked to be left alone.
#[must_use]
pub fn says_do_not_contact(reason: &str) -> bool {
    let plain: String = reason
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.starts_with("do not contact") || words.contains("asked to be left alone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_says_do_not_contact_is_told_from_others() {
        let check = |reason: &str, expect| {
            assert_eq!(says_do_not_contact(reason), expect, "{reason}");
        };
        check("do not contact", true);
        check("Do not contact: they asked to be left alone", true);
        check("  DO  NOT CONTACT.", true);
        check("they asked to be left alone", true);
        check("not relevant", false);
        check("contact them later", false);
        check("", false);
    }
}
