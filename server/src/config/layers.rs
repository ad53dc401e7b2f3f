//! Where values come from, and which wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::setting::{Kind, Setting};
use super::settings::SETTINGS;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The table's default.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("默认值 · default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => write!(f, "--{flag}"),
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("无法读取配置文件 {path} · cannot read the configuration file: {source}", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("配置文件 {path} 格式有误 · the configuration file is not TOML:\n{message}", path = path.display())]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// The file has a key that no setting has.
    #[error("配置文件 {path} 中没有这个设置 · no such setting: {key}", path = path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A value cannot be used. Its text is not repeated: it may be a secret in the wrong place.
    #[error("设置 {key}（来自 {origin}）应为 {expected} · setting {key} (from {origin}) must be {expected}")]
    Refused {
        /// The setting.
        key: &'static str,
        /// Where the value came from.
        origin: Origin,
        /// What it has to be.
        expected: String,
    },
    /// One setting needs another.
    #[error("设置 {needed_by} 时还需要设置 {key} · setting {needed_by} needs {key} as well")]
    Missing {
        /// The one that is missing.
        key: &'static str,
        /// The one that is set.
        needed_by: &'static str,
    },
}

/// All values with their origins, one for each setting.
#[derive(Clone)]
pub struct Layers(BTreeMap<&'static str, (String, Origin)>);

impl Layers {
    /// The defaults.
    pub fn defaults() -> Self {
        Self(SETTINGS.iter().map(|s| (s.key, (s.default.to_owned(), Origin::Default))).collect())
    }

    /// Lays a TOML file over what is there.
    pub fn with_file(self, path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_path_buf(), source })?;
        self.with_toml(path, &text)
    }

    pub(super) fn with_toml(mut self, path: &Path, text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
            path: path.to_path_buf(),
            message: error.to_string(),
        })?;
        let mut found = Vec::new();
        flatten("", &table, &mut found);
        for (key, value) in found {
            let Some(setting) = SETTINGS.iter().find(|s| s.key == key) else {
                return Err(ConfigError::Unknown { path: path.to_path_buf(), key });
            };
            self.0.insert(setting.key, (value, Origin::File(path.to_path_buf())));
        }
        Ok(self)
    }

    /// Lays the environment over what is there; `variable` looks one up.
    #[must_use]
    pub fn with_environment(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        for setting in SETTINGS {
            let name = setting.variable();
            if let Some(value) = variable(&name) {
                self.0.insert(setting.key, (value, Origin::Environment(name)));
            }
        }
        self
    }

    /// Lays flags over what is there; `flag` looks one up by its name without dashes.
    #[must_use]
    pub fn with_flags(mut self, flag: impl Fn(&str) -> Option<String>) -> Self {
        for setting in SETTINGS {
            let Some(name) = setting.flag() else { continue };
            if let Some(value) = flag(&name) {
                self.0.insert(setting.key, (value, Origin::Flag(name)));
            }
        }
        self
    }

    /// The value of a setting that always has one.
    pub(super) fn parse<T: FromStr>(&self, key: &'static str) -> Result<T, ConfigError> {
        self.optional(key)?.ok_or_else(|| self.refused(key, expected(key)))
    }

    /// The value of a setting, or nothing when it is empty.
    pub(super) fn optional<T: FromStr>(&self, key: &'static str) -> Result<Option<T>, ConfigError> {
        let text = self.text(key);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(Setting { kind: Kind::Number { least, most }, .. }) = setting(key) {
            let inside = text.parse::<u32>().is_ok_and(|n| (*least..=*most).contains(&n));
            if !inside {
                return Err(self.refused(key, expected(key)));
            }
        }
        text.parse().map(Some).map_err(|_| self.refused(key, expected(key)))
    }

    /// The parts of a list.
    pub(super) fn list(&self, key: &'static str) -> Vec<String> {
        self.text(key).split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn refused(&self, key: &'static str, expected: impl Into<String>) -> ConfigError {
        let origin = self.0.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
        ConfigError::Refused { key, origin, expected: expected.into() }
    }

    #[expect(clippy::unused_self, reason = "reads like its sibling `refused` where it is called")]
    pub(super) fn missing(&self, key: &'static str, needed_by: &'static str) -> ConfigError {
        ConfigError::Missing { key, needed_by }
    }

    /// Whether a value came from the command line, which every user of a machine can read.
    pub(super) fn is_flag(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some((_, Origin::Flag(_))))
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |(value, _)| value.trim())
    }
}

fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.key == key)
}

fn expected(key: &str) -> String {
    match setting(key).map(|s| s.kind) {
        Some(Kind::Address) => "地址:端口 · address:port".to_owned(),
        Some(Kind::Number { least, most }) => format!("{least} … {most}"),
        Some(Kind::Switch) => "true | false".to_owned(),
        Some(Kind::Path) => "路径 · a path".to_owned(),
        _ => "文本 · text".to_owned(),
    }
}

/// The leaves of a TOML table as `section.key` and text.
fn flatten(above: &str, table: &toml::Table, found: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, found),
            toml::Value::String(text) => found.push((key, text.clone())),
            toml::Value::Array(parts) => {
                let parts: Vec<&str> = parts.iter().filter_map(toml::Value::as_str).collect();
                found.push((key, parts.join(",")));
            }
            other => found.push((key, other.to_string())),
        }
    }
}
