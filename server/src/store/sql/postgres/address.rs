//! Where a PostgreSQL server is, and how a connection to it is made.
//!
//! Promise: over a network the connection is encrypted and the server's certificate is checked,
//! unless the address says `sslmode=disable`. A password is never shown.

use std::fmt;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use postgres::{Client, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{Receiver, channel};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Notifications that wait to be taken.
const NOTIFICATIONS: usize = 1_024;
/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

use crate::store::sql::Error;

/// `postgres://user@host:port/database`.
#[derive(Clone)]
pub struct Address {
    config: Box<Config>,
    /// Certificates (PEM) that may vouch for the server, instead of those that the machine trusts.
    authorities: Option<PathBuf>,
}

/// The address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("不是 PostgreSQL 地址 · not an address of PostgreSQL: {0}")]
pub struct AddressError(String);

/// No connection could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server refused or cannot be reached.
    #[error(transparent)]
    Server(#[from] Error),
    /// The certificates cannot be read or used.
    #[error("{0}")]
    Certificates(String),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(AddressError("postgres://…".into()));
        }
        // The driver's own text says which part it could not read.
        let mut config: Config = text.parse().map_err(|error: postgres::Error| {
            AddressError(std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        config.application_name("suanpan").connect_timeout(PATIENCE);
        Ok(Self { config: Box::new(config), authorities: None })
    }
}

impl Address {
    /// The same, with the certificates in `file` instead of those that the machine trusts.
    #[must_use]
    pub fn trusting(self, file: PathBuf) -> Self {
        Self { authorities: Some(file), ..self }
    }

    /// The same, with a password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// Whether the address itself holds a password.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// Makes a connection. Not to be called on a runtime's own thread: the driver waits.
    pub(in crate::store) fn connect(&self) -> Result<Client, ConnectError> {
        let mut config = postgres::Config::from(Config::clone(&self.config));
        let made = if self.is_plain() {
            config.ssl_mode(SslMode::Disable).connect(NoTls)
        } else {
            config.ssl_mode(SslMode::Require).connect(MakeRustlsConnect::new(self.tls()?))
        };
        made.map_err(|error| ConnectError::Server(error.into()))
    }

    /// A connection on which nobody waits for anything but notifications, and the payloads of those that come. It is
    /// looked whether the other side is still there after this long a silence.
    pub(crate) async fn listen(
        &self,
        silence: Duration,
    ) -> Result<(tokio_postgres::Client, Receiver<String>), ConnectError> {
        let mut config = Config::clone(&self.config);
        config.keepalives_idle(silence).application_name("suanpan bus");
        if self.is_plain() {
            let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await.map_err(Error::from)?;
            Ok((client, notifications(connection)))
        } else {
            let tls = MakeRustlsConnect::new(self.tls()?);
            let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls).await.map_err(Error::from)?;
            Ok((client, notifications(connection)))
        }
    }

    /// Without encryption only inside this machine, or when the address says so.
    fn is_plain(&self) -> bool {
        let inside = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        match self.config.get_ssl_mode() {
            SslMode::Disable => true,
            SslMode::Prefer => self.config.get_hosts().iter().all(inside),
            _ => false,
        }
    }

    fn tls(&self) -> Result<rustls::ClientConfig, ConnectError> {
        let mut roots = rustls::RootCertStore::empty();
        match &self.authorities {
            Some(file) => {
                for certificate in read(file)? {
                    roots.add(certificate).map_err(|error| unusable(file, &error))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectError::Certificates(error.to_string()))?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

/// Drives a connection until it ends, and hands on the payloads that are notified on it. Whoever does not take them in
/// time loses some.
fn notifications<S, T>(mut connection: Connection<S, T>) -> Receiver<String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (heard, payloads) = channel(NOTIFICATIONS);
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message {
                drop(heard.try_send(notification.payload().to_owned()));
            }
        }
    });
    payloads
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &dyn fmt::Display) -> ConnectError {
    ConnectError::Certificates(format!("{}: {error}", file.display()))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                Host::Unix(folder) => folder.display().to_string(),
            })
            .collect();
        write!(f, "postgres://{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown_and_an_address_elsewhere_is_encrypted() {
        let address: Address = "postgres://suanpan:hidden@db.example.cn/books".parse().unwrap();
        assert!(!format!("{address} {address:?}").contains("hidden"));
        assert!(address.has_password() && !address.is_plain());
        for plain in ["postgres://u@127.0.0.1:5433/b", "postgres://u@localhost/b", "postgres://u@h/b?sslmode=disable"] {
            assert!(plain.parse::<Address>().unwrap().is_plain(), "{plain}");
        }
        assert!(!"postgres://u@localhost/b?sslmode=require".parse::<Address>().unwrap().is_plain());
        for broken in ["mysql://u@h/b", "postgres://u@h:port/b", "host=h user=u"] {
            broken.parse::<Address>().unwrap_err();
        }
    }
}
