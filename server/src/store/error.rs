//! What can go wrong with the data folder and its database.

use std::path::PathBuf;

/// The data folder or the database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("数据库出错 · database: {0}")]
    Database(#[from] super::sql::Error),
    /// No connection to the PostgreSQL server.
    #[error("无法连接数据库 {address} · cannot connect to {address}: {reason}")]
    Connection {
        /// Where it should be; never with a password.
        address: String,
        /// What the server or the system said.
        reason: String,
    },
    /// The PostgreSQL server is too old.
    #[error("PostgreSQL {found} 太旧，需要 15 或更高 · PostgreSQL {found} is too old, 15 or newer is needed")]
    OldServer {
        /// Its version.
        found: String,
    },
    /// Another server writes to this database.
    #[error("另一台算盘服务正在写入此数据库 · another server writes to this database")]
    NotLeader,
    /// A folder or file could not be created, opened or locked.
    #[error("无法使用 {path} · cannot use {path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another server has it open; two writers would be two truths.
    #[error("数据目录 {path} 正被另一个算盘服务使用 · data folder {path} is in use by another server", path = .0.display())]
    InUse(PathBuf),
    /// The database was written by a newer version of the program.
    #[error(
        "数据库版本 {found} 比本程序（{known}）新，请升级程序 · the database is version {found}, this program knows {known}: use a newer program"
    )]
    Newer {
        /// The version found.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// No thread for the writer.
    #[error("无法启动写入线程 · the writer's thread cannot be started: {source}")]
    Thread {
        /// What the system said.
        source: std::io::Error,
    },
    /// A row holds what this program never writes.
    #[error("数据库内容损坏 · corrupt: {0}")]
    Corrupt(String),
    /// No randomness for the secrets of the first start.
    #[error(transparent)]
    Random(#[from] crate::random::RandomError),
    /// The S3-compatible store of originals does not do what it is asked.
    #[error("原件存储不可用 · the store of originals cannot be used: {0}")]
    Originals(String),
    /// The reader's thread ended without an answer.
    #[error("读取中断 · reading was interrupted")]
    Interrupted,
}

impl StoreError {
    /// A stable code for logs and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Database(_) => "store_database",
            Self::Connection { .. } => "store_connection",
            Self::OldServer { .. } => "store_old_server",
            Self::NotLeader => "store_not_leader",
            Self::File { .. } => "store_file",
            Self::InUse(_) => "store_in_use",
            Self::Newer { .. } => "store_newer",
            Self::Thread { .. } => "store_thread",
            Self::Corrupt(_) => "store_corrupt",
            Self::Random(_) => "store_random",
            Self::Originals(_) => "store_originals",
            Self::Interrupted => "store_interrupted",
        }
    }

    /// Whether another server writes now: no fault, and nothing to mend.
    pub const fn is_fenced(&self) -> bool {
        matches!(self, Self::NotLeader | Self::Database(super::sql::Error::Fenced))
    }

    /// For a row that cannot be decoded; `what` names the table and the row.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }
}

/// A round of the work beside requests was not done. Nothing was lost by that; the next one makes up for it.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// What there is to do could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer could not write it down.
    #[error(transparent)]
    Write(#[from] super::WriteError<std::convert::Infallible>),
    /// Files could not be put in order.
    #[error("无法整理文件 · files could not be put in order: {0}")]
    Disk(#[from] std::io::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}
