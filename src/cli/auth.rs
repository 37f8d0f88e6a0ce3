//! `caseyos auth`: signing in to the providers and mailboxes, and the state of the accounts.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;

use super::Run;
use super::browser;
use super::mail::imap;
use super::output::{Ending, moment};
use super::prompt::{ask_line, ask_passphrase, ask_secret, can_ask, secret_from_stdin};
use crate::config::edit::{edit, set};
use crate::config::{MailAuth, MailKind};
use crate::domain::account::SecretChoice;
use crate::domain::email::address::EmailAddress;
use crate::domain::service::{Provider, ProviderRow, Way};
use crate::domain::text::clean_line;
use crate::engine::queries::accounts::{AccountStanding, AccountState};
use crate::engine::{Asking, Engine, EngineError, Said, SignedIn};
use crate::env::file;
use crate::secrets::Secret;

/// Seconds that the operator has to consent in the browser.
const WAIT: u64 = 300;
/// A longer file is not Google's.
const MAX_CLIENT_FILE: u64 = 64 * 1024;

/// The subcommand's arguments.
#[derive(Debug, Args)]
#[command(
    about = format!("Sign in to {} and mailboxes, check account status, sign out", labels(|_| true, ", ")),
    long_about = format!(
        "Sign in to {} and mailboxes, check account status, sign out.\n\nTokens and passwords go into the system's keyring or, on request, into a file sealed with a passphrase; never in plain text onto the disk.",
        labels(|_| true, ", ")
    )
)]
pub(super) struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
enum AuthCommand {
    #[command(
        about = format!("Sign in to {} or a mailbox", provider_names()),
        after_help = "Examples:\n  caseyos auth login google --client client_secret.json     (the file that Google lets you download)\n  caseyos auth login google --no-browser                    (prints the address; paste what comes back)\n  caseyos auth login google --mail-server                   (also for Google's IMAP and SMTP servers)\n  caseyos auth login hubspot                                (a service key or private-app token, pasted)\n  pass show hubspot | caseyos auth login hubspot --token-stdin\n  caseyos auth login hubspot --oauth\n  caseyos auth login mail work                              (the password of the mailbox `work`)\n  caseyos auth login mail casey@firm.example                (finds its servers, adds the mailbox, takes the password)\n  caseyos auth login google --keep file                     (where there is no keyring)"
    )]
    Login(LoginArgs),
    /// Show each account: user, rights, expiry, place of its secret, and the fix if it needs one.
    ///
    /// Exit code 0 if all is fine, 3 if something needs fixing.
    #[command(after_help = "Examples:\n  caseyos auth status\n  caseyos auth status --json")]
    Status,
    /// Sign out: revoke the token at the provider, and remove it here in any case.
    #[command(
        after_help = "Examples:\n  caseyos auth logout google\n  caseyos auth logout mail work"
    )]
    Logout {
        #[arg(help = format!("{} or mail", provider_names()))]
        account: Whom,
        /// Name of the mailbox, for mail.
        mailbox: Option<String>,
    },
}

/// The account to sign in to or out of: a provider's, or a mailbox's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Provider(Provider),
    Mail,
}

impl ValueEnum for Whom {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Whom>> = LazyLock::new(|| {
            let providers = Provider::ALL.iter().copied().map(Whom::Provider);
            providers.chain([Whom::Mail]).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Provider(provider) => provider.as_str(),
            Self::Mail => "mail",
        }))
    }
}

/// Returns the providers' names for a sentence: "google, hubspot".
fn provider_names() -> String {
    let names: Vec<&str> = Provider::ALL.iter().map(|p| p.as_str()).collect();
    names.join(", ")
}

