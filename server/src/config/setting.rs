//! What a setting is, and what it is called in the file, the environment and the flags.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in the file; a dot stands for a section.
    pub key: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Its value when nobody says otherwise; empty for none.
    pub default: &'static str,
    /// What it does, for the reference and the help.
    pub about: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file or folder.
    Path,
    /// An address and port.
    Address,
    /// Free text.
    Text,
    /// Text that is never shown and cannot be a flag.
    Secret,
    /// Texts separated by commas; in the file, an array.
    List,
    /// A whole number between two bounds.
    Number {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// `true` or `false`; as a flag, its presence.
    Switch,
}

impl Setting {
    /// The environment variable: `tls.self_signed` is `SUANPAN_TLS_SELF_SIGNED`.
    pub fn variable(&self) -> String {
        format!("SUANPAN_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes: `tls.self_signed` is `tls-self-signed`. Secrets have none.
    pub fn flag(&self) -> Option<String> {
        (self.kind != Kind::Secret).then(|| self.key.replace(['.', '_'], "-"))
    }
}
