//! Configuration: `config.toml`, its place, and its keys.
//!
//! An unknown key is an error with its line and a suggestion. Every key stands with a comment in `config.example.toml`, which a test
//! compares with the defaults here.

pub mod edit;

mod approval;
mod audit;
mod limits;
mod mail;
mod metrics;
mod network;
mod operator;
mod outbox;
mod paths;
mod providers;
mod secrets;
mod serve;
mod sync;
mod timers;
mod ui;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use approval::ApprovalConfig;
pub use audit::AuditConfig;
pub use limits::{LimitsConfig, RampConfig, SendWindow};
pub use mail::{MailAccount, MailAuth, MailConfig, MailKind, MailServer, Security};
pub use metrics::{MetricsConfig, Minutes};
pub use network::NetworkConfig;
pub use operator::{Operator, check_address};
pub use outbox::OutboxConfig;
pub use paths::Paths;
pub use providers::{GoogleConfig, HubspotConfig, HubspotVersion};
pub use secrets::SecretsConfig;
pub use serve::ServeConfig;
pub use sync::SyncConfig;
pub use timers::Timers;
pub use ui::{Ui, UiTheme};

use crate::domain::aps::Weights;
use crate::domain::guard::Mode;
use crate::domain::nearest;
use crate::env::file;

/// The commented example, which `caseyos init` writes.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The operator's settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The result of an approval: `draft`, `dry-run` or `live`. An unknown word reads as `draft`.
    #[serde(deserialize_with = "mode_or_draft")]
    pub mode: Mode,
    /// The operator.
    pub operator: Operator,
    /// The hours for mail.
    pub send_window: SendWindow,
    /// Limits on the amount of mail.
    pub limits: LimitsConfig,
    /// The wait and the order of approved mail.
    pub outbox: OutboxConfig,
    /// Bounds of approval rules.
    pub approval: ApprovalConfig,
    /// Retention of the audit trail.
    pub audit: AuditConfig,
    /// Mailboxes.
    pub mail: MailConfig,
    /// Google's account.
    pub google: GoogleConfig,
    /// HubSpot's account.
    pub hubspot: HubspotConfig,
    /// The network.
    pub network: NetworkConfig,
    /// Intervals between readings of the sources.
    pub sync: SyncConfig,
    /// The place of secrets.
    pub secrets: SecretsConfig,
    /// The receiver of webhooks.
    pub serve: ServeConfig,
    /// Delays after which silence and dates make moves.
    pub timers: Timers,
    /// The weights of a score's parts.
    pub score: ScoreConfig,
    /// Targets of the metrics.
    pub metrics: MetricsConfig,
    /// The terminal's look.
    pub ui: Ui,
}

/// The score's settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreConfig {
    /// Weights that sum to 1.
    pub weights: Weights,
}

fn mode_or_draft<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
    Ok(String::deserialize(deserializer)?
        .parse()
        .unwrap_or_default())
}

/// A fault of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be used: {}.", .path.display(), file::said(.source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file has a wrong key or value.
    #[error("{}:{line}: {message}", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The mistake, and the likely intention.
        message: String,
    },
    /// No place for the configuration could be found.
    #[error("no home directory is known; set CASEYOS_HOME to a folder for configuration and data.")]
    NoHome,
}

