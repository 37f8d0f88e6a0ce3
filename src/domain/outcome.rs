//! Outcomes: the results of executions. The names and impacts are fixed.

use super::words::words;

words! {
    /// The kind of outcome.
    pub enum OutcomeKind ("an outcome") {
        /// A mail went out.
        EmailSent = "email_sent",
        /// A mail was opened, where another tool says so; nothing here tracks.
        EmailOpened = "email_opened",
        /// A link was clicked, where another tool says so.
        EmailClicked = "email_clicked",
        /// A person answered.
        EmailReplied = "email_replied",
        /// A mail came back for good.
        EmailBounced = "email_bounced",
        /// The person asked not to be written to.
        EmailUnsubscribed = "email_unsubscribed",
        /// A meeting was agreed.
        MeetingBooked = "meeting_booked",
        /// A meeting took place.
        MeetingHeld = "meeting_held",
        /// The other side did not come.
        MeetingNoShow = "meeting_no_show",
        /// A meeting was moved.
        MeetingRescheduled = "meeting_rescheduled",
        /// A deal came into being.
        DealCreated = "deal_created",
        /// A deal moved forward in its pipeline's own order.
        DealStageAdvanced = "deal_stage_advanced",
        /// A deal moved back.
        DealStageRegressed = "deal_stage_regressed",
        /// A deal was won.
        DealWon = "deal_won",
        /// A deal was lost.
        DealLost = "deal_lost",
        /// A task was done.
        TaskCompleted = "task_completed",
        /// A task went past its due time.
        TaskOverdue = "task_overdue",
        /// An answer was positive.
        PositiveResponse = "positive_response",
        /// An answer was negative.
        NegativeResponse = "negative_response",
        /// No answer came in the time given.
        NoResponse = "no_response",
    }
}

impl OutcomeKind {
    /// Returns the outcome's worth, -8 to 10.
    #[must_use]
    pub const fn impact(self) -> i64 {
        match self {
            Self::EmailSent => 0,
            Self::EmailOpened => 2,
            Self::EmailClicked => 4,
            Self::EmailReplied => 8,
            Self::EmailBounced | Self::DealStageRegressed => -5,
            Self::EmailUnsubscribed => -8,
            Self::MeetingBooked | Self::DealCreated | Self::DealWon => 10,
            Self::MeetingHeld => 9,
            Self::MeetingNoShow => -4,
            Self::MeetingRescheduled => 1,
            Self::DealStageAdvanced => 7,
            Self::DealLost => -7,
            Self::TaskCompleted => 3,
            Self::TaskOverdue => -2,
            Self::PositiveResponse => 6,
            Self::NegativeResponse => -6,
            Self::NoResponse => -1,
        }
    }
}

words! {
    /// The source of an outcome.
    pub enum OutcomeSource ("an outcome's source") {
        /// The mail that came in.
        Mail = "mail",
        /// A Gmail mailbox.
        Gmail = "gmail",
        /// The CRM.
        Hubspot = "hubspot",
        /// A calendar.
        Calendar = "calendar",
        /// The operator.
        Manual = "manual",
        /// The program itself.
        System = "system",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_outcomes_with_the_fixed_impacts() {
        assert_eq!(OutcomeKind::ALL.len(), 20);
        let sum: i64 = OutcomeKind::ALL.iter().map(|kind| kind.impact()).sum();
        assert_eq!(
            sum,
            2 + 4 + 8 - 5 - 8 + 10 + 9 - 4 + 1 + 10 + 7 - 5 + 10 - 7 + 3 - 2 + 6 - 6 - 1
        );
    }
}
