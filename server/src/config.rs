//! Configuration, in one place: a file, then the environment, then flags; the later wins.
//!
//! Promise: [`SETTINGS`] names every setting there is, with its kind, its default and what it does.
//! The file's keys, the variables, the flags, the help and `docs/CONFIGURATION.md` are all made
//! from it. A value that cannot be used is refused at start, naming the setting and where its value
//! came from. Secrets cannot be given as flags, because every user of a machine can read those, and
//! are never shown.

mod bucket;
mod chat;
mod cluster;
mod layers;
mod reference;
mod setting;
mod settings;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use bot::Secret;

use crate::http::rate_limit::{Rate, Rates};
use crate::store::Database;
use crate::store::sql::Address;

pub use bucket::BucketConfig;
pub use chat::ChatConfig;
pub use cluster::ClusterConfig;
pub use layers::{ConfigError, Layers, Origin};
pub use reference::reference;
pub use setting::{Kind, Setting};
pub use settings::SETTINGS;

/// Everything that `serve` and the commands are told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database, the originals and the keys lie.
    pub data: PathBuf,
    /// The PostgreSQL database, when the books are not in a file of the data folder.
    pub postgresql: Option<Address>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// How this server works beside others of the same company, when it does.
    pub cluster: Option<ClusterConfig>,
    /// What people type to come here, `https://expense.example.cn`, when it is known.
    pub public_origin: Option<String>,
    /// The built app.
    pub web: PathBuf,
    /// How connections are protected.
    pub tls: Tls,
    /// DingTalk (钉钉), when it is set up.
    pub dingtalk: Option<DingTalk>,
    /// The other chat platforms, and what holds for all of them.
    pub chat: ChatConfig,
    /// Tesseract's language data; without it no text of photographs is read.
    pub tessdata: Option<PathBuf>,
    /// The networks that read photographs; without a folder the usual places are looked at.
    pub models: Option<PathBuf>,
    /// The folder in which people answer for the tax authority, when they do.
    pub verification: Option<PathBuf>,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log: String,
    /// Changes that may wait for the writer.
    pub queue: usize,
    /// How long an access token lasts, in minutes.
    pub access_token_minutes: u32,
    /// The largest original, in bytes.
    pub blob_bytes: u64,
    /// The S3-compatible store of originals, when they do not lie in the data folder.
    pub bucket: Option<BucketConfig>,
    /// How many proxies in front add to `X-Forwarded-For`.
    pub trusted_hops: usize,
    /// Whether stock automerge-repo peers may connect.
    pub automerge_repo: bool,
    /// The logins that programs use, as a finance system does.
    pub systems: Vec<String>,
    /// How much each kind of client may ask.
    pub rates: Rates,
}

/// How connections are protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for this machine only, or behind a proxy that does it.
    Off,
    /// With a certificate (chain) and its key, both PEM.
    Files {
        /// The certificate and those above it.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// With a certificate of our own making, for a trial in the office network.
    SelfSigned {
        /// The names and addresses that it is for.
        names: Vec<String>,
    },
}

/// What a DingTalk application needs (钉钉开放平台 → 应用).
#[derive(Debug, Clone)]
pub struct DingTalk {
    /// AppKey.
    pub client_id: String,
    /// AppSecret.
    pub client_secret: Secret,
    /// The approval card's template.
    pub card_template_id: String,
    /// The robot that sends it.
    pub robot_code: String,
    /// Where the platform's API answers.
    pub api_base: String,
    /// The company's id on the platform (corpId): taps from another company count for nothing.
    pub corporation: String,
    /// Accounts that an administrator binds: user id on the platform, login here.
    pub bindings: Vec<(String, String)>,
    /// The route key and the secret of taps over HTTP, when they do not come by the stream.
    pub callback: Option<(String, Secret)>,
    /// The process of OA to-dos, when they are on.
    pub to_do: Option<String>,
}

