//! The match between a file's columns and a contact's fields.
//!
//! Headers are compared without case, spaces, punctuation and accents, against the names that HubSpot, Salesforce,
//! Google, Outlook (English, German, French, Spanish), LinkedIn and Pipedrive give their columns. The operator's own
//! `--map field=column` goes before all of them.

use super::dates::ColumnDates;
use crate::domain::contact::NAMELESS;
use crate::domain::date_order::DateOrder;
use crate::domain::wishes::{self, Name, Subject, Topic, Wish, key_of as header_key};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The record's number in the system that wrote the file.
    Id,
    /// Numbers in several systems, as `system:id` with semicolons between.
    ExternalIds,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The whole name.
    FullName,
    /// One or more addresses.
    Email,
    /// The number at work.
    Phone,
    /// The mobile number.
    MobilePhone,
    /// The job title.
    Title,
    /// The company's name.
    Company,
    /// The company's website or domain.
    Website,
    /// The town.
    City,
    /// The state or province.
    State,
    /// The country.
    Country,
    /// The LinkedIn profile.
    Linkedin,
    /// The lifecycle stage.
    Stage,
    /// The time zone.
    TimeZone,
    /// The fit to the ideal customer profile.
    IcpFit,
    /// The day of the renewal.
    RenewalDate,
    /// Free text.
    Notes,
    /// The instant at which the source first knew the person.
    CreatedAt,
    /// A flag: the person wants no mail.
    OptedOut,
    /// A flag: the person must not be contacted at all.
    DoNotContact,
    /// A flag, or a date or reason: mail to the address comes back.
    Bounced,
    /// A flag: the person wants mail. "No" means that they want none.
    Subscribed,
    /// A state of mail to the person, such as "Unsubscribed" or "Cleaned".
    MailStatus,
    /// A state of anything: read only for words that can mean nothing but mail.
    Status,
    /// Suppressions as our own export names them, with semicolons between.
    Suppressed,
    /// The kind of the phone number with the same index: "Mobile", "Work Fax".
    PhoneLabel,
    /// A column that the operator wants left out.
    Ignore,
}

impl Field {
    /// Every field that `--map` may name, with its name.
    pub const NAMED: [(&'static str, Self); 29] = [
        ("id", Self::Id),
        ("external_ids", Self::ExternalIds),
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("full_name", Self::FullName),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("mobile_phone", Self::MobilePhone),
        ("title", Self::Title),
        ("company", Self::Company),
        ("website", Self::Website),
        ("city", Self::City),
        ("state", Self::State),
        ("country", Self::Country),
        ("linkedin", Self::Linkedin),
        ("stage", Self::Stage),
        ("time_zone", Self::TimeZone),
        ("icp_fit", Self::IcpFit),
        ("renewal_date", Self::RenewalDate),
        ("notes", Self::Notes),
        ("created_at", Self::CreatedAt),
        ("opted_out", Self::OptedOut),
        ("do_not_contact", Self::DoNotContact),
        ("bounced", Self::Bounced),
        ("subscribed", Self::Subscribed),
        ("mail_status", Self::MailStatus),
        ("status", Self::Status),
        ("suppressed", Self::Suppressed),
        ("ignore", Self::Ignore),
    ];

    /// Returns the field's printed name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(_, field)| *field == self)
            .map_or("phone_label", |(name, _)| name)
    }

    /// Returns the field whose columns speak of a subject; None for a subject that no column is read for, only looked at.
    const fn of(subject: Subject) -> Option<Self> {
        match subject {
            Subject::OptedOut | Subject::Reason => Some(Self::OptedOut),
            Subject::DoNotContact => Some(Self::DoNotContact),
            Subject::Bounced | Subject::Left => Some(Self::Bounced),
            Subject::Subscribed => Some(Self::Subscribed),
            Subject::MailStatus | Subject::Preference => Some(Self::MailStatus),
            Subject::Status => Some(Self::Status),
            Subject::Until | Subject::Doubt { .. } => None,
        }
    }

    /// Returns the subject of the columns of a field; None if they say nothing of mail to the person.
    const fn subject(self) -> Option<Subject> {
        match self {
            Self::OptedOut => Some(Subject::OptedOut),
            Self::DoNotContact => Some(Subject::DoNotContact),
            Self::Bounced => Some(Subject::Bounced),
            Self::Subscribed => Some(Subject::Subscribed),
            Self::MailStatus => Some(Subject::MailStatus),
            // No region or stage is called "unsubscribed".
            Self::Status | Self::State | Self::Stage => Some(Subject::Status),
            _ => None,
        }
    }

    /// Returns the field of that name or of a header that means it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let key = header_key(name);
        Self::NAMED
            .iter()
            .find(|(known, _)| header_key(known) == key)
            .map(|(_, field)| *field)
            .or_else(|| lookup(name).map(|found| found.field))
    }
}

