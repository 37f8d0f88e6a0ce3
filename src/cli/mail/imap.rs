//! `caseyos mail add imap`: a mailbox on servers, which are found by its address or given by hand.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Run;
use crate::cli::output::Ending;
use crate::cli::prompt::{ask_line, can_ask};
use crate::config::edit::{edit, set_mail_account};
use crate::config::{MailAccount, MailAuth, MailKind, MailServer, Security};
use crate::domain::email::address::EmailAddress;
use crate::engine::{EngineError, FoundSettings, Needed, SettingsSource};

#[derive(Debug, Args)]
pub(in crate::cli) struct ImapArgs {
    /// The mailbox's address.
    address: EmailAddress,
    /// Name of the mailbox; the address's domain by default.
    #[arg(long)]
    name: Option<String>,
    /// User name at the servers; the address by default.
    #[arg(long)]
    user: Option<String>,
    /// The IMAP server.
    #[arg(long, value_name = "HOST[:PORT]")]
    imap: Option<String>,
    /// The SMTP server.
    #[arg(long, value_name = "HOST[:PORT]")]
    smtp: Option<String>,
    /// Protection of the connections; by the port if not given.
    #[arg(long)]
    security: Option<Security>,
    /// Sign in with the Google account's token instead of a password; `caseyos auth login google --mail-server` asks for the right.
    #[arg(long)]
    oauth2: bool,
    /// Another folder to read; repeatable.
    #[arg(long = "folder", value_name = "FOLDER")]
    folders: Vec<String>,
    /// Further certificates to trust, in PEM.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Only show the servers that were found, and where they come from.
    #[arg(long)]
    dry_run: bool,
    /// Accept servers outside the address's domain without asking, even if only DNS names them.
    #[arg(long)]
    yes: bool,
}

impl ImapArgs {
    /// Returns what adds a mailbox by its address alone.
    pub(in crate::cli) fn of(address: EmailAddress, yes: bool) -> Self {
        Self {
            address,
            name: None,
            user: None,
            imap: None,
            smtp: None,
            security: None,
            oauth2: false,
            folders: Vec::new(),
            ca_file: None,
            dry_run: false,
            yes,
        }
    }
}

/// A mailbox and where its settings come from.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Added {
    /// The mailbox.
    #[serde(flatten)]
    pub account: MailAccount,
    /// True if it is in the configuration now.
    added: bool,
    settings_from: SettingsSource,
    /// The same in a sentence.
    told: String,
    note: String,
    outside: Vec<String>,
}

pub(super) fn run(run: &mut Run<'_>, args: &ImapArgs) -> Result<Ending, EngineError> {
    let added = add(run, args)?;
    if run.out.is_json() {
        run.out.json(&added)?;
    } else {
        show(run, &added)?;
        if added.added {
            let name = &added.account.name;
            let sign_in = match added.account.auth {
                MailAuth::Password => {
                    format!("`caseyos auth login mail {name}` takes the password")
                }
                MailAuth::OAuth2 => {
                    "`caseyos auth login google --mail-server` signs in, if you have not yet".into()
                }
            };
            run.out.line(&format!(
                "{sign_in}, and `caseyos mail check {name}` tries it."
            ))?;
        }
    }
    Ok(Ending::Done)
}

/// Finds the servers, has them confirmed where that is due, and writes the mailbox into the configuration.
pub(in crate::cli) fn add(run: &mut Run<'_>, args: &ImapArgs) -> Result<Added, EngineError> {
    let engine = run.engine()?;
    let needed = Needed {
        imap: args.imap.is_none(),
        smtp: args.smtp.is_none(),
    };
    let found = if needed.imap || needed.smtp {
        engine.find_mail_settings(&args.address, needed)?
    } else {
        FoundSettings {
            imap: None,
            smtp: None,
            source: SettingsSource::Given,
            told: "they were given by hand".into(),
            note: String::new(),
            outside: Vec::new(),
        }
    };
    let account = account(args, &found)?;
    let mut added = Added {
        account,
        added: false,
        settings_from: found.source,
        told: found.told,
        note: found.note,
        outside: found.outside,
    };
    if args.dry_run {
        return Ok(added);
    }
    confirm(run, args, &added)?;
    edit(&run.paths.config, |document| {
        set_mail_account(document, &added.account)
    })?;
    added.added = true;
    Ok(added)
}

