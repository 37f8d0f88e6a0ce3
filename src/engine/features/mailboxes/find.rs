//! Where the servers of an address are: from the table of well-known hosts, from the domain's own SRV records, from where its mail goes, or from
//! the file that it publishes for mail programs; in this order, and never by a guess.

use std::time::Duration;

use serde::Serialize;

use crate::config::{MailServer, Security};
use crate::connectors::classify;
use crate::connectors::dns::{self, Kind, Record};
use crate::connectors::mail::service_records::{self, Offer, ascii_domain, is_inside};
use crate::connectors::mail::settings::MailSettings;
use crate::connectors::mail::{Protection, autoconfig, settings};
use crate::connectors::transport::{CallError, HttpSettings, HttpTransport, Transport};
use crate::domain::email::address::EmailAddress;
use crate::domain::words::words;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;

/// How long name servers may take.
const NAMES: Duration = Duration::from_secs(3);
/// How long a file of settings may take: most domains have none, and the host that it would be on often does not exist.
const FILE: Duration = Duration::from_secs(6);

words! {
    /// Where the settings of a mailbox come from.
    pub enum SettingsSource ("a source of settings") {
        /// The operator.
        Given = "given",
        /// The table of well-known mail hosts.
        Table = "table",
        /// The domain's SRV records.
        ServiceRecords = "service_records",
        /// The table, by where the domain's mail goes.
        Exchanger = "exchanger",
        /// The file that the domain publishes.
        Autoconfig = "autoconfig",
    }
}

/// Which servers are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// The one that mail is read from.
    pub imap: bool,
    /// The one that mail is handed to.
    pub smtp: bool,
}

/// Where the servers of an address are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundSettings {
    /// Where mail is read; none if it was not looked for.
    pub imap: Option<MailServer>,
    /// Where mail is handed in; none if it was not looked for.
    pub smtp: Option<MailServer>,
    /// Who says so.
    pub source: SettingsSource,
    /// The same in a sentence.
    pub told: String,
    /// What to know of signing in there; may be empty.
    pub note: String,
    /// Hosts outside the address's domain that only unsigned answers of name servers speak for: to be confirmed before anything connects.
    pub outside: Vec<String>,
}

type Place = (String, u16, Protection);

/// What one source says.
#[derive(Debug, Default)]
struct Lead {
    imap: Option<Place>,
    smtp: Option<Place>,
    note: String,
}

impl From<MailSettings> for Lead {
    fn from(known: MailSettings) -> Self {
        Self {
            imap: Some(known.imap),
            smtp: Some(known.smtp),
            note: known.note.to_owned(),
        }
    }
}

impl Lead {
    const fn is_enough(&self, needed: Needed) -> bool {
        (self.imap.is_some() || !needed.imap) && (self.smtp.is_some() || !needed.smtp)
    }

    fn found(self, source: SettingsSource, told: String, needed: Needed) -> FoundSettings {
        let server = |place: Option<Place>, is_needed: bool| {
            let (host, port, protection) = place.filter(|_| is_needed)?;
            Some(MailServer {
                host,
                port,
                security: match protection {
                    Protection::Tls => Security::Tls,
                    Protection::StartTls => Security::StartTls,
                    Protection::None => Security::None,
                },
            })
        };
        FoundSettings {
            imap: server(self.imap, needed.imap),
            smtp: server(self.smtp, needed.smtp),
            source,
            told,
            note: self.note,
            outside: Vec::new(),
        }
    }
}

/// Why no source says anything: what each was asked and answered.
#[derive(Debug, Default)]
struct Tried {
    said: Vec<String>,
    /// Whether the name servers are silent, so that they need not be asked again.
    is_deaf: bool,
}

impl Tried {
    fn add(&mut self, what: impl Into<String>) {
        self.said.push(what.into());
    }

    fn nothing(self, domain: &str) -> EngineError {
        EngineError::Outside(format!(
            "No mail servers were found for {domain}: {}. Nothing was added. Ask your mail host for their names and give them by hand: --imap HOST[:PORT] --smtp HOST[:PORT] (many hosts have imap.{domain} and smtp.{domain}).",
            self.said.join("; ")
        ))
    }
}

impl Engine {
    /// Finds the servers of an address. A well-known host is found without asking anybody.
    ///
    /// # Errors
    /// If nobody says where they are; the message says what was asked and how to give them by hand.
    pub fn find_mail_settings(
        &self,
        address: &EmailAddress,
        needed: Needed,
    ) -> Result<FoundSettings> {
        let given = address.domain();
        let mut tried = Tried::default();
        if let Some(known) = settings::known(given) {
            let told = format!("{given} is a well-known mail host");
            return Ok(Lead::from(known).found(SettingsSource::Table, told, needed));
        }
        tried.add("it is none of the well-known mail hosts");
        let Some(domain) = ascii_domain(given) else {
            tried.add("it is no domain of the internet");
            return Err(tried.nothing(given));
        };
        if let Some(found) = self.by_service_records(&domain, needed, &mut tried)? {
            return Ok(found);
        }
        if !tried.is_deaf
            && let Some(found) = self.by_exchanger(&domain, needed, &mut tried)
        {
            return Ok(found);
        }
        if let Some(found) = self.by_autoconfig(&domain, needed, &mut tried) {
            return Ok(found);
        }
        Err(tried.nothing(&domain))
    }

