//! Whether this server writes, or another one does.

use crate::store::sql::Leader;

/// Where a server stands among those of one database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// It loads its state, or the database cannot be used at the moment.
    #[default]
    Recovers,
    /// It writes.
    Leads,
    /// Another server writes, and this one takes over when that one ends.
    Follows(Leader),
}

/// How a server comes to a database that another one may be writing to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Entry {
    /// It waits until it writes itself.
    #[default]
    Alone,
    /// It follows meanwhile. The others reach it at this address when it writes.
    Beside(String),
}

impl Entry {
    pub(super) fn address(&self) -> Option<&str> {
        match self {
            Self::Alone => None,
            Self::Beside(address) => Some(address),
        }
    }
}
