//! Every path of HubSpot's API, by one function of the version and the place.
//!
//! The dated versions put the version behind the room (`/crm/objects/2026-03/contacts`), the old ones before it (`/crm/v3/objects/contacts`), and
//! the old associations are those of version 4.

use crate::connectors::transport::segment;
use crate::domain::service::HubspotVersion;
use crate::domain::words::words;

words! {
    /// A kind of record in HubSpot.
    pub enum ObjectKind ("a HubSpot object") {
        /// A firm.
        Companies = "companies",
        /// A person.
        Contacts = "contacts",
        /// A deal.
        Deals = "deals",
        /// A task.
        Tasks = "tasks",
        /// A note.
        Notes = "notes",
        /// A meeting.
        Meetings = "meetings",
        /// A mail that was logged.
        Emails = "emails",
        /// A call that was logged.
        Calls = "calls",
    }
}

impl ObjectKind {
    /// Returns the property that says when a record was last changed: contacts have a name of their own for it.
    #[must_use]
    pub const fn modified_property(self) -> &'static str {
        match self {
            Self::Contacts => "lastmodifieddate",
            _ => "hs_lastmodifieddate",
        }
    }

    /// Returns the properties that are read of each record.
    #[must_use]
    pub const fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Companies => &[
                "name",
                "domain",
                "industry",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Contacts => &[
                "email",
                "hs_additional_emails",
                "firstname",
                "lastname",
                "phone",
                "mobilephone",
                "jobtitle",
                "company",
                "city",
                "state",
                "country",
                "hs_timezone",
                "lifecyclestage",
                "hs_email_optout",
                "hubspot_owner_id",
                "associatedcompanyid",
                "recent_conversion_date",
                "recent_conversion_event_name",
                "hs_merged_object_ids",
                "createdate",
                "lastmodifieddate",
                "hs_object_id",
            ],
            Self::Deals => &[
                "dealname",
                "dealstage",
                "pipeline",
                "amount",
                "deal_currency_code",
                "closedate",
                "hubspot_owner_id",
                "hs_merged_object_ids",
                "createdate",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Tasks => &[
                "hs_timestamp",
                "hs_task_subject",
                "hs_task_body",
                "hs_task_status",
                "hs_task_completion_date",
                "hubspot_owner_id",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Notes => &[
                "hs_timestamp",
                "hs_note_body",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Meetings => &[
                "hs_timestamp",
                "hs_meeting_title",
                "hs_meeting_start_time",
                "hs_meeting_end_time",
                "hs_meeting_outcome",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Emails => &[
                "hs_timestamp",
                "hs_email_direction",
                "hs_email_subject",
                "hs_email_status",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
            Self::Calls => &[
                "hs_timestamp",
                "hs_call_title",
                "hs_call_body",
                "hs_lastmodifieddate",
                "hs_object_id",
            ],
        }
    }

    /// Returns the association type that ties an activity to a contact or a deal, as HubSpot defines it; none where the two are not tied so.
    #[must_use]
    pub const fn tie_to(self, other: Self) -> Option<u32> {
        match (self, other) {
            (Self::Notes, Self::Contacts) => Some(202),
            (Self::Tasks, Self::Contacts) => Some(204),
            (Self::Meetings, Self::Contacts) => Some(200),
            (Self::Emails, Self::Contacts) => Some(198),
            (Self::Calls, Self::Contacts) => Some(194),
            (Self::Notes, Self::Deals) => Some(214),
            (Self::Tasks, Self::Deals) => Some(216),
            (Self::Meetings, Self::Deals) => Some(212),
            (Self::Emails, Self::Deals) => Some(210),
            (Self::Calls, Self::Deals) => Some(206),
            (Self::Deals, Self::Contacts) => Some(3),
            (Self::Contacts, Self::Companies) => Some(279),
            _ => None,
        }
    }
}

words! {
    /// The operation of a batch.
    pub enum BatchVerb ("a batch's verb") {
        /// Reads.
        Read = "read",
        /// Makes.
        Create = "create",
        /// Changes.
        Update = "update",
        /// Makes or changes.
        Upsert = "upsert",
        /// Puts away.
        Archive = "archive",
    }
}

/// A place in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// The records of a kind.
    Objects(ObjectKind),
    /// One record.
    Object(ObjectKind, &'a str),
    /// The search among records of a kind.
    Search(ObjectKind),
    /// Many records at once.
    Batch(ObjectKind, BatchVerb),
    /// The making of one record out of two.
    Merge(ObjectKind),
    /// The removal of a person for good.
    GdprDelete,
    /// The ties of a record.
    Associations(ObjectKind, &'a str, ObjectKind),
    /// One tie.
    Association(ObjectKind, &'a str, ObjectKind, &'a str),
    /// One tie of the usual type.
    DefaultAssociation(ObjectKind, &'a str, ObjectKind, &'a str),
    /// The ties of many records.
    AssociationBatch(ObjectKind, ObjectKind, BatchVerb),
    /// The types of ties between two kinds.
    AssociationLabels(ObjectKind, ObjectKind),
    /// The users that records may belong to.
    Owners,
    /// One of them.
    Owner(&'a str),
    /// The pipelines of a kind.
    Pipelines(ObjectKind),
    /// The properties of a kind.
    Properties(ObjectKind),
    /// One property.
    Property(ObjectKind, &'a str),
    /// The account.
    Account,
    /// The subscriptions of a person.
    Subscriptions(&'a str),
    /// The end of a subscription.
    Unsubscribe,
    /// The kinds of subscriptions.
    SubscriptionTypes,
    /// The endpoint that grants and refreshes tokens.
    Token,
    /// The endpoint that tells a token's scopes.
    TokenIntrospection,
    /// The endpoint that revokes a token.
    TokenRevocation,
}

/// Returns the path of a place in a version.
#[must_use]
pub fn path(version: HubspotVersion, place: Place<'_>) -> String {
    // The version's part in each family of paths.
    let room = |family: &str, legacy: &str| match version {
        HubspotVersion::V3 => format!("/crm/{legacy}/{family}"),
        HubspotVersion::March2026 | HubspotVersion::September2026 => {
            format!("/crm/{family}/{version}")
        }
    };
    let other = |family: &str| match version {
        HubspotVersion::V3 => format!("/{family}/v3"),
        HubspotVersion::March2026 | HubspotVersion::September2026 => format!("/{family}/{version}"),
    };
    // The old sign-in knows neither introspection nor this way of revocation and ends in February 2027, half a year before the other old paths.
    let token = || match version {
        HubspotVersion::V3 | HubspotVersion::March2026 => {
            format!("/oauth/{}/token", HubspotVersion::March2026)
        }
        HubspotVersion::September2026 => format!("/oauth/{version}/token"),
    };
    match place {
        Place::Objects(kind) => format!("{}/{kind}", room("objects", "v3")),
        Place::Object(kind, id) => format!("{}/{kind}/{}", room("objects", "v3"), segment(id)),
        Place::Search(kind) => format!("{}/{kind}/search", room("objects", "v3")),
        Place::Batch(kind, verb) => format!("{}/{kind}/batch/{verb}", room("objects", "v3")),
        Place::Merge(kind) => format!("{}/{kind}/merge", room("objects", "v3")),
        Place::GdprDelete => format!("{}/contacts/gdpr-delete", room("objects", "v3")),
        Place::Associations(from, id, to) => {
            format!(
                "{}/{from}/{}/associations/{to}",
                room("objects", "v4"),
                segment(id)
            )
        }
        Place::Association(from, id, to, other_id) => format!(
            "{}/{from}/{}/associations/{to}/{}",
            room("objects", "v4"),
            segment(id),
            segment(other_id)
        ),
        Place::DefaultAssociation(from, id, to, other_id) => format!(
            "{}/{from}/{}/associations/default/{to}/{}",
            room("objects", "v4"),
            segment(id),
            segment(other_id)
        ),
        Place::AssociationBatch(from, to, verb) => {
            format!("{}/{from}/{to}/batch/{verb}", room("associations", "v4"))
        }
        Place::AssociationLabels(from, to) => {
            format!("{}/{from}/{to}/labels", room("associations", "v4"))
        }
        Place::Owners => room("owners", "v3"),
        Place::Owner(id) => format!("{}/{}", room("owners", "v3"), segment(id)),
        Place::Pipelines(kind) => format!("{}/{kind}", room("pipelines", "v3")),
        Place::Properties(kind) => format!("{}/{kind}", room("properties", "v3")),
        Place::Property(kind, name) => {
            format!("{}/{kind}/{}", room("properties", "v3"), segment(name))
        }
        Place::Account => format!("{}/details", other("account-info")),
        Place::Subscriptions(address) => {
            format!(
                "{}/status/email/{}",
                other("communication-preferences"),
                segment(address)
            )
        }
        Place::Unsubscribe => format!("{}/unsubscribe", other("communication-preferences")),
        Place::SubscriptionTypes => format!("{}/definitions", other("communication-preferences")),
        Place::Token => token(),
        Place::TokenIntrospection => format!("{}/introspect", token()),
        Place::TokenRevocation => format!("{}/revoke", token()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_paths_and_they_are_made_in_one_place() {
        use HubspotVersion::{March2026, September2026, V3};
        let check = |version, place, expect: &str| assert_eq!(path(version, place), expect);
        check(
            V3,
            Place::Objects(ObjectKind::Contacts),
            "/crm/v3/objects/contacts",
        );
        check(
            March2026,
            Place::Search(ObjectKind::Deals),
            "/crm/objects/2026-03/deals/search",
        );
        check(
            September2026,
            Place::Batch(ObjectKind::Tasks, BatchVerb::Read),
            "/crm/objects/2026-09/tasks/batch/read",
        );
        check(
            V3,
            Place::AssociationBatch(ObjectKind::Deals, ObjectKind::Contacts, BatchVerb::Read),
            "/crm/v4/associations/deals/contacts/batch/read",
        );
        check(
            March2026,
            Place::DefaultAssociation(ObjectKind::Notes, "7", ObjectKind::Contacts, "9"),
            "/crm/objects/2026-03/notes/7/associations/default/contacts/9",
        );
        check(V3, Place::Owners, "/crm/v3/owners");
        check(
            March2026,
            Place::Pipelines(ObjectKind::Deals),
            "/crm/pipelines/2026-03/deals",
        );
        check(March2026, Place::Account, "/account-info/2026-03/details");
        check(V3, Place::Token, "/oauth/2026-03/token");
        check(
            September2026,
            Place::TokenRevocation,
            "/oauth/2026-09/token/revoke",
        );
    }

    #[test]
    fn an_id_cannot_leave_its_segment() {
        let place = Place::Object(ObjectKind::Contacts, "../owners?x=1");
        assert_eq!(
            path(HubspotVersion::V3, place),
            "/crm/v3/objects/contacts/..%2Fowners%3Fx%3D1"
        );
    }
}