/// The vendor of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// HubSpot.
    Hubspot,
    /// Salesforce.
    Salesforce,
    /// Google Contacts.
    Google,
    /// Outlook.
    Outlook,
    /// LinkedIn's list of connections.
    Linkedin,
    /// Pipedrive.
    Pipedrive,
    /// Zoho CRM.
    Zoho,
    /// A vCard file.
    Vcard,
    /// Our own export.
    Caseyos,
    /// Anything else.
    Other,
}

impl Vendor {
    /// Returns the name as people write it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hubspot => "HubSpot",
            Self::Salesforce => "Salesforce",
            Self::Google => "Google Contacts",
            Self::Outlook => "Outlook",
            Self::Linkedin => "LinkedIn",
            Self::Pipedrive => "Pipedrive",
            Self::Zoho => "Zoho",
            Self::Vcard => "vCard",
            Self::Caseyos => "CaseyOS",
            Self::Other => "unknown",
        }
    }

    /// Returns the name of the system in external ids.
    #[must_use]
    pub const fn system(self) -> &'static str {
        match self {
            Self::Hubspot => "hubspot",
            Self::Salesforce => "salesforce",
            Self::Google => "google",
            Self::Outlook => "outlook",
            Self::Linkedin => "linkedin",
            Self::Pipedrive => "pipedrive",
            Self::Zoho => "zoho",
            Self::Vcard => "vcard",
            Self::Caseyos => "caseyos",
            Self::Other => NAMELESS,
        }
    }
}

/// The operator's word about columns.
#[derive(Debug, Clone, Default)]
pub struct MapOverrides {
    pairs: Vec<(Field, Column)>,
    /// The system that the file's ids belong to, where the operator names it.
    pub system: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Named(String),
    Number(usize),
}

/// A reason that a `--map` cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MapError {
    /// There is no `=` in it, or nothing on one side.
    #[error("“{0}” is not of the form field=column, such as email=\"Work mail\" or email=#3")]
    Form(String),
    /// The field is not one of ours.
    #[error("there is no field “{0}”; the fields are {names}", names = names())]
    UnknownField(String),
}

fn names() -> String {
    Field::NAMED.map(|(name, _)| name).join(", ")
}

impl MapOverrides {
    /// Reads `field=column` pairs; `field=#3` means the third column, with any header.
    ///
    /// # Errors
    /// A pair that has not that form or names a field that does not exist.
    pub fn parse<S: AsRef<str>>(pairs: &[S]) -> Result<Self, MapError> {
        let mut overrides = Self::default();
        for pair in pairs {
            let pair = pair.as_ref();
            let form = || MapError::Form(pair.to_owned());
            let (field, column) = pair.split_once('=').ok_or_else(form)?;
            let column = column.trim().trim_matches('"');
            if field.trim().is_empty() || column.is_empty() {
                return Err(form());
            }
            let field = Field::parse(field)
                .ok_or_else(|| MapError::UnknownField(field.trim().to_owned()))?;
            let number = column
                .strip_prefix('#')
                .and_then(|n| n.parse().ok())
                .filter(|n: &usize| (1..=4_096).contains(n));
            let column = number.map_or_else(
                || Column::Named(header_key(column)),
                |n| Column::Number(n - 1),
            );
            overrides.pairs.push((field, column));
        }
        Ok(overrides)
    }

    /// Tells whether every override names its column by number, so that no header is needed.
    #[must_use]
    pub fn needs_no_header(&self) -> bool {
        !self.pairs.is_empty()
            && self
                .pairs
                .iter()
                .all(|(_, c)| matches!(c, Column::Number(_)))
    }
}

/// One column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappedColumn {
    /// Its place, from 0.
    pub index: usize,
    /// Its header as written.
    pub header: String,
    /// Its meaning; None if it is left out.
    pub field: Option<Field>,
}

/// The meaning of a file's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The vendor whose export the file seems to be.
    pub vendor: Vendor,
    /// The system that the ids belong to.
    pub system: String,
    /// Every column, in the file's order.
    pub columns: Vec<MappedColumn>,
    /// The columns that are read, the preferred one of each field first: index, field, group. A group ties a phone
    /// number to its label.
    #[serde(skip)]
    pub(super) plan: Vec<(usize, Field, u16)>,
    /// The orders of the columns of dates.
    #[serde(skip)]
    pub(super) dates: Vec<ColumnDates>,
    /// The columns without a meaning: their cells are looked at for opt-outs that nobody would read.
    #[serde(skip)]
    pub(super) unread: Vec<usize>,
    /// The topic of each column that speaks, or may speak, of mail to the person, in the file's order.
    #[serde(skip)]
    pub(super) topics: Vec<Option<Topic>>,
    /// True if a line without an id and a name can go on with the row before it: the file has columns of a child table.
    #[serde(skip)]
    pub(super) continues: bool,
    /// The header's cells, by which a repeated header is recognized.
    #[serde(skip)]
    pub(super) keys: Vec<String>,
}

/// Tells whether a column belongs to a table of its own with several lines for a contact, as Frappe writes it: `Email ID (Email IDs)`. In other files a
/// line with nothing but an address is somebody of whom no more is known.
pub(super) fn is_of_child_table(header: &str) -> bool {
    let lower = header.trim().to_lowercase();
    lower
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
        .is_some_and(|(_, table)| table.ends_with(" ids") || table.ends_with(" numbers"))
}

