//! The closed lists of sources, kinds and parts of the work.

use crate::domain::outcome::OutcomeSource;
use crate::domain::words::words;

words! {
    /// Where a signal was observed.
    pub enum Source ("a source") {
        /// A form on the operator's site.
        Form = "form",
        /// The CRM.
        Hubspot = "hubspot",
        /// A Gmail mailbox.
        Gmail = "gmail",
        /// A calendar.
        Calendar = "calendar",
        /// X, formerly Twitter.
        X = "x",
        /// A local Maildir, or IMAP.
        Mail = "mail",
        /// Typed or handed in by the operator.
        Manual = "manual",
        /// The program's own clock.
        Timer = "timer",
    }
}

impl Source {
    /// Returns the source of an outcome that a signal from here tells of.
    #[must_use]
    pub const fn of_outcomes(self) -> OutcomeSource {
        match self {
            Self::Hubspot => OutcomeSource::Hubspot,
            Self::Gmail => OutcomeSource::Gmail,
            Self::Calendar => OutcomeSource::Calendar,
            Self::Mail => OutcomeSource::Mail,
            Self::Form | Self::X | Self::Timer => OutcomeSource::System,
            Self::Manual => OutcomeSource::Manual,
        }
    }
}

words! {
    /// What was observed.
    pub enum SignalKind ("a signal kind") {
        /// Somebody filled a form.
        FormSubmitted = "form.submitted",
        /// A deal came into being.
        DealCreated = "hubspot.deal_created",
        /// A deal moved to another stage.
        DealStageChanged = "hubspot.deal_stage_changed",
        /// A deal's amount changed.
        DealAmountChanged = "hubspot.deal_amount_changed",
        /// A person answered by mail.
        ReplyReceived = "mail.reply_received",
        /// A machine answered by mail: out of office and the like.
        AutoReply = "mail.auto_reply",
        /// Mail came back.
        Bounced = "mail.bounced",
        /// A person asked not to be written to.
        OptedOut = "mail.opted_out",
        /// A read receipt came.
        ReadReceipt = "mail.read_receipt",
        /// A meeting was agreed.
        MeetingBooked = "calendar.meeting_booked",
        /// A meeting takes place within a day.
        MeetingTomorrow = "calendar.meeting_tomorrow",
        /// A meeting took place.
        MeetingHeld = "calendar.meeting_held",
        /// A meeting was moved.
        MeetingRescheduled = "calendar.meeting_rescheduled",
        /// A meeting was declined or called off.
        MeetingDeclined = "calendar.meeting_declined",
        /// Somebody did not come.
        NoShow = "calendar.no_show",
        /// A post names the operator.
        Mention = "x.mention",
        /// A post was answered, liked or shared.
        Engagement = "x.engagement",
        /// A watched author posted.
        ThoughtLeader = "x.thought_leader",
        /// A post names a competitor.
        CompetitorMention = "x.competitor_mention",
        /// Mail stayed without an answer.
        NoReply = "timer.no_reply",
        /// A customer has been quiet.
        QuietCustomer = "timer.quiet_customer",
        /// A renewal is near.
        RenewalNear = "timer.renewal_near",
        /// A proposal is about to expire.
        ProposalExpiring = "timer.proposal_expiring",
        /// A task is past its due time.
        TaskOverdue = "timer.task_overdue",
        /// A step of an onboarding is due.
        OnboardingStep = "timer.onboarding_step",
        /// A piece of content is ready for use.
        ContentReady = "timer.content_ready",
        /// The operator says that something is to be done.
        Manual = "manual",
    }
}

impl SignalKind {
    /// Tells whether a person other than the operator acted, which ends a silence.
    #[must_use]
    pub const fn is_their_activity(self) -> bool {
        matches!(
            self,
            Self::FormSubmitted
                | Self::ReplyReceived
                | Self::MeetingBooked
                | Self::MeetingHeld
                | Self::MeetingRescheduled
                | Self::Mention
                | Self::Engagement
        )
    }
}

words! {
    /// The part of the work that a move belongs to.
    pub enum Domain ("a domain") {
        /// Winning customers.
        Sales = "sales",
        /// Being heard.
        Marketing = "marketing",
        /// Customer success: keeping customers well.
        Cs = "cs",
    }
}
