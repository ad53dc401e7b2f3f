//! What makes an invoice one invoice: XML, PDF, OFD, photo and print of it collapse to the same identity.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The identity of an invoice: its 20-digit number, or its code and number. Never the amount.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identity(String);

impl Identity {
    /// The identity from a number and, for older invoices, a code; `None` when the two cannot name one invoice.
    pub fn new(code: Option<&str>, number: &str) -> Option<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match code.filter(|code| !code.is_empty()) {
            _ if !digits(number) => None,
            // A fully digitalised invoice printed on paper has a code too; its 20 digits alone name it.
            _ if number.len() == 20 => Some(Self(number.to_owned())),
            Some(code) if digits(code) && matches!(code.len(), 10 | 12) && number.len() == 8 => {
                Some(Self(format!("{code}-{number}")))
            }
            _ => None,
        }
    }

    /// The canonical text: `24112000000048542163`, or `050001700111-12235358`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The invoices right before and after this one (连号): of the same code, or of the same twenty digits but the last ones.
    /// Whoever claims several from one block of numbers may have been given them for nothing.
    pub fn neighbours(&self) -> Vec<Self> {
        let (code, number) =
            self.0.split_once('-').map_or((None, self.0.as_str()), |(code, number)| (Some(code), number));
        let Ok(value) = number.parse::<u128>() else {
            return Vec::new();
        };
        let width = number.len();
        let near = [value.checked_sub(1), value.checked_add(1)].into_iter().flatten();
        near.filter_map(|value| Self::new(code, &format!("{value:0width$}"))).collect()
    }

    /// A fingerprint that tells whether two invoices are the same one and, to whoever lacks the key, nothing else:
    /// HMAC-SHA256 over the canonical text, the first sixteen bytes. Devices hold sets of these to warn of a duplicate
    /// offline without knowing other people's invoices.
    pub fn fingerprint(&self, key: &[u8]) -> [u8; 16] {
        let mut fingerprint = [0; 16];
        // HMAC takes a key of any length, so this never fails; the zero fingerprint would only mean "no warning".
        if let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) {
            mac.update(b"suanpan invoice\0");
            mac.update(self.0.as_bytes());
            for (to, from) in fingerprint.iter_mut().zip(mac.finalize().into_bytes()) {
                *to = from;
            }
        }
        fingerprint
    }
}

/// The text names no invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identity of an invoice")]
pub struct IdentityError;

impl TryFrom<String> for Identity {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, IdentityError> {
        let (code, number) = match text.split_once('-') {
            Some((code, number)) => (Some(code), number),
            None => (None, text.as_str()),
        };
        Self::new(code, number).filter(|identity| identity.0 == text).ok_or(IdentityError)
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_invoice_has_one_identity_whatever_shows_it() {
        let number = "24112000000048542163";
        assert_eq!(Identity::new(None, number), Identity::new(Some(""), number));
        assert_eq!(Identity::new(None, number).unwrap().as_str(), number);
        assert_eq!(Identity::new(Some("050001700111"), "12235358").unwrap().as_str(), "050001700111-12235358");
    }

    #[test]
    fn a_number_without_its_code_names_nothing() {
        for (code, number) in
            [(None, "12235358"), (Some("0500"), "12235358"), (None, "x"), (Some("050001700111"), "1223535"), (None, "")]
        {
            assert_eq!(Identity::new(code, number), None, "{code:?} {number}");
        }
    }

    #[test]
    fn fingerprints_depend_on_the_key_and_the_invoice_alone() {
        let one = Identity::new(None, "24112000000048542163").unwrap();
        let other = Identity::new(None, "24112000000048542164").unwrap();
        assert_eq!(one.fingerprint(b"key"), one.clone().fingerprint(b"key"));
        assert_ne!(one.fingerprint(b"key"), one.fingerprint(b"other key"));
        assert_ne!(one.fingerprint(b"key"), other.fingerprint(b"key"));
    }

    #[test]
    fn neighbours_are_one_number_away_in_the_same_block() {
        let near = |code, number| {
            let identity = Identity::new(code, number).unwrap();
            identity.neighbours().into_iter().map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(near(Some("131002160101"), "38401335"), ["131002160101-38401334", "131002160101-38401336"]);
        assert_eq!(near(Some("131002160101"), "00000000"), ["131002160101-00000001"]);
        assert_eq!(near(Some("131002160101"), "99999999"), ["131002160101-99999998"]);
        assert_eq!(near(None, "26117000000000000099"), ["26117000000000000098", "26117000000000000100"]);
    }

    #[test]
    fn travels_as_its_text() {
        let identity = Identity::new(Some("050001700111"), "12235358").unwrap();
        let json = serde_json::to_string(&identity).unwrap();
        assert_eq!(json, "\"050001700111-12235358\"");
        assert_eq!(serde_json::from_str::<Identity>(&json).unwrap(), identity);
        assert!(serde_json::from_str::<Identity>("\"drop table\"").is_err());
    }
}
