//! Actions: the kinds of work that a move can be.

use super::words::words;

words! {
    /// The action of a move.
    pub enum ActionKind ("an action") {
        /// Write a first or free mail.
        SendEmail = "send_email",
        /// Answer their mail in its thread.
        Reply = "reply",
        /// Write after something they did.
        EmailFollowUp = "email_follow_up",
        /// Write again in a thread that went silent.
        ThreadBump = "thread_bump",
        /// Offer times for a meeting.
        BookMeeting = "book_meeting",
        /// Offer times for a meeting, long form of the same.
        ScheduleMeeting = "schedule_meeting",
        /// Write after a meeting.
        MeetingFollowUp = "meeting_follow_up",
        /// Prepare for a meeting.
        PrepMeeting = "prep_meeting",
        /// Prepare a presentation.
        PrepPresentation = "prep_presentation",
        /// Offer new times after a missed meeting.
        Reschedule = "reschedule",
        /// Look at a deal that changed.
        ReviewDeal = "review_deal",
        /// Send a proposal.
        SendProposal = "send_proposal",
        /// Ask after a contract that was sent.
        ContractFollowUp = "contract_follow_up",
        /// Write about a new deal.
        DealOutreach = "deal_outreach",
        /// Ask a quiet customer how things are.
        CheckIn = "check_in",
        /// Write down a call.
        LogCall = "log_call",
        /// Ask for a LinkedIn connection, by hand.
        ConnectLinkedin = "connect_linkedin",
        /// Learn from a lost deal.
        WinLossAnalysis = "win_loss_analysis",
        /// Make something new from a piece of content.
        ContentRepurpose = "content_repurpose",
        /// Write a post.
        SocialPost = "social_post",
        /// Answer a post.
        SocialReply = "social_reply",
        /// Draft a newsletter.
        NewsletterDraft = "newsletter_draft",
        /// Make a piece of marketing material.
        AssetCreate = "asset_create",
        /// Bring a battle card up to date.
        ReviewBattleCard = "review_battle_card",
        /// Look at a customer's health.
        HealthCheck = "health_check",
        /// Write about a renewal.
        RenewalOutreach = "renewal_outreach",
        /// Raise a risk with a customer.
        RiskEscalation = "risk_escalation",
        /// Welcome a new customer.
        OnboardingKickoff = "onboarding_kickoff",
        /// Ask after an onboarding step.
        OnboardingFollowUp = "onboarding_follow_up",
        /// Make a task.
        CreateTask = "create_task",
        /// Complete a task.
        CompleteTask = "complete_task",
        /// Move a deal to another stage.
        UpdateDealStage = "update_deal_stage",
        /// Change a contact's record.
        UpdateContact = "update_contact",
        /// Bring the CRM up to date.
        UpdateCrm = "update_crm",
        /// Write a note.
        AddNote = "add_note",
        /// Make one contact of two.
        MergeContacts = "merge_contacts",
        /// Fill a contact's missing fields.
        EnrichContact = "enrich_contact",
        /// Clean up data.
        DataCleanup = "data_cleanup",
        /// Decide whether somebody asked not to be written to.
        ConfirmOptOut = "confirm_opt_out",
        /// Take note that somebody asked not to be written to.
        NoteOptOut = "note_opt_out",
        /// Answer a demand about somebody's data.
        AnswerDemand = "answer_demand",
    }
}

words! {
    /// The means of carrying out a move. The action decides between mail and hand; the move's plan can make more of it.
    pub enum Means ("a means") {
        /// A mail.
        Mail = "mail",
        /// A meeting in the calendar, which sends the invitation.
        Meeting = "meeting",
        /// Records in another system.
        Record = "record",
        /// The operator's own hand; the operator marks it done.
        ByHand = "by_hand",
    }
}

/// The four numbers that a family of actions starts from, each in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Money that it may bring in.
    pub revenue: f64,
    /// Urgency.
    pub urgency: f64,
    /// Work that it takes; ease is one less this.
    pub effort: f64,
    /// Value beyond the money.
    pub strategic: f64,
}

/// A family of actions that are one piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Agreeing on a meeting, and writing after it.
    Meeting,
    /// Writing without being asked.
    Email,
    /// Keeping records.
    Crm,
    /// Tasks and calls.
    Task,
    /// One action by itself.
    Own(ActionKind),
}

impl Family {
    /// Returns the family's word, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Email => "email",
            Self::Crm => "crm",
            Self::Task => "task",
            Self::Own(action) => action.as_str(),
        }
    }
}