/// Returns the labels of the providers whose row is so, for a sentence.
fn labels(is_so: impl Fn(&ProviderRow) -> bool, between: &str) -> String {
    let rows = Provider::ALL.iter().map(|provider| provider.row());
    let labels: Vec<&str> = rows.filter(|row| is_so(row)).map(|row| row.label).collect();
    labels.join(between)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Keep {
    Keyring,
    Keyutils,
    File,
}

#[derive(Debug, Args)]
struct LoginArgs {
    #[arg(help = format!("{} or mail", provider_names()))]
    account: Whom,
    /// Name or address of the mailbox, for mail. An address without a mailbox adds one, with the servers found for it.
    mailbox: Option<String>,
    /// Don't open a browser: print the address and read the answer from standard input, as the address of the failed page or the code.
    #[arg(long)]
    no_browser: bool,
    /// Local port that the browser is sent back to; any free one by default.
    #[arg(long)]
    port: Option<u16>,
    /// Seconds to wait for your consent.
    #[arg(long, default_value_t = WAIT, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// Your app's file as downloaded from Google; its id goes into the configuration, its secret to the other secrets.
    #[arg(long, value_name = "FILE")]
    client: Option<PathBuf>,
    /// Ask Google for the right that its IMAP and SMTP servers need, for mailboxes with `auth = "oauth2"`; the default once there is such a mailbox.
    #[arg(long)]
    mail_server: bool,
    #[arg(long, help = format!(
        "Sign in to {} by OAuth with an app of your own instead of a token",
        labels(|row| row.token().is_some() && row.consent().is_some(), " or ")
    ))]
    oauth: bool,
    #[arg(long, help = format!(
        "Read {}'s token from standard input",
        labels(|row| row.token().is_some(), "'s or ")
    ))]
    token_stdin: bool,
    /// Read the mailbox's password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Accept servers outside the address's domain without asking, even if only DNS names them.
    #[arg(long)]
    yes: bool,
    /// Keep secrets from now on in the system's keyring, in the Linux kernel's (keyutils, which forgets at a restart) or in a file sealed with a passphrase; sets `secrets.backend`.
    #[arg(long)]
    keep: Option<Keep>,
}

pub(super) fn run(run: &mut Run<'_>, args: &AuthArgs) -> Result<Ending, EngineError> {
    match &args.command {
        AuthCommand::Login(args) => login(run, args),
        AuthCommand::Status => status(run),
        AuthCommand::Logout { account, mailbox } => logout(run, *account, mailbox.as_deref()),
    }
}

fn login(run: &mut Run<'_>, args: &LoginArgs) -> Result<Ending, EngineError> {
    super::listen_for_interrupt(&run.interrupt);
    run.engine()?;
    if let Some(keep) = args.keep {
        let choice = match keep {
            Keep::Keyring => SecretChoice::Keyring,
            Keep::Keyutils => SecretChoice::Keyutils,
            Keep::File => SecretChoice::File,
        };
        edit(&run.paths.config, |document| {
            set(document, "secrets", "backend", choice.as_str());
        })?;
    }
    let asked = Asked::default();
    let engine = asking_engine(run, &asked)?;
    let place = engine.ready_to_keep()?;
    let provider = match args.account {
        Whom::Provider(provider) => provider,
        Whom::Mail => {
            let (engine, name) = mailbox_to_sign_in(run, engine, &asked, args)?;
            let signed_in = login_mailbox(&engine, name.as_deref(), args)?;
            return show_signed_in(run, &signed_in);
        }
    };
    let row = provider.row();
    let wanted = |way: &&Way| !args.oauth || matches!(way, Way::Consent(_));
    let signed_in = match row.ways.iter().find(wanted) {
        Some(Way::Token(way)) => {
            let token = if args.token_stdin || !can_ask() {
                secret_from_stdin("The token")?
            } else {
                ask_secret(&format!("{} {}", row.label, way.noun))?
            };
            engine.sign_in_with_token(provider, way, &token)?
        }
        Some(Way::Consent(_)) => {
            let engine = introduce(run, engine, &asked, provider, args)?;
            run.out
                .talk(&format!("The token will be kept in {}.", place.describe()))?;
            consent(run, &engine, provider, args)?
        }
        // The engine says why not.
        None => consent(run, &engine, provider, args)?,
    };
    show_signed_in(run, &signed_in)
}