impl Config {
    /// Reads the configuration at `path`; the defaults if there is no such file.
    ///
    /// # Errors
    /// Fails if the file cannot be read or has a wrong key or value.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match file::read_text(path, file::SETTINGS_BYTES) {
            Ok(text) => Self::parse(&text, path),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::Unreadable {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Reads a configuration from text; `path` is for messages.
    ///
    /// # Errors
    /// Names the line and its mistake.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |offset: usize, message: String| ConfigError::Invalid {
            path: path.to_owned(),
            line: text
                .get(..offset)
                .map_or(1, |before| before.matches('\n').count() + 1),
            message,
        };
        let config: Self = toml::from_str(text).map_err(|e| {
            let message = with_suggestion(e.message());
            invalid(e.span().map_or(0, |span| span.start), message)
        })?;
        let line_of = |key: &str| text.find(key).unwrap_or(0);
        config
            .score
            .weights
            .check()
            .map_err(|m| invalid(line_of("[score"), m + "."))?;
        config
            .send_window
            .check()
            .map_err(|m| invalid(line_of("[send_window"), m))?;
        config
            .operator
            .check()
            .map_err(|m| invalid(line_of("[operator"), m))?;
        config
            .limits
            .check()
            .map_err(|m| invalid(line_of("[limits"), m))?;
        config
            .outbox
            .check()
            .map_err(|m| invalid(line_of("[outbox"), m))?;
        config
            .approval
            .check()
            .map_err(|m| invalid(line_of("[approval"), m))?;
        config
            .audit
            .check()
            .map_err(|m| invalid(line_of("[audit"), m))?;
        config
            .timers
            .check()
            .map_err(|m| invalid(line_of("[timers"), m))?;
        config
            .sync
            .check()
            .map_err(|m| invalid(line_of("[sync"), m))?;
        config
            .serve
            .check()
            .map_err(|m| invalid(line_of("[serve"), m))?;
        config
            .mail
            .check()
            .map_err(|m| invalid(line_of("[mail"), m))?;
        config
            .hubspot
            .check()
            .map_err(|m| invalid(line_of("[hubspot"), m))?;
        config
            .network
            .check()
            .map_err(|m| invalid(line_of("[network"), m))?;
        config
            .metrics
            .check()
            .map_err(|m| invalid(line_of("[metrics"), m))?;
        Ok(config)
    }
}

/// Adds the nearest known key to the parser's "unknown field `x`, expected one of `a`, `b`".
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => match nearest(unknown, quoted) {
            Some(known) => format!("unknown key `{unknown}`; did you mean `{known}`?"),
            None => message.replacen("unknown field", "unknown key", 1) + ".",
        },
        _ => message.trim_end_matches('.').to_owned() + ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_example_says_what_the_defaults_are() {
        assert_eq!(parse(EXAMPLE).unwrap(), Config::default());
    }

    #[test]
    fn every_key_stands_in_the_example() {
        let default = toml::Table::try_from(Config::default()).unwrap();
        fn keys(prefix: &str, table: &toml::Table, out: &mut Vec<String>) {
            for (key, value) in table {
                match value {
                    toml::Value::Table(inner) => keys(&format!("{prefix}{key}."), inner, out),
                    _ => out.push(key.clone()),
                }
            }
        }
        let mut all = Vec::new();
        keys("", &default, &mut all);
        assert!(all.len() > 25, "{all:?}");
        for key in all {
            assert!(
                EXAMPLE
                    .lines()
                    .any(|l| l.trim_start_matches("# ").starts_with(&format!("{key} ="))),
                "config.example.toml lacks {key}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_a_suggestion() {
        let error = parse("mode = \"live\"\n\n[operator]\nnmae = \"Casey\"\n").unwrap_err();
        assert_eq!(
            error,
            "config.toml:4: unknown key `nmae`; did you mean `name`?"
        );
        assert!(
            parse("[score.weights]\nrevenue = 0.9\nurgency = 0.25\nease = 0.15\nstrategic = 0.2\n")
                .unwrap_err()
                .contains("sum to 1.5")
        );
    }

    #[test]
    fn an_unknown_mode_reads_as_draft() {
        assert_eq!(parse("mode = \"lvie\"").unwrap().mode, Mode::Draft);
        assert_eq!(parse("mode = \"live\"").unwrap().mode, Mode::Live);
    }

    #[test]
    fn bad_values_are_refused_with_the_reason() {
        let check = |text: &str, expect: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expect), "{text}: {error}");
        };
        check("[operator]\ntime_zone = \"Europe/Madird\"", "Europe/Madird");
        check("[operator]\naddress = \"nobody\"", "address");
        check("[send_window]\nwindow = \"25:00-26:00\"", "25:00");
        check("[limits]\nper_day = 0", "per_day");
        check("[network]\nretries = 99", "retries");
        check("[network]\nproxy = \"socks\"", "proxy");
        check("[sync]\nmail_seconds = 1", "mail_seconds");
        check(
            "[[mail.accounts]]\nname = \"a\"\nkind = \"maildir\"\npath = \"x\"\n[[mail.accounts]]\nname = \"a\"\nkind = \"maildir\"\npath = \"y\"",
            "two",
        );
    }
}