impl Mapping {
    /// Returns the columns that are read, with their fields.
    pub fn used(&self) -> impl Iterator<Item = (&str, Field)> {
        self.columns
            .iter()
            .filter_map(|c| Some((c.header.as_str(), c.field?)))
    }

    /// Returns the headers of the columns that are not read.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| c.field.is_none() && !c.header.is_empty())
            .map(|c| c.header.as_str())
    }

    /// Returns the header of the column that a field is read from first.
    #[must_use]
    pub fn column_of(&self, field: Field) -> Option<&str> {
        let (index, ..) = self.plan.iter().find(|(_, f, _)| *f == field)?;
        self.columns.get(*index).map(|c| c.header.as_str())
    }

    /// Returns what a cell of a column says of mail to the person.
    pub(super) fn wish_of(&self, index: usize, text: &str) -> Option<Wish> {
        let topic = self.topics.get(index).copied().flatten()?;
        wishes::wish_of(topic, text)
    }

    /// Returns the field by which the operator may follow a column whose cells may be wishes; None where each cell is to be looked at.
    #[must_use]
    pub fn advice(&self, header: &str) -> Option<Field> {
        let column = self.columns.iter().find(|c| c.header == header)?;
        let topic = self.topics.get(column.index).copied().flatten();
        match topic.map(|topic| topic.subject) {
            Some(Subject::Reason | Subject::Doubt { forbids: true }) => Some(Field::OptedOut),
            Some(Subject::Until) => Some(Field::DoNotContact),
            Some(Subject::Doubt { forbids: false }) => Some(Field::Subscribed),
            Some(_) => None,
            None => column.field.is_none().then_some(Field::MailStatus),
        }
    }

    /// Returns the order of the dates in a column; None if it contradicts itself.
    pub(super) fn order_of(&self, index: usize) -> Option<DateOrder> {
        let decided = self.dates.iter().find(|dates| dates.index == index);
        decided.and_then(|dates| dates.order)
    }

    /// Builds the mapping of a header. Returns the overrides' columns that the header lacks as an error.
    pub(super) fn build(header: &[String], overrides: &MapOverrides) -> Result<Self, Vec<String>> {
        let keys: Vec<String> = header.iter().map(|h| header_key(h)).collect();
        let vendor = vendor_of(header, &keys);
        let mut found: Vec<Option<Found>> = header.iter().map(|name| lookup(name)).collect();
        settle_names(&keys, &mut found, vendor);
        let mut missing = Vec::new();
        // A column that the operator names for a field takes the place of those that were guessed for it.
        for (field, _) in &overrides.pairs {
            if *field != Field::Ignore {
                for guess in &mut found {
                    // Wishes add up: one column of them never makes another one silent.
                    if field.subject().is_none()
                        && guess
                            .as_ref()
                            .is_some_and(|g| g.field == *field && !g.fixed)
                    {
                        *guess = None;
                    }
                }
            }
        }
        for (field, column) in &overrides.pairs {
            let index = match column {
                Column::Number(n) if *n < keys.len() => Some(*n),
                Column::Number(_) => None,
                Column::Named(name) => keys.iter().position(|key| key == name),
            };
            match (index.and_then(|i| found.get_mut(i)), column) {
                (Some(slot), _) => {
                    *slot = Some(Found {
                        field: *field,
                        rank: 0,
                        group: 0,
                        fixed: true,
                    })
                }
                (None, Column::Named(name)) => missing.push(name.clone()),
                (None, Column::Number(n)) => missing.push(format!("#{}", n + 1)),
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut plan: Vec<(u8, usize, Field, u16)> = found
            .iter()
            .enumerate()
            .filter_map(|(i, f)| f.as_ref().map(|f| (f.rank, i, f.field, f.group)))
            .filter(|(_, _, field, _)| *field != Field::Ignore)
            .collect();
        // Labels first: they decide where the number of their group goes.
        plan.sort_by_key(|(rank, i, field, _)| (*field != Field::PhoneLabel, *rank, *i));
        let columns: Vec<MappedColumn> = header
            .iter()
            .zip(&found)
            .enumerate()
            .map(|(index, (text, found))| MappedColumn {
                index,
                header: crate::domain::text::clean_line(text, 200),
                field: found
                    .as_ref()
                    .map(|f| f.field)
                    .filter(|f| *f != Field::Ignore),
            })
            .collect();
        let unread = (0..keys.len())
            .filter(|i| {
                keys.get(*i).is_some_and(|key| !key.is_empty())
                    && found.get(*i).is_some_and(Option::is_none)
            })
            .collect();
        let topics = header
            .iter()
            .zip(&found)
            .map(|(text, found)| topic_of(text, found.as_ref()))
            .collect();
        let has = |wanted: &[Field]| found.iter().flatten().any(|f| wanted.contains(&f.field));
        let continues = has(&[Field::Id])
            && has(&[Field::FirstName, Field::LastName, Field::FullName])
            && columns.iter().any(|column| {
                let reaches = [Field::Email, Field::Phone, Field::MobilePhone].map(Some);
                reaches.contains(&column.field) && is_of_child_table(&column.header)
            });
        Ok(Self {
            vendor,
            continues,
            system: overrides.system.clone().unwrap_or_else(|| match vendor {
                Vendor::Other if found.iter().flatten().any(|f| f.field == Field::Id) => {
                    system_of(&keys, &found)
                }
                vendor => vendor.system().to_owned(),
            }),
            columns,
            dates: Vec::new(),
            unread,
            topics,
            plan: plan
                .into_iter()
                .map(|(_, i, field, group)| (i, field, group))
                .collect(),
            keys,
        })
    }
}

/// Says how well a record would do as the header: the number of different fields that it names.
pub(super) fn score(cells: &[String], overrides: &MapOverrides) -> usize {
    let keys: Vec<String> = cells.iter().map(|c| header_key(c)).collect();
    let mut fields: Vec<Field> = cells
        .iter()
        .filter_map(|cell| lookup(cell).map(|f| f.field))
        // Cells such as "subscribed" are words of a row as well as of a header.
        .map(|field| match field {
            Field::Bounced | Field::Subscribed | Field::MailStatus | Field::Status => {
                Field::OptedOut
            }
            field => field,
        })
        .collect();
    fields.sort_unstable();
    fields.dedup();
    let named = overrides
        .pairs
        .iter()
        .filter(|(_, column)| matches!(column, Column::Named(name) if keys.contains(name)))
        .count();
    fields.len() + named * 3
}

/// Returns the first of a header's columns that holds addresses.
pub(super) fn address_column(cells: &[String]) -> Option<usize> {
    cells
        .iter()
        .position(|cell| lookup(cell).is_some_and(|found| found.field == Field::Email))
}

#[derive(Debug, Clone, Copy)]
struct Found {
    field: Field,
    /// 0 for the column that is meant first, more for those that fill in for it.
    rank: u8,
    group: u16,
    fixed: bool,
}

/// Returns what a column says of mail to the person. The operator's word about its field goes before what its header says.
fn topic_of(header: &str, found: Option<&Found>) -> Option<Topic> {
    let name = Name::of(header);
    let Some(found) = found else {
        return Topic::of(&name);
    };
    let known = Topic::of(&name)
        .filter(|topic| !found.fixed && Field::of(topic.subject) == Some(found.field));
    known.or_else(|| Some(Topic::with(&name, found.field.subject()?)))
}

/// Settles headers whose meaning hangs on their neighbours.
fn settle_names(keys: &[String], found: &mut [Option<Found>], vendor: Vendor) {
    let has =
        |found: &[Option<Found>], field: Field| found.iter().flatten().any(|f| f.field == field);
    let has_key = |key: &str| keys.iter().any(|k| k == key);
    // "Vorname;Name", "Prénom;Nom", "First name,Name": there, "name" is the family name.
    // "Nom" and "Nombre" and "Nome" alone are whole names.
    let first = has(found, Field::FirstName);
    let last = has(found, Field::LastName);
    for (key, slot) in keys.iter().zip(found.iter_mut()) {
        let Some(slot) = slot else { continue };
        match key.as_str() {
            "name" | "naam" if first && !last => slot.field = Field::LastName,
            "nom" if !first => slot.field = Field::FullName,
            "nombre" | "nome" if !last => slot.field = Field::FullName,
            _ => {}
        }
    }
    for (key, slot) in keys.iter().zip(found.iter_mut()) {
        let drop = match key.as_str() {
            // Outlook's "Title" is "Mr."; where there is a job title, a bare title is a form of address.
            "title" | "titel" | "titre" | "titulo" | "titolo" => {
                has_key("jobtitle")
                    || has_key("position")
                    || has_key("fonction")
                    || has_key("cargo")
                    || has_key("puesto")
                    || vendor == Vendor::Outlook
            }
            // Outlook's "Company Main Phone" and the like stay out by not being known; "Web Page" is the person's.
            "fileas" | "displayname" | "nickname" => first,
            _ => false,
        };
        if drop {
            *slot = None;
        }
        // LinkedIn's own list calls the profile "URL".
        if key == "url"
            && vendor == Vendor::Linkedin
            && let Some(slot) = slot
        {
            slot.field = Field::Linkedin;
        }
    }
}

fn vendor_of(header: &[String], keys: &[String]) -> Vendor {
    let has = |key: &str| keys.iter().any(|k| k == key);
    let any = |list: &[&str]| list.iter().any(|key| has(key));
    let exact = |list: &[&str]| {
        list.iter()
            .filter(|n| header.iter().any(|h| h.trim() == **n))
            .count()
    };
    if has("externalids") && has("optedout") && has("companydomain") {
        Vendor::Caseyos
    } else if has("connectedon") && has("url") {
        Vendor::Linkedin
    } else if has("recordid")
        && any(&[
            "createdtime",
            "modifiedtime",
            "contactownerid",
            "leadownerid",
            "accountnameid",
        ])
    {
        Vendor::Zoho
    } else if any(&["hsobjectid", "unsubscribedfromallemail", "recordidcontact"])
        || (has("recordid")
            && any(&[
                "lifecyclestage",
                "createdate",
                "associatedcompany",
                "associatedcompanyids",
                "primaryassociatedcompany",
                "primaryassociatedcompanyid",
                "marketingcontactstatus",
                "lastactivitydate",
            ]))
        || (has("lifecyclestage")
            && any(&[
                "contactowner",
                "associatedcompany",
                "leadstatus",
                "createdate",
            ]))
        || exact(&[
            "firstname",
            "lastname",
            "jobtitle",
            "mobilephone",
            "createdate",
            "lifecyclestage",
            "hs_object_id",
        ]) >= 3
    {
        Vendor::Hubspot
    } else if any(&[
        "hasoptedoutofemail",
        "emailoptout",
        "mailingcity",
        "mailingstateprovince",
        "accountid",
        "companyaccount",
        "contactid18",
    ]) || (any(&["contactid", "leadid"])
        && any(&["accountname", "companyname", "company"]))
        || exact(&[
            "FirstName",
            "LastName",
            "AccountId",
            "MailingCity",
            "LeadSource",
            "OwnerId",
        ]) >= 3
    {
        Vendor::Salesforce
    } else if any(&[
        "email1value",
        "phone1value",
        "organization1name",
        "groupmembership",
    ]) {
        Vendor::Google
    } else if header.iter().any(|h| h.starts_with("Person - ")) || has("personname") {
        Vendor::Pipedrive
    } else if any(&[
        "emaildisplayname",
        "email2address",
        "businessphone",
        "emailtype",
        "businessstreet",
        "telefongeschaftlich",
        "telephonebureau",
        "telefonodeltrabajo",
        "emailanzeigename",
        "adressedemessagerie",
    ]) {
        Vendor::Outlook
    } else {
        Vendor::Other
    }
}

/// Returns the meaning of a header by itself.
fn lookup(header: &str) -> Option<Found> {
    let key = &*header_key(header);
    if key.is_empty() || key.len() > 80 {
        return None;
    }
    if let Some(found) = numbered(key) {
        return Some(found);
    }
    if let Some(found) = of_child_table(key) {
        return Some(found);
    }
    let named = SYNONYMS.iter().find_map(|(field, ranks)| {
        ranks.iter().zip(0u8..).find_map(|(list, rank)| {
            list.split_ascii_whitespace()
                .any(|known| known == key)
                .then_some((*field, rank * 8))
        })
    });
    let (field, rank) = named.or_else(|| {
        let topic = Topic::of(&Name::of(header))?;
        Some((Field::of(topic.subject)?, 8))
    })?;
    Some(Found {
        field,
        rank,
        group: 0,
        fixed: false,
    })
}

/// Reads headers of a table within a record, such as "Email ID (Email IDs)" and "Number (Contact Numbers)": its first line
/// stands in the record's row, the others below.
fn of_child_table(key: &str) -> Option<Found> {
    const TABLES: [(&str, Field); 8] = [
        ("emailids", Field::Email),
        ("emailaddresses", Field::Email),
        ("emails", Field::Email),
        ("contactemails", Field::Email),
        ("contactnumbers", Field::Phone),
        ("phonenumbers", Field::Phone),
        ("contactphones", Field::Phone),
        ("phones", Field::Phone),
    ];
    let (field, stem) = TABLES
        .iter()
        .find_map(|(table, field)| Some((*field, key.strip_suffix(table)?)))?;
    let is_value = match field {
        Field::Email => ["emailid", "email", "emailaddress", "address", "value"].contains(&stem),
        _ => ["number", "phone", "phonenumber", "phoneno", "value"].contains(&stem),
    };
    is_value.then_some(Found {
        field,
        rank: 8,
        group: 0,
        fixed: false,
    })
}

/// Returns the name of the system of ids in a file that no known program wrote: one for each kind of file, told by the
/// headers that say who somebody is, so that two exports of one tool share their ids.
fn system_of(keys: &[String], found: &[Option<Found>]) -> String {
    let mut parts: Vec<String> = keys
        .iter()
        .zip(found)
        .filter_map(|(key, found)| {
            let field = found.as_ref()?.field;
            let tells = matches!(
                field,
                Field::Id | Field::Email | Field::FirstName | Field::LastName | Field::FullName
            );
            tells.then(|| key.clone())
        })
        .collect();
    parts.sort_unstable();
    // FNV-1a: the name is stored, so it must be the same in every version.
    let hash = parts
        .iter()
        .flat_map(|part| part.bytes().chain([b' ']))
        .fold(0x811C_9DC5_u32, |hash, b| {
            (hash ^ u32::from(b)).wrapping_mul(0x0100_0193)
        });
    format!("{NAMELESS}{hash:08x}")
}

/// Reads families such as "E-mail 2 - Value", "Phone 1 - Type", "E-Mail 3: Adresse".
fn numbered(key: &str) -> Option<Found> {
    let start = key.find(|c: char| c.is_ascii_digit())?;
    let (stem, rest) = key.split_at(start);
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (number, tail) = rest.split_at(end);
    let number: u16 = number.parse().ok().filter(|n| *n <= 99)?;
    let is_address = matches!(tail, "" | "value" | "address" | "adresse" | "direccion");
    let field = match stem {
        "email"
        | "mail"
        | "emailaddress"
        | "emailadresse"
        | "adressedemessagerie"
        | "correoelectronico"
        | "direcciondecorreoelectronico"
        | "workemail"
        | "additionalemail"
            if is_address =>
        {
            Field::Email
        }
        "phone"
        | "tel"
        | "telephone"
        | "businessphone"
        | "telefon"
        | "telefongeschaftlich"
        | "telefonodeltrabajo"
        | "telephonebureau"
        | "workphone"
            if matches!(tail, "" | "value" | "number") =>
        {
            Field::Phone
        }
        "phone" if matches!(tail, "type" | "label") => Field::PhoneLabel,
        "organization" if tail == "name" => Field::Company,
        "organization" if tail == "title" => Field::Title,
        "website" if tail == "value" || tail.is_empty() => Field::Website,
        "address" if tail == "city" => Field::City,
        "address" if tail == "region" || tail == "state" => Field::State,
        "address" if tail == "country" => Field::Country,
        _ => return None,
    };
    let group = if tail.is_empty() { 0 } else { number };
    let rank = u8::try_from(number.min(7)).unwrap_or(7);
    Some(Found {
        field,
        rank,
        group,
        fixed: false,
    })
}

/// The known headers of each field: those that mean it first, then those that fill in, words parted by spaces.
const SYNONYMS: [(Field, &[&str]); 22] = [
    (
        Field::Id,
        &[
            "recordid id contactid hsobjectid personid hubspotid salesforceid contactid18 contactidcasesafe leadid vid \
         recordidcontact externalid uid hubspotcontactid hubspotrecordid",
        ],
    ),
    (Field::ExternalIds, &["externalids"]),
    (
        Field::FirstName,
        &[
            "firstname first givenname forename contactfirstname vorname prenom nombre nome voornaam fornamn fornavn etunimi \
         imie primeironome firstnames personfirstname namefirst",
        ],
    ),
    (
        Field::LastName,
        &[
            "lastname last surname familyname contactlastname nachname familienname nom nomdefamille apellido apellidos cognome \
         achternaam efternamn etternavn nazwisko sobrenome ultimonome personlastname namelast",
        ],
    ),
    (
        Field::FullName,
        &[
            "fullname name contactname personname contact person vollstandigername nomcomplet nombrecompleto nombreyapellidos \
         nomecompleto naam namn contactfullname leadname customername",
            "displayname fileas",
        ],
    ),
    (
        Field::Email,
        &[
            "email emailaddress mail mailaddress primaryemail workemail businessemail contactemail emailwork personemail \
         personemailwork companyemail emailadresse emailadress mailadresse epost epostadress epostadresse adresseemail \
         adressemail adressedemessagerie courriel adressecourriel adresseelectronique correo correoelectronico \
         direcciondecorreoelectronico direcciondecorreo direccionemail indirizzoemail indirizzodipostaelettronica \
         postaelettronica enderecodeemail enderecoemail emailprofessionnel emailpro geschaftlicheemail emailgeschaftlich \
         emailid emailaddresses allemails primaryemailaddress workemailaddress businessemailaddress emails",
            "additionalemailaddresses additionalemails otheremails secondaryemail otheremail alternateemail personalemail \
         privateemail homeemail emailhome emailother personemailhome personemailother emailpersonal emailprivat \
         secondaryemailaddress personalemailaddress alternateemailaddress",
        ],
    ),
    (
        Field::Phone,
        &[
            "phone phonenumber telephone tel telephonenumber businessphone workphone officephone directphone phonework \
         workphonenumber personphone personphonework businesstelephone contactphone telefon telefonnummer \
         telefongeschaftlich telefonburo telefonarbeit telephonebureau telephoneprofessionnel numerodetelephone telefono \
         telefonodeltrabajo telefonotrabajo telefonooficina telefoon telefoonnummer telefone directdial primaryphone \
         mainphone phonedirect worktelephone",
            "homephone otherphone personphonehome personphoneother telefonprivat telephonedomicile telefonoparticular \
         telefonodecasa phonehome phoneother privatephone",
        ],
    ),
    (
        Field::MobilePhone,
        &[
            "mobile mobilephone mobilephonenumber mobilenumber cell cellphone cellular cellphonenumber mobiltelefon mobil \
         mobilnummer handy handynummer telephonemobile telmobile portable telephoneportable mobiele movil telefonomovil \
         celular cellulare telefonocellulare personphonemobile phonemobile gsm natel",
        ],
    ),
    (
        Field::Title,
        &[
            "jobtitle position jobposition role designation contacttitle personjobtitle organizationtitle berufsbezeichnung \
         stellenbezeichnung funktion beruf fonction poste intituleduposte puesto cargo titulodeltrabajo profesion \
         qualifica ruolo functie befattning stanowisko title",
            "titel titre titulo titolo occupation",
        ],
    ),
    (
        Field::Company,
        &[
            "company companyname account accountname organization organisation organizationname organisationname employer \
         companyaccount associatedcompany personorganization primaryassociatedcompany associatedcompanyname \
         primarycompany currentcompany firma firmenname firmaname unternehmen societe entreprise nomdelentreprise \
         raisonsociale empresa compania organizacion nombredelaempresa azienda societa bedrijf bedrijfsnaam foretag \
         yritys customer client business businessname",
        ],
    ),
    (
        Field::Website,
        &[
            "website websiteurl companydomain companydomainname domain domainname companywebsite webpage webseite webpagina \
         homepage web accountwebsite pageweb siteweb siteinternet paginaweb sitioweb sitoweb personalwebpage \
         organizationwebsite companyurl domaincompany emaildomaincompany",
            "url www",
        ],
    ),
    (
        Field::City,
        &[
            "city town businesscity workcity mailingcity contactcity ort stadt ortgeschaftlich stadtgeschaftlich ville \
         villebureau ciudad ciudaddeltrabajo citta plaats cidade locality workaddresscity",
            "billingcity companycity homecity othercity ortprivat shippingcity",
        ],
    ),
    (
        Field::State,
        &[
            "state stateregion province stateprovince region businessstate mailingstate mailingstateprovince bundesland \
         bundeslandkantongeschaftlich departement departementregionbureau provincia estado provinciaestadodeltrabajo \
         workaddressstate county",
            "billingstate billingstateprovince companystate homestate otherstate",
        ],
    ),
    (
        Field::Country,
        &[
            "country countryregion countryname businesscountry businesscountryregion mailingcountry land \
         landregiongeschaftlich landgeschaftlich pays paysregionbureau pais paisoregiondeltrabajo paisregiondeltrabajo \
         paese nazione workaddresscountry countrycode",
            "billingcountry companycountry homecountry othercountry homecountryregion",
        ],
    ),
    (
        Field::Linkedin,
        &[
            "linkedin linkedinurl linkedinprofile linkedinprofileurl personlinkedin personlinkedinurl hslinkedinurl \
         contactlinkedinprofileurl linkedincontactprofile linkedinbio profileurl linkedinlink personlinkedinprofile",
        ],
    ),
    (
        Field::Stage,
        &["lifecyclestage lifecycle lifecyclephase contactstage customerstage stage"],
    ),
    (
        Field::TimeZone,
        &["timezone tz hstimezone zeitzone fuseauhoraire zonahoraria fusoorario"],
    ),
    (Field::IcpFit, &["icpfit icp icpscore fitscore icpfitscore"]),
    (
        Field::RenewalDate,
        &[
            "renewaldate renewal renewalon renewson contractrenewaldate nextrenewal nextrenewaldate subscriptionrenewaldate",
            "contractenddate contractend subscriptionenddate",
        ],
    ),
    (
        Field::Notes,
        &[
            "notes note comments comment notizen notiz bemerkungen remarques notas osservazioni",
            "description",
        ],
    ),
    (
        Field::CreatedAt,
        &[
            "createdate createdat createddate created datecreated dateadded addtime personcreated personaddtime connectedon \
         contactcreateddate creationdate creationtime createdon createdtime erstelltam datedecreation fechadecreacion",
        ],
    ),
    (Field::Suppressed, &["caseyossuppressed"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(header: &str) -> Mapping {
        let cells: Vec<String> = header.split('|').map(str::to_owned).collect();
        Mapping::build(&cells, &MapOverrides::default()).unwrap()
    }

    fn check(header: &str, vendor: Vendor, expect: &str) {
        let mapping = mapping(header);
        let found: Vec<&str> = mapping
            .columns
            .iter()
            .map(|c| c.field.map_or("-", Field::as_str))
            .collect();
        assert_eq!(found.join("|"), expect, "{header}");
        assert_eq!(mapping.vendor, vendor, "{header}");
    }

    #[test]
    fn each_vendors_headers_are_known() {
        check(
            "Record ID|First Name|Last Name|Email|Phone Number|Contact owner|Associated Company|Lifecycle Stage|Lead Status|Unsubscribed from all email|Create Date",
            Vendor::Hubspot,
            "id|first_name|last_name|email|phone|-|company|stage|status|opted_out|created_at",
        );
        check(
            "id|firstname|lastname|email|phone|mobilephone|company|website|jobtitle|city|state|country|linkedin_url|createdate",
            Vendor::Hubspot,
            "id|first_name|last_name|email|phone|mobile_phone|company|website|title|city|state|country|linkedin|created_at",
        );
        check(
            "Salutation|First Name|Last Name|Title|Account Name|Mailing City|Mailing State/Province|Phone|Mobile|Email|Email Opt Out|Contact ID",
            Vendor::Salesforce,
            "-|first_name|last_name|title|company|city|state|phone|mobile_phone|email|opted_out|id",
        );
        check(
            "Id|FirstName|LastName|AccountId|Email|HasOptedOutOfEmail",
            Vendor::Salesforce,
            "id|first_name|last_name|-|email|opted_out",
        );
        check(
            "Name|Given Name|Additional Name|Family Name|E-mail 1 - Type|E-mail 1 - Value|E-mail 2 - Value|Phone 1 - Type|Phone 1 - Value|Organization 1 - Name|Organization 1 - Title|Website 1 - Value",
            Vendor::Google,
            "full_name|first_name|-|last_name|-|email|email|phone_label|phone|company|title|website",
        );
        check(
            "First Name|Middle Name|Last Name|Organization Name|Organization Title|Labels|E-mail 1 - Label|E-mail 1 - Value|Phone 1 - Label|Phone 1 - Value",
            Vendor::Google,
            "first_name|-|last_name|company|title|-|-|email|phone_label|phone",
        );
        check(
            "Title|First Name|Last Name|Company|Job Title|Business Phone|Mobile Phone|E-mail Address|E-mail Display Name|E-mail 2 Address|Business City|Business Country/Region|Web Page",
            Vendor::Outlook,
            "-|first_name|last_name|company|title|phone|mobile_phone|email|-|email|city|country|website",
        );
        check(
            "Anrede|Vorname|Nachname|Firma|Position|Telefon geschäftlich|Mobiltelefon|E-Mail-Adresse|E-Mail 2: Adresse|Ort geschäftlich|Land/Region geschäftlich",
            Vendor::Outlook,
            "-|first_name|last_name|company|title|phone|mobile_phone|email|email|city|country",
        );
        check(
            "Titre|Prénom|Nom|Société|Fonction|Téléphone (bureau)|Tél. mobile|Adresse de messagerie|Ville (bureau)|Pays/Région (bureau)",
            Vendor::Outlook,
            "-|first_name|last_name|company|title|phone|mobile_phone|email|city|country",
        );
        check(
            "Nombre|Apellidos|Organización|Puesto|Teléfono del trabajo|Teléfono móvil|Dirección de correo electrónico",
            Vendor::Outlook,
            "first_name|last_name|company|title|phone|mobile_phone|email",
        );
        check(
            "First Name|Last Name|URL|Email Address|Company|Position|Connected On",
            Vendor::Linkedin,
            "first_name|last_name|linkedin|email|company|title|created_at",
        );
        check(
            "Person - Name|Person - Organization|Person - Email - Work|Person - Phone - Work|Person - ID",
            Vendor::Pipedrive,
            "full_name|company|email|phone|id",
        );
    }

    #[test]
    fn a_record_id_alone_is_no_hubspot_export() {
        check(
            "Record ID|First Name|Last Name|Email|Email addresses",
            Vendor::Other,
            "id|first_name|last_name|email|email",
        );
        check(
            "Record Id|First Name|Last Name|Email|Email Opt Out|Created Time|Account Name",
            Vendor::Zoho,
            "id|first_name|last_name|email|opted_out|created_at|company",
        );
    }

    #[test]
    fn neighbours_decide_what_a_bare_name_means() {
        check(
            "Name|Vorname|Mail",
            Vendor::Other,
            "last_name|first_name|email",
        );
        check("Nom|E-mail", Vendor::Other, "full_name|email");
        check("Nombre|Correo", Vendor::Other, "full_name|email");
        check("Name|Email|Title", Vendor::Other, "full_name|email|title");
        check(
            " \u{feff}E-MAIL |row|line|reason",
            Vendor::Other,
            "email|-|-|-",
        );
    }

    #[test]
    fn the_operators_word_goes_first() {
        let header: Vec<String> = ["Email", "Work mail", "Full"].map(String::from).to_vec();
        let overrides = MapOverrides::parse(&["email=\"Work mail\"", "full_name=#3"]).unwrap();
        let mapping = Mapping::build(&header, &overrides).unwrap();
        let used: Vec<_> = mapping.used().collect();
        assert_eq!(
            used,
            [("Work mail", Field::Email), ("Full", Field::FullName)]
        );
        assert_eq!(mapping.ignored().collect::<Vec<_>>(), ["Email"]);
        let overrides = MapOverrides::parse(&["email=Nowhere", "phone=#9"]).unwrap();
        assert_eq!(
            Mapping::build(&header, &overrides).unwrap_err(),
            ["nowhere", "#9"]
        );
        assert!(matches!(
            MapOverrides::parse(&["email"]),
            Err(MapError::Form(_))
        ));
        assert!(matches!(
            MapOverrides::parse(&["shoe_size=x"]),
            Err(MapError::UnknownField(_))
        ));
        let ignore = MapOverrides::parse(&["ignore=Email"]).unwrap();
        let mapping = Mapping::build(&header, &ignore).unwrap();
        assert_eq!(mapping.used().count(), 0);
    }
}