impl ActionKind {
    /// Returns the means of the action by itself: mail or hand.
    #[must_use]
    pub const fn means(self) -> Means {
        match self {
            Self::SendEmail
            | Self::Reply
            | Self::EmailFollowUp
            | Self::ThreadBump
            | Self::BookMeeting
            | Self::ScheduleMeeting
            | Self::MeetingFollowUp
            | Self::Reschedule
            | Self::SendProposal
            | Self::ContractFollowUp
            | Self::DealOutreach
            | Self::CheckIn
            | Self::RenewalOutreach
            | Self::OnboardingKickoff
            | Self::OnboardingFollowUp => Means::Mail,
            Self::PrepMeeting
            | Self::PrepPresentation
            | Self::ReviewDeal
            | Self::LogCall
            | Self::ConnectLinkedin
            | Self::WinLossAnalysis
            | Self::ContentRepurpose
            | Self::SocialPost
            | Self::SocialReply
            | Self::NewsletterDraft
            | Self::AssetCreate
            | Self::ReviewBattleCard
            | Self::HealthCheck
            | Self::RiskEscalation
            | Self::CreateTask
            | Self::CompleteTask
            | Self::UpdateDealStage
            | Self::UpdateContact
            | Self::UpdateCrm
            | Self::AddNote
            | Self::MergeContacts
            | Self::EnrichContact
            | Self::DataCleanup
            | Self::ConfirmOptOut
            | Self::NoteOptOut
            | Self::AnswerDemand => Means::ByHand,
        }
    }

    /// Returns the family: a contact or deal has at most one open move of each.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::BookMeeting | Self::ScheduleMeeting | Self::MeetingFollowUp => Family::Meeting,
            Self::EmailFollowUp | Self::SendEmail | Self::ThreadBump => Family::Email,
            Self::UpdateCrm | Self::DataCleanup => Family::Crm,
            Self::CreateTask | Self::LogCall => Family::Task,
            other => Family::Own(other),
        }
    }

    /// Returns the family's components, for where a rule is silent.
    #[must_use]
    pub fn components(self) -> Components {
        let (revenue, urgency, effort, strategic) = match self.family() {
            Family::Meeting => (0.9, 0.8, 0.4, 0.8),
            Family::Email => (0.6, 0.7, 0.2, 0.5),
            Family::Crm => (0.3, 0.4, 0.3, 0.6),
            Family::Task => (0.4, 0.5, 0.3, 0.5),
            Family::Own(_) => (0.5, 0.5, 0.5, 0.5),
        };
        Components {
            revenue,
            urgency,
            effort,
            strategic,
        }
    }

    /// Tells whether a move of this action with this template is about agreeing on a time, so that with a time it books the meeting.
    /// A reply counts if they asked for a meeting.
    #[must_use]
    pub fn offers_times(self, template: &str) -> bool {
        match self {
            Self::BookMeeting | Self::ScheduleMeeting | Self::Reschedule => true,
            Self::Reply => template.contains("meeting"),
            _ => false,
        }
    }

    /// Tells whether the move stands until the operator deals with it: a question or a duty does not go by itself.
    #[must_use]
    pub const fn never_expires(self) -> bool {
        matches!(self, Self::ConfirmOptOut | Self::AnswerDemand)
    }

    /// Tells whether a mail of this kind asks for an answer, so that silence after it means something.
    #[must_use]
    pub const fn expects_answer(self) -> bool {
        matches!(self.means(), Means::Mail)
    }

    /// Returns the words that name the action in a list, such as "Send proposal".
    #[must_use]
    pub fn label(self) -> String {
        let mut words = self.as_str().replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_who_asks_for_a_meeting_is_about_a_time() {
        let check = |action: ActionKind, template, expect| {
            assert_eq!(action.offers_times(template), expect, "{action} {template}");
        };
        check(ActionKind::BookMeeting, "", true);
        check(ActionKind::Reply, "reply_meeting_request", true);
        check(ActionKind::Reply, "reply_objection", false);
        check(ActionKind::MeetingFollowUp, "meeting_follow_up", false);
    }

    #[test]
    fn no_two_families_have_one_word() {
        for one in ActionKind::ALL.iter().map(|action| action.family()) {
            for other in ActionKind::ALL.iter().map(|action| action.family()) {
                assert_eq!(
                    one == other,
                    one.as_str() == other.as_str(),
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn families_start_from_the_numbers_of_the_trade() {
        let check = |action: ActionKind, expect: [f64; 4]| {
            let c = action.components();
            assert_eq!(
                [c.revenue, c.urgency, c.effort, c.strategic],
                expect,
                "{action}"
            );
        };
        check(ActionKind::BookMeeting, [0.9, 0.8, 0.4, 0.8]);
        check(ActionKind::ThreadBump, [0.6, 0.7, 0.2, 0.5]);
        check(ActionKind::DataCleanup, [0.3, 0.4, 0.3, 0.6]);
        check(ActionKind::LogCall, [0.4, 0.5, 0.3, 0.5]);
        check(ActionKind::SocialPost, [0.5, 0.5, 0.5, 0.5]);
    }
}
