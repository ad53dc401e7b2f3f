//! Protected connections: a certificate from files, or one of our own making for a LAN trial.
//!
//! Promise: a self-made certificate is made once and kept, so that who has compared its fingerprint
//! has done so for good; it is renewed when its names change or its time runs out, and then says so
//! with its new fingerprint. Private keys are readable by their owner only.

mod self_signed;

use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;
use budget::Date;

use crate::config::Tls;
pub use self_signed::SelfSigned;

/// What connections are protected with.
#[derive(Debug)]
pub struct Protection {
    /// For the listener.
    pub config: RustlsConfig,
    /// The certificate, when it is of our own making.
    pub self_signed: Option<SelfSigned>,
}

/// The certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("无法使用 {path} · cannot use {path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// They do not make a working pair.
    #[error("证书 {certificate} 与私钥 {key} 无法使用 · certificate and key cannot be used: {reason}", certificate = certificate.display(), key = key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: std::io::Error,
    },
    /// A name that no certificate can have, or no randomness.
    #[error("无法制作证书 · the certificate cannot be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

impl TlsError {
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }
}

/// Prepares what the configuration asks for; nothing when connections are not protected.
pub async fn prepare(tls: &Tls, data: &Path, today: Date) -> Result<Option<Protection>, TlsError> {
    let (certificate, key, self_signed) = match tls {
        Tls::Off => return Ok(None),
        Tls::Files { certificate, key } => (certificate.clone(), key.clone(), None),
        Tls::SelfSigned { names } => {
            let made = self_signed::load_or_make(&data.join("tls"), names, today)?;
            (made.certificate.clone(), made.key.clone(), Some(made))
        }
    };
    let certificate_text = std::fs::read(&certificate).map_err(TlsError::file(&certificate))?;
    let key_text = std::fs::read(&key).map_err(TlsError::file(&key))?;
    let config = RustlsConfig::from_pem(certificate_text, key_text).await.map_err(|reason| TlsError::Unusable {
        certificate,
        key,
        reason,
    })?;
    Ok(Some(Protection { config, self_signed }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::new(2026, 6, 2).unwrap()
    }

    #[tokio::test]
    async fn a_certificate_of_our_own_is_kept_until_it_has_to_change() {
        bot::install_tls();
        let folder = tempfile::tempdir().unwrap();
        let make = async |names: &[&str], today| {
            let tls = Tls::SelfSigned { names: names.iter().map(ToString::to_string).collect() };
            prepare(&tls, folder.path(), today).await.unwrap().unwrap().self_signed.unwrap()
        };
        let first = make(&["suanpan.lan", "192.168.1.20"], today()).await;
        assert_eq!(first.fingerprint.len(), 95, "32 bytes as pairs with colons: {}", first.fingerprint);
        assert!(first.is_new);
        let again = make(&["suanpan.lan", "192.168.1.20"], today()).await;
        assert_eq!((again.fingerprint.as_str(), again.is_new), (first.fingerprint.as_str(), false));
        let renamed = make(&["suanpan.lan", "192.168.1.21"], today()).await;
        assert_ne!(renamed.fingerprint, first.fingerprint);
        let next_year = make(&["suanpan.lan", "192.168.1.21"], Date::new(2027, 5, 20).unwrap()).await;
        assert_ne!(next_year.fingerprint, renamed.fingerprint, "renewed before it runs out");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_key_is_private() {
        use std::os::unix::fs::PermissionsExt;
        bot::install_tls();
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::SelfSigned { names: vec!["localhost".into()] };
        let made = prepare(&tls, folder.path(), today()).await.unwrap().unwrap().self_signed.unwrap();
        assert_eq!(std::fs::metadata(made.key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn unusable_files_are_named() {
        bot::install_tls();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("bad.pem"), "no certificate").unwrap();
        let files = |certificate: &str| Tls::Files { certificate: path(certificate), key: path("bad.pem") };
        let missing = prepare(&files("none.pem"), folder.path(), today()).await.unwrap_err().to_string();
        assert!(missing.contains("none.pem"), "{missing}");
        let bad = prepare(&files("bad.pem"), folder.path(), today()).await.unwrap_err().to_string();
        assert!(bad.contains("bad.pem"), "{bad}");
    }
}