impl Config {
    /// Reads what the layers say, or tells which setting cannot be used.
    pub fn from_layers(layers: &Layers) -> Result<Self, ConfigError> {
        let megabytes: u64 = layers.parse("blob_megabytes")?;
        Ok(Self {
            data: layers.parse("data")?,
            postgresql: postgresql(layers)?,
            listen: layers.parse("listen")?,
            cluster: ClusterConfig::from_layers(layers)?,
            public_origin: public_origin(layers)?,
            web: layers.parse("web")?,
            tls: tls(layers)?,
            dingtalk: dingtalk(layers)?,
            chat: ChatConfig::from_layers(layers)?,
            tessdata: layers.optional("tessdata")?,
            models: layers.optional("models")?,
            verification: layers.optional("verification")?,
            log: layers.parse("log")?,
            queue: layers.parse("queue")?,
            access_token_minutes: layers.parse("access_token_minutes")?,
            blob_bytes: megabytes.saturating_mul(1024 * 1024),
            bucket: BucketConfig::from_layers(layers)?,
            trusted_hops: layers.parse("trusted_hops")?,
            automerge_repo: layers.parse("automerge_repo")?,
            systems: layers.list("systems"),
            rates: Rates {
                address: Rate::for_ten_seconds(layers.parse("rate.address")?),
                person: Rate::for_ten_seconds(layers.parse("rate.person")?),
                system: Rate::for_ten_seconds(layers.parse("rate.system")?),
            },
        })
    }

    /// Where the books are kept.
    pub fn database(&self) -> Database {
        self.postgresql.clone().map_or_else(|| Database::in_folder(&self.data), Database::Postgresql)
    }

    /// Whether people reach the server by HTTPS: here, or at a proxy in front of it.
    pub fn is_https(&self) -> bool {
        self.tls != Tls::Off || self.public_origin.as_deref().is_some_and(|o| o.starts_with("https://"))
    }
}

fn postgresql(layers: &Layers) -> Result<Option<Address>, ConfigError> {
    if layers.optional::<String>("database")?.is_none() {
        return Ok(None);
    }
    let malformed = || layers.refused("database", "postgres://用户@主机/库 · postgres://user@host/database");
    let mut address: Address = layers.optional("database").ok().flatten().ok_or_else(malformed)?;
    if address.has_password() && layers.is_flag("database") {
        let elsewhere = "不含密码的地址；密码请用 SUANPAN_DATABASE_PASSWORD · an address without a password: flags can be read by others";
        return Err(layers.refused("database", elsewhere));
    }
    if let Some(password) = layers.optional::<String>("database_password")? {
        address = address.with_password(&password);
    }
    if let Some(file) = layers.optional("database_authorities")? {
        address = address.trusting(file);
    }
    Ok(Some(address))
}

fn public_origin(layers: &Layers) -> Result<Option<String>, ConfigError> {
    let Some(text) = layers.optional::<String>("public_origin")? else {
        return Ok(None);
    };
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(Some(text.to_owned())),
        _ => Err(layers.refused("public_origin", "https://名称[:端口] · https://name[:port]")),
    }
}

fn tls(layers: &Layers) -> Result<Tls, ConfigError> {
    let certificate = layers.optional("tls.certificate")?;
    let key = layers.optional("tls.key")?;
    let self_signed: bool = layers.parse("tls.self_signed")?;
    match (certificate, key, self_signed) {
        (None, None, false) => Ok(Tls::Off),
        (None, None, true) => Ok(Tls::SelfSigned { names: layers.list("tls.names") }),
        (Some(certificate), Some(key), false) => Ok(Tls::Files { certificate, key }),
        (Some(_), None, _) => Err(layers.missing("tls.key", "tls.certificate")),
        (None, Some(_), _) => Err(layers.missing("tls.certificate", "tls.key")),
        (Some(_), Some(_), true) => {
            Err(layers.refused("tls.self_signed", "false，因为已给出证书 · false, because a certificate is given"))
        }
    }
}

fn dingtalk(layers: &Layers) -> Result<Option<DingTalk>, ConfigError> {
    let Some(client_id) = layers.optional::<String>("dingtalk.client_id")? else {
        return Ok(None);
    };
    let needed = |key| layers.optional::<String>(key)?.ok_or_else(|| layers.missing(key, "dingtalk.client_id"));
    Ok(Some(DingTalk {
        client_secret: Secret::new(needed("dingtalk.client_secret")?),
        card_template_id: needed("dingtalk.card_template_id")?,
        robot_code: layers.optional("dingtalk.robot_code")?.unwrap_or_else(|| client_id.clone()),
        api_base: layers.parse("dingtalk.api_base")?,
        corporation: needed("dingtalk.corporation")?,
        bindings: chat::bindings(layers, "dingtalk.bindings")?,
        callback: chat::dingtalk_callback(layers)?,
        to_do: layers.optional("dingtalk.to_do")?,
        client_id,
    }))
}