/// The passphrase that was asked for: signing in may open the engine twice, and one question is enough.
type Asked = Arc<OnceLock<Secret>>;

/// Opens the engine with somebody to ask for the passphrase.
fn asking_engine(run: &Run<'_>, asked: &Asked) -> Result<Engine, EngineError> {
    let engine = run.engine()?;
    let asked = Arc::clone(asked);
    engine.ask_passphrase_with(move |is_new| {
        if asked.get().is_none() {
            let passphrase = ask_passphrase(is_new)?;
            asked.get_or_init(|| passphrase);
        }
        asked.get().cloned()
    })?;
    Ok(engine)
}

/// Returns the name of the chosen mailbox; one given by its address alone is added first.
fn mailbox_to_sign_in(
    run: &mut Run<'_>,
    engine: Engine,
    asked: &Asked,
    args: &LoginArgs,
) -> Result<(Engine, Option<String>), EngineError> {
    let boxes = &engine.config().mail.accounts;
    let given = args.mailbox.as_deref();
    let named = boxes
        .iter()
        .find(|a| given == Some(a.name.as_str()))
        .or_else(|| {
            boxes.iter().find(|a| {
                a.kind == MailKind::Imap && given.is_some_and(|g| a.user.eq_ignore_ascii_case(g))
            })
        });
    let address = given.and_then(|text| EmailAddress::parse(text).ok());
    match (named, address) {
        (Some(named), _) => {
            let name = named.name.clone();
            Ok((engine, Some(name)))
        }
        (None, None) => Ok((engine, args.mailbox.clone())),
        (None, Some(address)) => {
            let added = imap::add(run, &imap::ImapArgs::of(address, args.yes))?;
            if !run.out.is_json() {
                imap::show(run, &added)?;
            }
            Ok((asking_engine(run, asked)?, Some(added.account.name)))
        }
    }
}

fn login_mailbox(
    engine: &Engine,
    name: Option<&str>,
    args: &LoginArgs,
) -> Result<SignedIn, EngineError> {
    let boxes = &engine.config().mail.accounts;
    let mut imap = boxes.iter().filter(|a| a.kind == MailKind::Imap);
    let found = match name {
        Some(name) => boxes.iter().find(|a| a.name == name),
        None => imap.next().filter(|_| imap.next().is_none()),
    };
    let Some(mailbox) = found else {
        return Err(EngineError::Input(
            "Name a mailbox of the configuration (`caseyos mail list`) or an address: caseyos auth login mail NAME.".into(),
        ));
    };
    if mailbox.kind != MailKind::Imap {
        return Err(EngineError::Input(format!(
            "The mailbox \"{}\" is of kind {} and has no password.",
            mailbox.name, mailbox.kind
        )));
    }
    if mailbox.auth == MailAuth::OAuth2 {
        return Err(EngineError::Input(format!(
            "The mailbox \"{}\" shows its servers the Google account's token and has no password: caseyos auth login google --mail-server.",
            mailbox.name
        )));
    }
    let password = if args.password_stdin || !can_ask() {
        secret_from_stdin("The password")?
    } else {
        ask_secret(&format!("Password of the mailbox {}", mailbox.name))?
    };
    engine.keep_password(&mailbox.name, "", &password)
}

