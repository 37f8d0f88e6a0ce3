//! The fields that a signal of any kind may have: a person, a deal, a meeting, texts.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::asks::Asks;
use super::fields::Fields;
use crate::domain::amount::{Context, Decimal};
use crate::domain::contact::name;
use crate::domain::deal::Cents;
use crate::domain::text::clean_line;

/// The key under which a payload says how its amounts are written.
pub(super) const DECIMAL: &str = "decimal";
const AMOUNT: &[&str] = &["amount", "new_amount"];
const CURRENCY: &[&str] = &["currency", "deal_currency_code"];

/// The fields that a signal of any kind may have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// The person.
    pub who: Who,
    /// The deal.
    pub deal: DealNamed,
    /// The meeting.
    pub meeting: MeetingNamed,
    /// Texts.
    pub words: Words,
    /// The move that it asks for.
    pub asks: Asks,
}

/// A person as a signal names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// The name on a network.
    pub handle: Option<String>,
    /// The firm.
    pub company: Option<String>,
    /// The contact's stage.
    pub lifecycle: Option<String>,
}

/// A deal as a signal names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DealNamed {
    /// The source's own name for it.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its amount.
    pub amount: Option<Cents>,
    /// Its currency, by its code.
    pub currency: Option<String>,
    /// Its stage by the words of the default pipeline, where the source gives them.
    pub stage: Option<String>,
    /// The day of its renewal, in the source's words.
    pub renewal: Option<String>,
}

/// A meeting as a signal names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeetingNamed {
    /// The calendar's own name for it.
    pub uid: Option<String>,
    /// Its beginning.
    pub starts_at: Option<Timestamp>,
    /// Its place.
    pub place: Option<String>,
}

/// The texts of a signal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// A mail's subject.
    pub subject: Option<String>,
    /// The matter, as a short phrase.
    pub topic: Option<String>,
    /// A title.
    pub title: Option<String>,
    /// A post's or a mail's own text.
    pub text: Option<String>,
    /// A form's text.
    pub message: Option<String>,
    /// A note's text.
    pub note: Option<String>,
    /// A text by its general name.
    pub body: Option<String>,
    /// A step of an onboarding.
    pub step: Option<String>,
    /// A competitor's name.
    pub competitor: Option<String>,
    /// The Message-ID of the mail that it is about.
    pub message_id: Option<String>,
    /// True if its source heard a phrase of somebody who wants to buy.
    pub is_buying: bool,
}

impl Who {
    pub(super) fn read(f: &mut Fields<'_>) -> Self {
        Self {
            first_name: f.text(&["first_name", "firstname", "given_name"]),
            last_name: f.text(&["last_name", "lastname", "family_name", "surname"]),
            name: f.text(&["name", "full_name", "from_name"]),
            handle: f.text(&["author", "handle"]),
            company: f.text(&["company", "company_name", "organization", "organisation"]),
            lifecycle: f.text(&["lifecycle", "lifecycle_stage", "lifecyclestage"]),
        }
    }

    /// Returns the given and the family name, clean and at most 120 characters each; empty where they are not known.
    #[must_use]
    pub fn names(&self) -> (String, String) {
        let clean = |name: &Option<String>| clean_line(name.as_deref().unwrap_or_default(), 120);
        match (clean(&self.first_name), clean(&self.last_name)) {
            (first, last) if first.is_empty() && last.is_empty() => split_name(&clean(&self.name)),
            names => names,
        }
    }

    /// Returns the name to show: the whole one, else its parts, else the one on a network.
    #[must_use]
    pub fn called(&self) -> Option<String> {
        let parts = [&self.first_name, &self.last_name];
        let parts: Vec<&str> = parts.into_iter().filter_map(|n| n.as_deref()).collect();
        let parts = Some(parts.join(" ")).filter(|name| !name.is_empty());
        self.name
            .clone()
            .or(parts)
            .or_else(|| self.handle.clone())
            .map(|name| clean_line(&name, 120))
            .filter(|name| !name.is_empty())
    }
}

/// Splits a whole name into given and family name; empty where there is none.
#[must_use]
pub fn split_name(name: &str) -> (String, String) {
    let (first, last) = name::split(name);
    (first.unwrap_or_default(), last.unwrap_or_default())
}

impl DealNamed {
    pub(super) fn read(f: &mut Fields<'_>) -> Self {
        let named = f.text(CURRENCY);
        let context = Context {
            currency: named.as_deref(),
            decimal: f.get(DECIMAL).and_then(decimal),
        };
        let amount = f.amount(AMOUNT, &context);
        Self {
            id: f.id(&["deal_id", "dealId", "hs_object_id"]),
            name: f.text(&["deal_name", "dealname", "deal"]),
            amount: amount.map(|amount| amount.cents),
            currency: named
                .map(|code| clean_line(&code, 3).to_uppercase())
                .or_else(|| Some(amount?.currency?.as_str().to_owned())),
            stage: f.text(&["stage", "dealstage", "to_stage", "new_stage"]),
            renewal: f.text(&["renewal_date"]),
        }
    }
}

impl MeetingNamed {
    pub(super) fn read(f: &mut Fields<'_>) -> Self {
        Self {
            uid: f.text(&["uid", "meeting_id", "event_id"]),
            starts_at: f.instant(&["starts_at", "start", "meeting_at", "event_at"]),
            place: f.text(&["place", "location"]),
        }
    }
}

impl Words {
    pub(super) fn read(f: &mut Fields<'_>) -> Self {
        Self {
            subject: f.text(&["subject"]),
            topic: f.text(&["topic"]),
            title: f.text(&["title"]),
            text: f.text(&["text"]),
            message: f.text(&["message"]),
            note: f.text(&["note"]),
            body: f.text(&["body"]),
            step: f.text(&["step"]),
            competitor: f.text(&["competitor"]),
            message_id: f.text(&["message_id"]),
            is_buying: f.flag("buying_phrase").unwrap_or(false),
        }
    }

    /// Returns the texts in which phrases are searched, a line each.
    #[must_use]
    pub fn searched(&self) -> String {
        let parts = [
            &self.subject,
            &self.topic,
            &self.title,
            &self.text,
            &self.message,
        ];
        let parts: Vec<&str> = parts.into_iter().filter_map(|t| t.as_deref()).collect();
        parts.join("\n")
    }
}

/// Reads the mark that a payload gives for its amounts; any other value is a field like others.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}

/// Returns the amount of a payload with its key, if it is written as text.
pub(super) fn written_amount(payload: &Map<String, Value>) -> Option<(&'static str, &str)> {
    let written = |key: &&'static str| Some((*key, payload.get(*key)?.as_str()?.trim()));
    AMOUNT
        .iter()
        .filter_map(written)
        .find(|(_, text)| !text.is_empty())
}
