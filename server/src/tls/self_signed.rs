//! A certificate of our own making.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use budget::Date;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd};
use serde::{Deserialize, Serialize};

use super::TlsError;
use crate::random::sha256;

/// Days that it holds. Apple's systems refuse certificates of more than 825 days.
const DAYS: i64 = 365;
/// It is renewed when fewer days are left.
const RENEW_DAYS: i64 = 30;

/// A certificate of our own making, on the disk.
#[derive(Debug, Clone)]
pub struct SelfSigned {
    /// Its file.
    pub certificate: PathBuf,
    /// Its private key's file.
    pub key: PathBuf,
    /// SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Until when it holds.
    pub until: Date,
    /// Whether it has just been made.
    pub is_new: bool,
}

/// What is remembered of it beside its files.
#[derive(Serialize, Deserialize)]
struct Note {
    names: Vec<String>,
    until: Date,
    fingerprint: String,
}

/// The certificate in the folder, or a new one when there is none, when it is for other names, or
/// when it runs out.
pub(super) fn load_or_make(folder: &Path, names: &[String], today: Date) -> Result<SelfSigned, TlsError> {
    let (certificate, key, note) =
        (folder.join("certificate.pem"), folder.join("key.pem"), folder.join("self-signed.json"));
    let known = fs::read(&note).ok().and_then(|text| serde_json::from_slice::<Note>(&text).ok());
    let good = known.filter(|known| {
        known.names == names && known.until.days() - today.days() >= RENEW_DAYS && certificate.exists() && key.exists()
    });
    if let Some(Note { names, until, fingerprint }) = good {
        return Ok(SelfSigned { certificate, key, fingerprint, names, until, is_new: false });
    }

    let until = Date::from_days(today.days() + DAYS);
    let pair = KeyPair::generate()?;
    let made = parameters(names, today, until)?.self_signed(&pair)?;
    let fingerprint = colons(&sha256(&[made.der()]));
    crate::store::create_private(folder).map_err(TlsError::file(folder))?;
    write_private(&key, &pair.serialize_pem())?;
    write_private(&certificate, &made.pem())?;
    let remembered = Note { names: names.to_vec(), until, fingerprint: fingerprint.clone() };
    write_private(&note, &serde_json::json!(remembered).to_string())?;
    Ok(SelfSigned { certificate, key, fingerprint, names: names.to_vec(), until, is_new: true })
}

fn parameters(names: &[String], today: Date, until: Date) -> Result<CertificateParams, rcgen::Error> {
    let day = |date: Date| date_time_ymd(i32::from(date.year()), date.month(), date.day());
    let mut parameters = CertificateParams::new(names.to_vec())?;
    // A day early, for devices whose clocks are behind.
    parameters.not_before = day(Date::from_days(today.days() - 1));
    parameters.not_after = day(until);
    parameters.distinguished_name.push(DnType::CommonName, "Suanpan");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(TlsError::file(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(TlsError::file(path))
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