/// The operator's app as Google describes it.
#[derive(Deserialize)]
struct ClientFile {
    installed: Option<ClientPart>,
    web: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct ClientPart {
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// Makes sure that the operator's own app is known: from the file that was given, or by asking.
fn introduce(
    run: &mut Run<'_>,
    engine: Engine,
    asked: &Asked,
    provider: Provider,
    args: &LoginArgs,
) -> Result<Engine, EngineError> {
    let known = engine.config().client_id(provider).to_owned();
    let (id, secret) = match &args.client {
        Some(path) => {
            let part = read_client(path)?;
            (part.client_id, Some(Secret::new(part.client_secret)))
        }
        None if known.is_empty() && can_ask() && !args.no_browser => {
            let id = ask_line(run, &format!("Client id of your {provider} app"), "")?;
            (id, None)
        }
        None => (known.clone(), None),
    };
    let secret = match secret {
        Some(secret) => Some(secret),
        None if !id.is_empty()
            && can_ask()
            && !args.no_browser
            && !engine.has_client_secret(provider)? =>
        {
            Some(ask_secret("Client secret; empty if there is none")?)
        }
        None => None,
    };
    if let Some(secret) = secret.filter(|s| !s.is_empty()) {
        engine.keep_client_secret(provider, &secret)?;
    }
    if id == known {
        return Ok(engine);
    }
    edit(&run.paths.config, |document| {
        set(document, provider.as_str(), "client_id", &id);
    })?;
    asking_engine(run, asked)
}

fn read_client(path: &Path) -> Result<ClientPart, EngineError> {
    let wrong = |why: String| {
        EngineError::Input(format!("{}: {why}. Nothing was changed.", path.display()))
    };
    let text = file::read(path, MAX_CLIENT_FILE).map_err(|e| wrong(e.to_string()))?;
    // serde's own words may quote the secret.
    let file: ClientFile = serde_json::from_slice(&text)
        .map_err(|_| wrong("it is no client file as Google writes it".into()))?;
    match (file.installed, file.web) {
        (Some(part), _) if !part.client_id.is_empty() => Ok(part),
        (None, Some(_)) => Err(wrong(
            "it describes a web application; make an OAuth client of type \"Desktop app\"".into(),
        )),
        _ => Err(wrong("it holds no \"installed\" client with an id".into())),
    }
}

fn consent(
    run: &mut Run<'_>,
    engine: &Engine,
    provider: Provider,
    args: &LoginArgs,
) -> Result<SignedIn, EngineError> {
    let asking = Asking {
        wait: Duration::from_secs(args.wait),
        mail_server: args.mail_server,
        port: args.port,
        pasted: args.no_browser.then(pasted_lines),
        interrupt: &Arc::clone(&run.interrupt),
    };
    let opens = !args.no_browser;
    let out = &mut *run.out;
    let mut failed = None;
    let signed_in = engine.sign_in(provider, &asking, &mut |said| {
        let text = match said {
            Said::Note(text) => text,
            Said::Open(url) if opens && browser::open(&url) => {
                format!("Your browser opens for your consent. If it does not, open:\n\n{url}\n")
            }
            Said::Open(url) if opens => format!(
                "No browser can be opened from here. Open this address on this machine, or start again with --no-browser:\n\n{url}\n"
            ),
            Said::Open(url) => format!(
                "Open this address:\n\n{url}\n\nWhen you have consented, the browser goes to an address of this machine. If it cannot be reached from where the browser is, paste that whole address here:"
            ),
        };
        failed = out.talk(&text).err().or(failed.take());
    })?;
    failed.map_or(Ok(signed_in), Err)
}

/// Hands on each line of standard input. The thread ends with the input or the process.
fn pasted_lines() -> Receiver<String> {
    let (sender, receiver) = sync_channel(8);
    let spawned = std::thread::Builder::new()
        .name("pasted".into())
        .spawn(move || {
            for line in std::io::stdin().lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    // Without the thread the channel is closed, and the browser's way remains.
    drop(spawned);
    receiver
}

fn show_signed_in(run: &mut Run<'_>, signed_in: &SignedIn) -> Result<Ending, EngineError> {
    if run.out.is_json() {
        run.out.json(signed_in)?;
    } else {
        let whose = if signed_in.address.is_empty() {
            String::new()
        } else {
            format!(" as {}", signed_in.address)
        };
        run.out.line(&format!(
            "Signed in to {}{whose}. The secret is kept in {}.",
            signed_in.account,
            signed_in.kept_in.describe()
        ))?;
        for missing in &signed_in.missing {
            run.out.line(&format!(
                "Not given: {}. Without it {}.",
                missing.scope, missing.without
            ))?;
        }
    }
    Ok(if signed_in.missing.is_empty() {
        Ending::Done
    } else {
        Ending::Partly
    })
}

fn status(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let accounts = engine.accounts()?;
    if run.out.is_json() {
        run.out.json(&accounts)?;
    } else {
        for account in &accounts {
            show_account(run, &engine, account)?;
        }
    }
    let worst = accounts.iter().map(|a| a.standing).max();
    Ok(match worst {
        None | Some(AccountStanding::SignedOut) => Ending::Nothing,
        Some(AccountStanding::Fine) => Ending::Done,
        Some(AccountStanding::Warning | AccountStanding::Broken) => Ending::Partly,
    })
}

fn show_account(
    run: &mut Run<'_>,
    engine: &Engine,
    account: &AccountState,
) -> Result<(), EngineError> {
    let standing = match account.standing {
        AccountStanding::SignedOut => "not signed in",
        AccountStanding::Fine => "fine",
        AccountStanding::Warning => "works, with a warning",
        AccountStanding::Broken => "does not work",
    };
    let whose = if account.address.is_empty() {
        String::new()
    } else {
        format!(" ({})", account.address)
    };
    run.out
        .heading(&format!("{}{whose}: {standing}", account.account))?;
    let at = |t| moment(t, engine.now(), &engine.zone());
    let mut lines = Vec::new();
    if let Some(place) = account.kept_in {
        lines.push(("secret", format!("in {}", place.describe())));
    }
    if let Some(granted) = account.granted_at {
        lines.push(("since", at(granted)));
    }
    match (account.expires_at, account.refreshed_at) {
        (Some(expires), Some(refreshed)) => lines.push((
            "token",
            format!("until {}, refreshed {}", at(expires), at(refreshed)),
        )),
        (Some(expires), None) => lines.push(("token", format!("until {}", at(expires)))),
        (None, _) => {}
    }
    if !account.scopes.is_empty() {
        let short = |scope: &str| {
            let scope = scope.trim_end_matches('/');
            clean_line(scope.rsplit('/').next().unwrap_or(scope), 80)
        };
        let names: Vec<String> = account.scopes.iter().map(|s| short(s)).collect();
        lines.push(("rights", names.join(", ")));
    }
    for missing in &account.missing {
        lines.push(("missing", format!("{}: {}", missing.scope, missing.without)));
    }
    if !account.problem.is_empty() {
        lines.push(("problem", account.problem.clone()));
    }
    if !account.fix.is_empty() {
        lines.push(("fix", account.fix.clone()));
    }
    if account.standing == AccountStanding::SignedOut {
        let what = account.account.replace(':', " ");
        lines.push(("sign in", format!("caseyos auth login {what}")));
    }
    for (what, text) in lines {
        run.out.line(&format!("  {what:<8} {text}"))?;
    }
    Ok(())
}

fn logout(run: &mut Run<'_>, whom: Whom, mailbox: Option<&str>) -> Result<Ending, EngineError> {
    let engine = asking_engine(run, &Asked::default())?;
    let name = match (whom, mailbox) {
        (Whom::Provider(provider), _) => provider.to_string(),
        (Whom::Mail, Some(mailbox)) => format!("mail:{mailbox}"),
        (Whom::Mail, None) => {
            return Err(EngineError::Input(
                "Name the mailbox: caseyos auth logout mail NAME.".into(),
            ));
        }
    };
    let signed_out = engine.sign_out(&name)?;
    if run.out.is_json() {
        run.out.json(&signed_out)?;
    } else if signed_out.removed {
        let withdrawn = if signed_out.revoked == Some(true) {
            " The provider has withdrawn the token."
        } else {
            ""
        };
        run.out.line(&format!("Signed out of {name}.{withdrawn}"))?;
    } else {
        run.out.line(&format!("Nobody was signed in to {name}."))?;
    }
    if !signed_out.note.is_empty() {
        run.out.talk(&signed_out.note)?;
    }
    Ok(match (signed_out.removed, signed_out.revoked) {
        (false, _) => Ending::Nothing,
        (true, Some(false)) => Ending::Partly,
        (true, _) => Ending::Done,
    })
}