fn account(args: &ImapArgs, found: &FoundSettings) -> Result<MailAccount, EngineError> {
    let ca_file = match &args.ca_file {
        None => String::new(),
        Some(path) => std::path::absolute(path)
            .map_err(|e| EngineError::Input(format!("{} cannot be used: {e}.", path.display())))?
            .display()
            .to_string(),
    };
    let server = |given: &Option<String>, found: &Option<MailServer>, usual| {
        let mut server = match given {
            Some(text) => server(text, args.security, usual)?,
            None => found.clone().unwrap_or_default(),
        };
        if let Some(security) = args.security {
            server.security = security;
        }
        Ok::<_, EngineError>(server)
    };
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| args.address.domain().to_owned());
    Ok(MailAccount {
        user: args
            .user
            .clone()
            .unwrap_or_else(|| args.address.to_string()),
        auth: if args.oauth2 {
            MailAuth::OAuth2
        } else {
            MailAuth::Password
        },
        imap: Some(server(&args.imap, &found.imap, (993, 143))?),
        smtp: Some(server(&args.smtp, &found.smtp, (465, 587))?),
        folders: args.folders.clone(),
        ca_file,
        ..MailAccount::new(name, MailKind::Imap)
    })
}

/// Reads a server as it is given by hand. `usual` are the ports with TLS from the first byte and without.
fn server(
    text: &str,
    security: Option<Security>,
    usual: (u16, u16),
) -> Result<MailServer, EngineError> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => {
            let port = port.parse().map_err(|_| {
                EngineError::Input(format!(
                    "\"{text}\" has no port after the colon. Nothing was added."
                ))
            })?;
            (host, port)
        }
        None => match security {
            None | Some(Security::Tls) => (text, usual.0),
            Some(Security::StartTls | Security::None) => (text, usual.1),
        },
    };
    Ok(MailServer {
        host: host.to_owned(),
        port,
        security: match port {
            143 | 587 | 25 => Security::StartTls,
            _ => Security::Tls,
        },
    })
}

/// Has the operator look at hosts that only unsigned answers of name servers speak for (RFC 6186, section 6).
fn confirm(run: &mut Run<'_>, args: &ImapArgs, added: &Added) -> Result<(), EngineError> {
    if added.outside.is_empty() || args.yes {
        return Ok(());
    }
    let hosts = added.outside.join(" and ");
    let domain = args.address.domain();
    if !can_ask() {
        return Err(EngineError::Input(format!(
            "{domain} names {hosts} by its SRV records, outside itself, and whoever can forge an answer of DNS could name a host of their own. Nothing was added. If {hosts} is your mail host, say so with --yes."
        )));
    }
    run.out.talk(&format!(
        "{domain} names {hosts} by its SRV records, outside itself. Your password would go there."
    ))?;
    let answer = ask_line(run, "Is that your mail host? [y/N]", "")?;
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(EngineError::Input(
            "Nothing was added. --imap HOST[:PORT] and --smtp HOST[:PORT] name others.".into(),
        ))
    }
}

/// Shows the servers and who says so.
pub(in crate::cli) fn show(run: &mut Run<'_>, added: &Added) -> Result<(), EngineError> {
    let name = &added.account.name;
    run.out.line(&if added.added {
        format!("Mailbox {name} added. Mail leaves from the first mailbox of the configuration.")
    } else {
        format!("Nothing was written. Mailbox {name} would be:")
    })?;
    super::show_servers(run, &added.account)?;
    run.out.line(&format!("  from  {}", added.told))?;
    if !added.outside.is_empty() {
        run.out.line(&format!(
            "  outside the domain, by the word of DNS alone: {}",
            added.outside.join(", ")
        ))?;
    }
    if !added.note.is_empty() {
        run.out.line(&added.note)?;
    }
    Ok(())
}