    fn name_servers(&self) -> Vec<std::net::SocketAddr> {
        match self.config().network.dns_server() {
            Some(server) => vec![server],
            None => dns::system_servers(),
        }
    }

    fn by_service_records(
        &self,
        domain: &str,
        needed: Needed,
        tried: &mut Tried,
    ) -> Result<Option<FoundSettings>> {
        let draw = self.core().env.draw();
        let offers = match service_records::ask(&self.name_servers(), domain, draw, NAMES) {
            Ok(offers) => offers,
            Err(error) => {
                tried.add(format!(
                    "its SRV and MX records could not be asked for ({error})"
                ));
                tried.is_deaf = true;
                return Ok(None);
            }
        };
        for (offer, is_needed, what) in [
            (&offers.imap, needed.imap, "IMAP"),
            (&offers.smtp, needed.smtp, "handing in mail by SMTP"),
        ] {
            if is_needed && *offer == Offer::Refused {
                return Err(EngineError::Outside(format!(
                    "{domain} says by its SRV records that it does not offer {what}. Nothing was added. If you know better, name the servers: --imap HOST[:PORT] --smtp HOST[:PORT]."
                )));
            }
        }
        let place = |offer: Offer| match offer {
            Offer::At(host, port, protection) => Some((host, port, protection)),
            Offer::Silent | Offer::Refused => None,
        };
        let lead = Lead {
            imap: place(offers.imap),
            smtp: place(offers.smtp),
            note: String::new(),
        };
        if !lead.is_enough(needed) {
            tried.add(match (&lead.imap, &lead.smtp) {
                (None, None) => "it has no SRV records of mail servers",
                (None, Some(_)) => "its SRV records name no IMAP server",
                (Some(_), _) => "its SRV records name no server to hand mail to",
            });
            return Ok(None);
        }
        let told = format!("{domain} names them by its SRV records");
        let mut found = lead.found(SettingsSource::ServiceRecords, told, needed);
        found.outside = [&found.imap, &found.smtp]
            .into_iter()
            .flatten()
            .map(|server| server.host.clone())
            .filter(|host| !is_inside(host, domain))
            .collect();
        found.outside.dedup();
        Ok(Some(found))
    }

    fn by_exchanger(
        &self,
        domain: &str,
        needed: Needed,
        tried: &mut Tried,
    ) -> Option<FoundSettings> {
        let records = match dns::ask(&self.name_servers(), domain, Kind::Mx, NAMES) {
            Ok(records) => records,
            Err(error) => {
                tried.add(format!("its MX records could not be asked for ({error})"));
                return None;
            }
        };
        let mut hosts: Vec<(u16, String)> = records
            .into_iter()
            .filter_map(|record| match record {
                Record::Exchanger { preference, host } => Some((preference, host)),
                Record::Text(_) | Record::Service(_) => None,
            })
            .filter(|(_, host)| !host.is_empty())
            .collect();
        hosts.sort();
        // A domain's mail goes to the first; the others stand in for it.
        let Some((_, first)) = hosts.first() else {
            tried.add("it takes no mail (no MX record)");
            return None;
        };
        let Some(known) = settings::by_exchanger(first) else {
            tried.add(format!(
                "its mail goes to {first}, which is no well-known host"
            ));
            return None;
        };
        let told = format!("mail for {domain} goes to {first}, a well-known mail host");
        Some(Lead::from(known).found(SettingsSource::Exchanger, told, needed))
    }

    fn by_autoconfig(
        &self,
        domain: &str,
        needed: Needed,
        tried: &mut Tried,
    ) -> Option<FoundSettings> {
        let network = &self.config().network;
        let base = crate::engine::outside::settings(network);
        let limits = HttpSettings {
            connect: base.connect.min(FILE / 2),
            read: base.read.min(FILE / 2),
            whole: base.whole.min(FILE),
            max_bytes: autoconfig::MAX_BYTES,
            ..base
        };
        let transport = HttpTransport::new(limits, classify);
        let urls: Vec<String> = network
            .mail_settings_urls
            .iter()
            .map(|url| url.replace("{domain}", domain))
            .collect();
        let request = autoconfig::fetch();
        // All at once, as those that do not exist take longest; the first in order counts.
        let answers: Vec<Result<Vec<u8>, CallError>> = std::thread::scope(|threads| {
            let asked: Vec<_> = urls
                .iter()
                .map(|url| threads.spawn(|| transport.send(url, None, &request).map(|r| r.body)))
                .collect();
            asked
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        for (url, answer) in urls.iter().zip(answers) {
            let shown = url.split('?').next().unwrap_or(url);
            let named = match answer {
                Ok(body) => autoconfig::parse(&body, domain).map_err(|e| e.to_string()),
                Err(error) => Err(error.message),
            };
            let named = match named {
                Ok(named) => named,
                Err(reason) => {
                    tried.add(format!("{shown}: {reason}"));
                    continue;
                }
            };
            let lead = Lead {
                note: if named.by_local_part {
                    "The host knows you by the part before the @: --user says so.".into()
                } else {
                    String::new()
                },
                imap: named.imap,
                smtp: named.smtp,
            };
            if lead.is_enough(needed) {
                let told = format!("{domain} publishes them at {shown}");
                return Some(lead.found(SettingsSource::Autoconfig, told, needed));
            }
            tried.add(format!(
                "{shown} names no servers with TLS that mail is read from and handed to"
            ));
        }
        None
    }
}
