//! The making of the world from its texts.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::chance::Chance;
use super::material::{
    Event, FirmCompany, FirmDeal, Material, Meeting, Names, Side, TextThread, Who,
};
use super::{
    Company, Contact, Deal, Direction, Message, Operator, PastOutcome, ScheduledReply, Thread,
    World, WorldError,
};
use crate::domain::action::ActionKind;
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::Cents;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::SignalDraft;

/// Makes the world; see [`World::generate`].
pub(super) fn world(
    seed: u64,
    now: Timestamp,
    operator_zone: &TimeZone,
) -> Result<World, WorldError> {
    let material = Material::load()?;
    let maker = Maker::new(seed, now, operator_zone, &material)?;
    let past_threads = maker.threads()?;
    let signals = maker.signals()?;
    let past_outcomes = maker.outcomes()?;
    let scheduled_replies = maker.replies();
    let contacts = maker.contacts_after(&past_threads);
    Ok(World {
        past_threads,
        signals,
        past_outcomes,
        scheduled_replies,
        contacts,
        operator: maker.operator,
        companies: maker.companies,
        deals: maker.deals.into_iter().map(|(_, deal)| deal).collect(),
    })
}

struct Maker<'a> {
    seed: u64,
    now: Timestamp,
    zone: &'a TimeZone,
    material: &'a Material,
    operator: Operator,
    companies: Vec<Company>,
    contacts: Vec<Contact>,
    /// With the keys by which signals name them.
    deals: Vec<(String, Deal)>,
}

