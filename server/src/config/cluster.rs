//! The settings of several servers of one company.

use std::net::SocketAddr;

use bot::Secret;

use super::{ConfigError, Layers};

/// How this server works beside others on the same PostgreSQL database.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// Where it listens for the others.
    pub listen: SocketAddr,
    /// Where the others reach it, `host:port`.
    pub address: String,
    /// The NATS server that carries what moved; without one PostgreSQL does. It may hold a password.
    pub nats: Option<Secret>,
}

impl ClusterConfig {
    pub(super) fn from_layers(layers: &Layers) -> Result<Option<Self>, ConfigError> {
        let Some(listen) = layers.optional::<SocketAddr>("cluster.listen")? else {
            return Ok(None);
        };
        if layers.optional::<String>("database")?.is_none() {
            return Err(layers.missing("database", "cluster.listen"));
        }
        let address = match layers.optional::<String>("cluster.address")? {
            Some(address) if is_place(&address) => address,
            Some(_) => return Err(layers.refused("cluster.address", "主机:端口 · host:port")),
            None if listen.ip().is_unspecified() => return Err(layers.missing("cluster.address", "cluster.listen")),
            None => listen.to_string(),
        };
        let nats = layers.optional::<String>("cluster.nats")?;
        if nats.as_ref().is_some_and(|nats| !["nats://", "tls://"].iter().any(|scheme| nats.starts_with(scheme))) {
            return Err(layers.refused("cluster.nats", "nats://主机:4222 · nats://host:4222"));
        }
        Ok(Some(Self { listen, address, nats: nats.map(Secret::new) }))
    }
}

/// `host:port`, as other machines can reach it.
fn is_place(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok())
}
