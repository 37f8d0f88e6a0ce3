//! Places of the program's files.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::ConfigError;
use crate::env;

/// The files and folders of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`.
    pub config: PathBuf,
    /// The folder with the database.
    pub data: PathBuf,
}

impl Paths {
    /// Finds the places: `--config` first, then `CASEYOS_CONFIG`; data and all in `CASEYOS_HOME` if it is set, else in the
    /// platform's own folders.
    ///
    /// # Errors
    /// Fails if no home directory is known.
    pub fn find(config: Option<&Path>) -> Result<Self, ConfigError> {
        let home = env::variable_os("CASEYOS_HOME").map(PathBuf::from);
        let chosen = config
            .map(Path::to_owned)
            .or_else(|| env::variable_os("CASEYOS_CONFIG").map(PathBuf::from));
        if let Some(home) = home {
            return Ok(Self {
                config: chosen.unwrap_or_else(|| home.join("config.toml")),
                data: home,
            });
        }
        let platform = etcetera::choose_base_strategy().map_err(|_| ConfigError::NoHome)?;
        Ok(Self {
            config: chosen
                .unwrap_or_else(|| platform.config_dir().join("caseyos").join("config.toml")),
            data: platform.data_dir().join("caseyos"),
        })
    }

    /// Returns the paths of an installation that is all in one folder.
    #[must_use]
    pub fn in_folder(home: &Path) -> Self {
        Self {
            config: home.join("config.toml"),
            data: home.to_owned(),
        }
    }

    fn beside_config(&self, name: &str) -> PathBuf {
        self.config.parent().unwrap_or(Path::new(".")).join(name)
    }

    /// Returns the place of the operator's own rules.
    #[must_use]
    pub fn rules(&self) -> PathBuf {
        self.beside_config("rules.toml")
    }

    /// Returns the place of the operator's own rules of approval.
    #[must_use]
    pub fn approval(&self) -> PathBuf {
        self.beside_config("approval.toml")
    }

    /// Returns the folder of the operator's own templates.
    #[must_use]
    pub fn templates(&self) -> PathBuf {
        self.beside_config("templates")
    }

    /// Returns the place of the operator's own keymap.
    #[must_use]
    pub fn keymap(&self) -> PathBuf {
        self.beside_config("keymap.toml")
    }

    /// Returns the folder of the operator's own themes.
    #[must_use]
    pub fn themes(&self) -> PathBuf {
        self.beside_config("themes")
    }

    /// Returns the log file.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.data.join("caseyos.log")
    }
}