impl<'a> Maker<'a> {
    fn new(
        seed: u64,
        now: Timestamp,
        zone: &'a TimeZone,
        material: &'a Material,
    ) -> Result<Self, WorldError> {
        let from = &material.firm.operator;
        let operator = Operator {
            name: from.name.clone(),
            first_name: first_word(&from.name),
            email: from.email.clone(),
            company: from.company.clone(),
            job_title: from.job_title.clone(),
            postal_address: from.postal_address.clone(),
            product: from.product.clone(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        };
        let mut maker = Self {
            seed,
            now,
            zone,
            material,
            operator,
            companies: Vec::new(),
            contacts: Vec::new(),
            deals: Vec::new(),
        };
        let mut chance = Chance::of(seed, "people");
        let mut amounts = Chance::of(seed, "deals");
        for firm in &material.firm.company {
            let names = material
                .names
                .get(&firm.culture)
                .ok_or_else(|| WorldError(format!("no names are {}", firm.culture)))?;
            maker.people(firm, names, &mut chance);
            for deal in &firm.deals {
                maker.deal(firm, deal, &mut amounts);
            }
            maker.companies.push(company(firm));
        }
        Ok(maker)
    }

    fn people(&mut self, firm: &FirmCompany, names: &Names, chance: &mut Chance) {
        let taken = |contacts: &[Contact], first: &str, last: &str| {
            contacts.iter().any(|c| {
                (c.company == firm.key && (c.first_name == first || c.last_name == last))
                    || (c.first_name == first && c.last_name == last)
            })
        };
        for person in &firm.contacts {
            // The pools are larger than a firm, so a free name is found soon; the bound is against a pool that was made too small.
            for attempt in 0..200 {
                let (Some(first), Some(last)) =
                    (chance.pick(&names.first), chance.pick(&names.last))
                else {
                    break;
                };
                if attempt < 199 && taken(&self.contacts, first, last) {
                    continue;
                }
                self.contacts.push(Contact {
                    company: firm.key.clone(),
                    first_name: first.clone(),
                    last_name: last.clone(),
                    email: format!("{}.{}@{}", local(first), local(last), firm.domain),
                    title: person.title.clone(),
                    stage: person.stage,
                    city: firm.city.clone(),
                    country: firm.country.clone(),
                    zone: firm.zone.clone(),
                    external_id: format!("{}", 500 + self.contacts.len()),
                    last_inbound_at: None,
                    last_outbound_at: None,
                });
                break;
            }
        }
    }

    fn deal(&mut self, firm: &FirmCompany, deal: &FirmDeal, chance: &mut Chance) {
        let hundreds = chance.between(deal.low / 100, deal.high / 100);
        let age = chance.between(20, 90);
        let contact_email = self
            .contacts
            .iter()
            .find(|c| c.company == firm.key)
            .map_or_else(String::new, |c| c.email.clone());
        let ahead = |days: i64| self.office(9 * 60, firm_zone(&firm.zone), -days);
        let made = Deal {
            external_id: format!("{}", 9000 + self.deals.len()),
            name: deal.name.clone(),
            company: firm.key.clone(),
            contact_email,
            amount: Cents(hundreds.saturating_mul(100 * 100)),
            currency: deal.currency.clone(),
            stage: deal.stage.clone(),
            renewal_at: deal.renews_in.map(ahead),
            expires_at: deal.expires_in.map(ahead),
            created_at: self.office(10 * 60, firm_zone(&firm.zone), age),
        };
        self.deals.push((deal.key.clone(), made));
    }

    /// Returns the instant `days` days ago (ahead, if negative) at a minute of the day, on a working day there.
    fn office(&self, minute: i64, zone: TimeZone, days: i64) -> Timestamp {
        let mut date = self.now.to_zoned(zone.clone()).date();
        date = date.checked_sub(days.days()).unwrap_or(date);
        let back = match date.weekday() {
            Weekday::Saturday => 1,
            Weekday::Sunday => 2,
            _ => 0,
        };
        date = date.checked_sub(back.days()).unwrap_or(date);
        let minute = minute.clamp(0, 24 * 60 - 1);
        let (hour, minute) = (
            i8::try_from(minute / 60).unwrap_or(12),
            i8::try_from(minute % 60).unwrap_or(0),
        );
        date.at(hour, minute, 0, 0)
            .to_zoned(zone)
            .map_or(self.now, |at| at.timestamp())
    }

    fn ago(&self, minutes: i64) -> Timestamp {
        self.now
            .checked_sub(SignedDuration::from_mins(minutes))
            .unwrap_or(self.now)
    }

    fn contact(&self, who: &Who) -> Result<&Contact, WorldError> {
        self.contacts
            .iter()
            .filter(|c| c.company == who.0)
            .nth(who.1)
            .ok_or_else(|| WorldError(format!("nobody is {} {}", who.0, who.1)))
    }

    /// Fills in the names in a text. The colleague is the next person of the firm.
    fn fill(&self, text: &str, contact: &Contact) -> String {
        let company = self
            .companies
            .iter()
            .find(|c| c.key == contact.company)
            .map_or("", |c| c.name.as_str());
        let colleagues: Vec<&Contact> = self
            .contacts
            .iter()
            .filter(|c| c.company == contact.company)
            .collect();
        let at = colleagues.iter().position(|c| c.email == contact.email);
        let colleague = at
            .and_then(|i| colleagues.get((i + 1) % colleagues.len().max(1)))
            .map_or_else(|| "my colleague".to_owned(), |c| c.name());
        let soon = self
            .office(0, self.zone.clone(), -9)
            .to_zoned(self.zone.clone())
            .strftime("%-d %B")
            .to_string();
        text.trim()
            .replace("{first}", &contact.first_name)
            .replace("{last}", &contact.last_name)
            .replace("{company}", company)
            .replace("{colleague}", &colleague)
            .replace("{me}", &self.operator.first_name)
            .replace("{soon}", &soon)
    }

    fn threads(&self) -> Result<Vec<Thread>, WorldError> {
        let mut chance = Chance::of(self.seed, "threads");
        self.material
            .threads
            .iter()
            .map(|thread| self.thread(thread, &mut chance))
            .collect()
    }

    fn thread(&self, thread: &TextThread, chance: &mut Chance) -> Result<Thread, WorldError> {
        let contact = self.contact(&thread.who)?;
        let us = (self.operator.name.clone(), self.operator.email.clone());
        let them = (contact.name(), contact.email.clone());
        let mut messages: Vec<Message> = Vec::new();
        for text in &thread.messages {
            let inbound = text.from == Side::Them;
            let (from, to) = if inbound { (&them, &us) } else { (&us, &them) };
            let zone = if inbound {
                firm_zone(&contact.zone)
            } else {
                self.zone.clone()
            };
            let sent = match (text.hours, text.days) {
                (Some(hours), _) => self.ago(hours * 60 + chance.between(1, 29)),
                (None, days) => {
                    let minute = chance.between(8 * 60 + 20, 16 * 60 + 40);
                    self.office(minute, zone.clone(), days.unwrap_or(1))
                        .min(self.ago(chance.between(40, 90)))
                }
            };
            // Zones and weekends may put an answer before its question.
            let earliest = messages.last().map(|m| {
                m.at.checked_add(SignedDuration::from_mins(chance.between(25, 170)))
                    .unwrap_or(m.at)
            });
            let at = earliest.map_or(sent, |e| sent.max(e));
            let domain = from.1.split_once('@').map_or("example", |(_, d)| d);
            let automatic = text.label == Some(ReplyLabel::OutOfOffice);
            let subject = match (messages.is_empty(), automatic) {
                (true, _) => thread.subject.clone(),
                (false, true) => format!("Automatic reply: {}", thread.subject),
                (false, false) => format!("Re: {}", thread.subject),
            };
            let mut body = self.fill(&text.text, contact);
            if !inbound {
                body = format!(
                    "{body}\n\n{}\n{}",
                    self.operator.name, self.operator.company
                );
            }
            body.push('\n');
            let references: Vec<String> = messages.iter().map(|m| m.message_id.clone()).collect();
            messages.push(Message {
                direction: if inbound {
                    Direction::Inbound
                } else {
                    Direction::Outbound
                },
                from: from.clone(),
                to: to.clone(),
                subject,
                body,
                at,
                zone: zone.iana_name().unwrap_or("UTC").to_owned(),
                message_id: format!("{}@{domain}", chance.hex()),
                in_reply_to: references.last().cloned(),
                references,
                headers: if automatic {
                    vec![
                        ("Auto-Submitted".into(), "auto-replied".into()),
                        ("X-Auto-Response-Suppress".into(), "All".into()),
                    ]
                } else {
                    Vec::new()
                },
                label: text.label,
            });
        }
        if messages.is_empty() {
            return Err(WorldError(format!("\"{}\" has no mail", thread.subject)));
        }
        Ok(Thread {
            contact_email: contact.email.clone(),
            turn: thread.state,
            action: thread.action,
            subject: thread.subject.clone(),
            messages,
        })
    }

    fn signals(&self) -> Result<Vec<SignalDraft>, WorldError> {
        let mut chance = Chance::of(self.seed, "signals");
        let mut signals = Vec::new();
        for event in &self.material.events.signal {
            let occurred_at = self.ago(event.ago + chance.between(0, (event.ago / 10).min(30)));
            let payload = self.payload(event)?;
            signals.push(
                SignalDraft::new(event.source, event.kind, occurred_at, payload)
                    .with_id(format!("demo-{}-{}", event.source, chance.hex()), 0)
                    .with_email(self.event_email(event)?),
            );
        }
        signals
            .sort_by(|a, b| (a.occurred_at, &a.external_id).cmp(&(b.occurred_at, &b.external_id)));
        Ok(signals)
    }

    fn event_email(&self, event: &Event) -> Result<Option<String>, WorldError> {
        Ok(match (&event.who, &event.person) {
            (Some(who), _) => Some(self.contact(who)?.email.clone()),
            (None, Some(person)) => Some(person.email.clone()),
            (None, None) => None,
        })
    }

    fn payload(&self, event: &Event) -> Result<Map<String, Value>, WorldError> {
        let mut payload = event.payload.clone();
        if let Some(key) = &event.deal {
            let (_, deal) = self
                .deals
                .iter()
                .find(|(k, _)| k == key)
                .ok_or_else(|| WorldError(format!("no deal is {key}")))?;
            payload.insert("deal_id".into(), deal.external_id.as_str().into());
            payload.insert("deal".into(), deal.name.as_str().into());
            payload.insert("amount".into(), deal.amount.units().into());
            payload.insert("currency".into(), deal.currency.as_str().into());
            payload
                .entry("stage")
                .or_insert_with(|| deal.stage.as_str().into());
        }
        if let Some(person) = &event.person {
            payload.insert("first_name".into(), person.first_name.as_str().into());
            payload.insert("last_name".into(), person.last_name.as_str().into());
            payload.insert("company".into(), person.company.as_str().into());
        }
        if let Some(meeting) = &event.event {
            let starts_at = self.meeting_start(meeting)?;
            let ends_at = starts_at
                .checked_add(SignedDuration::from_mins(meeting.minutes))
                .unwrap_or(starts_at);
            payload.insert("starts_at".into(), starts_at.to_string().into());
            payload.insert("ends_at".into(), ends_at.to_string().into());
            let uid = Chance::of(self.seed, &starts_at.to_string()).hex();
            payload.insert("uid".into(), format!("{uid}@tidewell.example").into());
        }
        Ok(payload)
    }

    fn meeting_start(&self, meeting: &Meeting) -> Result<Timestamp, WorldError> {
        let wrong = || WorldError("a meeting has no time".into());
        if let Some(minutes) = meeting.minutes_ago {
            let at = self.ago(minutes).to_zoned(self.zone.clone());
            // Meetings begin at the full or half hour.
            let minute = if at.minute() < 30 { 0 } else { 30 };
            return at
                .with()
                .minute(minute)
                .second(0)
                .subsec_nanosecond(0)
                .build()
                .map(|at| at.timestamp())
                .map_err(|_| wrong());
        }
        let time: jiff::civil::Time = meeting
            .tomorrow_at
            .as_deref()
            .and_then(|t| t.parse().ok())
            .ok_or_else(wrong)?;
        let today = self.now.to_zoned(self.zone.clone()).date();
        today
            .checked_add(1.day())
            .and_then(|date| date.to_datetime(time).to_zoned(self.zone.clone()))
            .map(|at| at.timestamp())
            .map_err(|_| wrong())
    }

    /// Returns the outcomes of the texts, and those of a first mail to each lead some weeks ago.
    fn outcomes(&self) -> Result<Vec<PastOutcome>, WorldError> {
        let mut chance = Chance::of(self.seed, "outcomes");
        let mut outcomes = Vec::new();
        let mut add = |contact: &Contact, kind, action, at: Timestamp| {
            outcomes.push(PastOutcome {
                contact_email: contact.email.clone(),
                kind,
                action,
                at,
            });
        };
        for outcome in &self.material.events.outcome {
            let contact = self.contact(&outcome.who)?;
            let minute = chance.between(9 * 60, 17 * 60);
            let at = self
                .office(minute, firm_zone(&contact.zone), outcome.days)
                .min(self.ago(150));
            add(contact, outcome.kind, outcome.action, at);
        }
        for contact in self
            .contacts
            .iter()
            .filter(|c| c.stage == LifecycleStage::Lead)
        {
            let minute = chance.between(9 * 60, 17 * 60);
            let days = chance.between(25, 160);
            let at = self.office(minute, firm_zone(&contact.zone), days);
            let kind = match chance.between(1, 10) {
                1..=3 => OutcomeKind::EmailReplied,
                4 => OutcomeKind::NegativeResponse,
                _ => OutcomeKind::NoResponse,
            };
            add(contact, kind, ActionKind::SendEmail, at);
        }
        outcomes.sort_by(|a, b| {
            (a.at, &a.contact_email, a.kind).cmp(&(b.at, &b.contact_email, b.kind))
        });
        Ok(outcomes)
    }

    fn replies(&self) -> Vec<ScheduledReply> {
        let mut chance = Chance::of(self.seed, "replies");
        let strangers = self
            .material
            .events
            .signal
            .iter()
            .filter_map(|e| e.person.as_ref());
        let strangers: Vec<Contact> = strangers
            .map(|person| Contact {
                company: String::new(),
                first_name: person.first_name.clone(),
                last_name: person.last_name.clone(),
                email: person.email.clone(),
                title: String::new(),
                stage: LifecycleStage::Lead,
                city: String::new(),
                country: String::new(),
                zone: String::new(),
                external_id: String::new(),
                last_inbound_at: None,
                last_outbound_at: None,
            })
            .collect();
        let mut replies = Vec::new();
        let mut firm = "";
        for contact in self.contacts.iter().chain(&strangers) {
            let tempers = &self.material.replies.tempers;
            let is_first = contact.company != firm || contact.company.is_empty();
            firm = &contact.company;
            let silent_from = tempers.warm + tempers.cool + tempers.busy;
            let mut drawn = chance.between(0, 99);
            // The first of a firm is the one whom the moves are about: a demo in which nobody answers shows nothing.
            if is_first && drawn >= silent_from && chance.between(0, 3) > 0 {
                drawn = chance.between(0, tempers.warm + tempers.cool - 1);
            }
            if contact.stage == LifecycleStage::DoNotContact || drawn >= silent_from {
                continue;
            }
            if drawn >= tempers.warm + tempers.cool {
                let busy = &self.material.replies.busy;
                replies.push(ScheduledReply {
                    name: contact.name(),
                    email: contact.email.clone(),
                    actions: Vec::new(),
                    delay_seconds: u32::try_from(chance.between(8, 15)).unwrap_or(8),
                    label: ReplyLabel::OutOfOffice,
                    auto_subject: Some(busy.subject.clone()),
                    body: self.fill(&busy.text, contact) + "\n",
                });
                continue;
            }
            for group in &self.material.replies.answer {
                let answers = if drawn < tempers.warm {
                    &group.warm
                } else {
                    &group.cool
                };
                let Some(answer) = chance.pick(answers) else {
                    continue;
                };
                replies.push(ScheduledReply {
                    name: contact.name(),
                    email: contact.email.clone(),
                    actions: group.actions.clone(),
                    delay_seconds: u32::try_from(chance.between(8, 90)).unwrap_or(8),
                    label: answer.label,
                    auto_subject: None,
                    body: self.fill(&answer.text, contact) + "\n",
                });
            }
        }
        replies
    }

    fn contacts_after(&self, threads: &[Thread]) -> Vec<Contact> {
        let latest = |email: &str, direction: Direction| {
            threads
                .iter()
                .filter(|t| t.contact_email == email)
                .flat_map(|t| &t.messages)
                // A machine's answer is no sign of life.
                .filter(|m| m.direction == direction && m.headers.is_empty())
                .map(|m| m.at)
                .max()
        };
        self.contacts
            .iter()
            .cloned()
            .map(|mut contact| {
                contact.last_inbound_at = latest(&contact.email, Direction::Inbound);
                contact.last_outbound_at = latest(&contact.email, Direction::Outbound);
                contact
            })
            .collect()
    }
}

fn company(firm: &FirmCompany) -> Company {
    Company {
        key: firm.key.clone(),
        name: firm.name.clone(),
        domain: firm.domain.clone(),
        industry: firm.industry.clone(),
        city: firm.city.clone(),
        country: firm.country.clone(),
        zone: firm.zone.clone(),
        icp_fit: firm.icp_fit,
        is_logo: firm.is_logo,
        is_partner: firm.is_partner,
    }
}

fn firm_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

fn first_word(name: &str) -> String {
    name.split_whitespace().next().unwrap_or(name).to_owned()
}

/// Writes a name as it would stand before an @: lower case, no accents, dots for spaces.
fn local(name: &str) -> String {
    let mut out = String::new();
    for c in name.nfd().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '-' => out.push(c),
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'æ' => out.push_str("ae"),
            'ł' => out.push('l'),
            'ı' => out.push('i'),
            'ð' => out.push('d'),
            ' ' if !out.ends_with('.') => out.push('.'),
            _ => {}
        }
    }
    out
}
