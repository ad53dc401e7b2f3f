//! The content digest: what a signer saw, in 32 bytes.
//!
//! SHA-256 over deterministic CBOR (RFC 8949 section 4.2: definite lengths, shortest numbers, map
//! keys sorted by their encoded bytes) of the document's maps and scalars. Equal content gives an
//! equal digest whatever the history; a field with two values, or a value of a type that the schema
//! does not have, is an error: nobody can sign what is ambiguous.

use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use sha2::{Digest, Sha256};

use super::Document;

/// Why content has no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The field was written twice at the same time and nobody has chosen.
    #[error("{0} has two versions")]
    Conflict(String),
    /// The value is of no type that a document may hold.
    #[error("{0} holds a value of an unknown type")]
    UnknownType(String),
}

/// The digest of a document's content as it stands.
pub fn digest(document: &Document) -> Result<[u8; 32], DigestError> {
    Ok(Sha256::digest(content(document)?).into())
}

/// The bytes whose hash the digest is.
pub fn content(document: &Document) -> Result<Vec<u8>, DigestError> {
    let mut bytes = Vec::new();
    let mut path = Vec::new();
    write_map(document, &ROOT, &mut path, &mut bytes)?;
    Ok(bytes)
}

fn write_map(
    document: &Document,
    object: &ObjId,
    path: &mut Vec<String>,
    bytes: &mut Vec<u8>,
) -> Result<(), DigestError> {
    let mut keys: Vec<String> = document.inner.keys(object).collect();
    keys.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    write(bytes, |encoder| encoder.map(keys.len() as u64).map(|_| ()));
    for key in keys {
        write(bytes, |encoder| encoder.str(&key).map(|_| ()));
        let values = document.inner.get_all(object, key.as_str()).unwrap_or_default();
        path.push(key);
        // Two people who wrote the same do not disagree; two maps under one key do.
        let differ = values
            .iter()
            .skip(1)
            .any(|(value, _)| value.is_object() || Some(value) != values.first().map(|(first, _)| first));
        if differ {
            return Err(DigestError::Conflict(path.join(".")));
        }
        match values.as_slice() {
            [(Value::Object(ObjType::Map), id), ..] => write_map(document, id, path, bytes)?,
            [(Value::Scalar(value), _), ..] => match value.as_ref() {
                ScalarValue::Str(text) => write(bytes, |encoder| encoder.str(text).map(|_| ())),
                ScalarValue::Int(number) => write(bytes, |encoder| encoder.i64(*number).map(|_| ())),
                ScalarValue::Boolean(flag) => write(bytes, |encoder| encoder.bool(*flag).map(|_| ())),
                _ => return Err(DigestError::UnknownType(path.join("."))),
            },
            _ => return Err(DigestError::UnknownType(path.join("."))),
        }
        path.pop();
    }
    Ok(())
}

fn write(
    bytes: &mut Vec<u8>,
    with: impl FnOnce(
        &mut minicbor::Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<core::convert::Infallible>>,
) {
    // Writing into memory cannot fail: the error type has no value.
    let _ = with(&mut minicbor::Encoder::new(bytes));
}
