//! Targets of the metrics, and the minutes that a done move saves.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize};

use crate::domain::action::ActionKind;

/// Targets of the metrics. A target of 0 is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Mails sent, on an average working day.
    pub mails_per_day: f64,
    /// People who answered, in percent of those written to.
    pub reply_rate: f64,
    /// Meetings booked, in an average week.
    pub meetings_per_week: f64,
    /// Approvals given by rules, in percent of all.
    pub auto_approval: f64,
    /// Hours saved, on an average working day.
    pub hours_saved_per_day: f64,
    /// Moves done, in percent of those decided.
    pub moves_accepted: f64,
    /// Executions that ended well, in percent of those that ended.
    pub executions_ok: f64,
    /// Minutes that a done move saves, by action.
    pub minutes: Minutes,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            mails_per_day: 50.0,
            reply_rate: 20.0,
            meetings_per_week: 10.0,
            auto_approval: 50.0,
            hours_saved_per_day: 2.0,
            moves_accepted: 70.0,
            executions_ok: 95.0,
            minutes: Minutes::default(),
        }
    }
}

impl MetricsConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, value, most) in [
            ("mails_per_day", self.mails_per_day, 100_000.0),
            ("reply_rate", self.reply_rate, 100.0),
            ("meetings_per_week", self.meetings_per_week, 100_000.0),
            ("auto_approval", self.auto_approval, 100.0),
            ("hours_saved_per_day", self.hours_saved_per_day, 24.0),
            ("moves_accepted", self.moves_accepted, 100.0),
            ("executions_ok", self.executions_ok, 100.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(format!("{name} must be between 0 and {most}."));
            }
        }
        match self.minutes.0.iter().find(|(_, n)| **n > 1440) {
            Some((action, _)) => Err(format!(
                "minutes.{action} must be at most 1440, the minutes of a day."
            )),
            None => Ok(()),
        }
    }
}

/// Minutes that a done move saves, by action. A table that names some actions leaves the others as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes(BTreeMap<ActionKind, u32>);

impl Minutes {
    /// Returns the minutes that a done move of a kind saves.
    #[must_use]
    pub fn of(&self, action: ActionKind) -> u32 {
        self.0.get(&action).copied().unwrap_or(0)
    }
}

impl Default for Minutes {
    fn default() -> Self {
        Self(
            ActionKind::ALL
                .iter()
                .map(|action| (*action, usual(*action)))
                .collect(),
        )
    }
}

/// Returns the minutes of finding, preparing and writing without the program: one estimate for each action, which the operator can correct.
const fn usual(action: ActionKind) -> u32 {
    use ActionKind as K;
    match action {
        K::CompleteTask | K::NoteOptOut => 1,
        K::ConnectLinkedin
        | K::CreateTask
        | K::UpdateDealStage
        | K::UpdateContact
        | K::AddNote
        | K::ConfirmOptOut => 2,
        K::LogCall | K::UpdateCrm | K::MergeContacts | K::EnrichContact => 3,
        K::ThreadBump | K::SocialReply => 4,
        K::Reschedule | K::ReviewDeal | K::DataCleanup => 5,
        K::Reply | K::EmailFollowUp => 6,
        K::SendEmail
        | K::BookMeeting
        | K::ScheduleMeeting
        | K::MeetingFollowUp
        | K::ContractFollowUp
        | K::CheckIn
        | K::OnboardingFollowUp
        | K::HealthCheck
        | K::RiskEscalation => 8,
        K::PrepMeeting | K::WinLossAnalysis | K::SocialPost | K::ReviewBattleCard => 10,
        K::DealOutreach | K::RenewalOutreach => 12,
        K::PrepPresentation | K::OnboardingKickoff => 15,
        K::SendProposal | K::ContentRepurpose | K::AssetCreate | K::AnswerDemand => 20,
        K::NewsletterDraft => 30,
    }
}

impl Serialize for Minutes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (action, minutes) in &self.0 {
            map.serialize_entry(action.as_str(), minutes)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        for (name, minutes) in BTreeMap::<String, u32>::deserialize(deserializer)? {
            let action = name
                .parse()
                .map_err(|e| <D::Error as serde::de::Error>::custom(format!("{e}")))?;
            all.0.insert(action, minutes);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_minutes_changes_only_what_it_names() {
        let config: MetricsConfig =
            toml::from_str("reply_rate = 30\n[minutes]\nreply = 11\n").unwrap();
        assert_eq!(config.minutes.of(ActionKind::Reply), 11);
        assert_eq!(config.minutes.of(ActionKind::SendProposal), 20);
        assert_eq!(config.mails_per_day, 50.0);
    }

    #[test]
    fn an_unknown_action_is_named_with_a_suggestion() {
        let error = toml::from_str::<MetricsConfig>("[minutes]\nsend_emial = 1\n").unwrap_err();
        assert!(error.message().contains("send_email"), "{error}");
        let negative = toml::from_str::<MetricsConfig>("[minutes]\nreply = -1\n");
        assert!(negative.is_err());
        let long: MetricsConfig = toml::from_str("[minutes]\nreply = 2000\n").unwrap();
        assert!(long.check().unwrap_err().contains("1440"));
        let wild: MetricsConfig = toml::from_str("reply_rate = nan").unwrap();
        assert!(wild.check().is_err());
    }
}
