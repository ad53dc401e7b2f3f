//! The device's signing key, made by WebCrypto so that it never leaves the browser.
//!
//! Promise: the private key cannot be exported, not even by us. Ed25519 where the browser has it; otherwise ECDSA on
//! P-256 with SHA-256 (older Chromium and WebView). The algorithm is part of the key's id.

use js_sys::{Object, Uint8Array};
use sync::signature::PublicKey;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto};

use super::js;
use super::store::{self, Store, StoreError};

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Ed25519, RFC 8032. Public key 32 bytes, signature 64.
    Ed25519,
    /// ECDSA on P-256 with SHA-256. Public key 65 bytes (uncompressed), signature 64 (r ‖ s).
    EcdsaP256,
}

impl Algorithm {
    /// The name in a key's id.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
        }
    }

    /// The algorithm of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        [Self::Ed25519, Self::EcdsaP256].into_iter().find(|algorithm| algorithm.name() == name)
    }

    fn parameters(self) -> Object {
        match self {
            Self::Ed25519 => js::object(&[("name", "Ed25519".into())]),
            Self::EcdsaP256 => {
                js::object(&[("name", "ECDSA".into()), ("namedCurve", "P-256".into()), ("hash", "SHA-256".into())])
            }
        }
    }
}

/// Why a key could not be made or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// No secure context, or neither algorithm.
    #[error("the browser cannot sign")]
    Unsupported,
    /// The browser refused; the text is for logs.
    #[error("the browser failed to sign: {0}")]
    Failed(String),
    /// The key could not be stored or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyError {
    /// The stable code, for the table of texts.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unsupported => "key_unsupported",
            Self::Failed(_) => "key",
            Self::Store(error) => error.code(),
        }
    }
}

impl From<JsValue> for KeyError {
    fn from(error: JsValue) -> Self {
        Self::Failed(js::error_text(&error))
    }
}

/// A signing key of one person on this device.
#[derive(Clone)]
pub(crate) struct DeviceKey {
    algorithm: Algorithm,
    private: CryptoKey,
    public: Vec<u8>,
}

impl DeviceKey {
    /// The key stored for this owner, if there is one.
    pub(crate) async fn load(owner: &str) -> Result<Option<Self>, KeyError> {
        Ok(store::get_value(Store::Keys, owner).await?.as_ref().and_then(Self::of_value))
    }

    /// The key stored for this owner, or a new one. Two tabs that ask at once get the same.
    pub(crate) async fn load_or_generate(owner: &str) -> Result<Self, KeyError> {
        if let Some(key) = Self::load(owner).await? {
            return Ok(key);
        }
        let key = Self::generate().await?;
        match store::add_value(Store::Keys, owner, &key.to_value()).await {
            Ok(()) => Ok(key),
            Err(StoreError::Taken) => Self::load(owner).await?.ok_or(KeyError::Store(StoreError::Taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets the key of this owner, as after its revocation.
    pub(crate) async fn remove(owner: &str) -> Result<(), StoreError> {
        store::delete(Store::Keys, owner).await
    }

    /// Puts the key that lies under one name in the place of another's, wholly or not at all.
    pub(crate) async fn replace(owner: &str, by: &str) -> Result<(), StoreError> {
        store::move_value(Store::Keys, by, owner).await
    }

    /// The public half, as the server knows it.
    pub(crate) fn known(&self) -> PublicKey {
        let algorithm = match self.algorithm {
            Algorithm::Ed25519 => sync::signature::Algorithm::Ed25519,
            Algorithm::EcdsaP256 => sync::signature::Algorithm::EcdsaP256,
        };
        PublicKey { algorithm, bytes: self.public.clone() }
    }

    /// How it signs.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key: 32 bytes of Ed25519, 65 of P-256.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// `ed25519:` or `ecdsa-p256:` and the public key in hexadecimal.
    #[cfg(debug_assertions)]
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.algorithm.name(), hex::encode(&self.public))
    }

    /// Signs a message.
    pub(crate) async fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let message = Uint8Array::from(message);
        let signing =
            subtle()?.sign_with_object_and_js_u8_array(&self.algorithm.parameters(), &self.private, &message)?;
        let signature = Uint8Array::new(&js::settled(signing.into()).await?).to_vec();
        signature.try_into().map_err(|_| KeyError::Failed("a signature that is not 64 bytes".to_owned()))
    }

    async fn generate() -> Result<Self, KeyError> {
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
            if let Ok(key) = Self::generate_with(algorithm).await {
                return Ok(key);
            }
        }
        Err(KeyError::Unsupported)
    }

    async fn generate_with(algorithm: Algorithm) -> Result<Self, KeyError> {
        let subtle = subtle()?;
        let usages = js_sys::Array::of2(&"sign".into(), &"verify".into());
        let made = subtle.generate_key_with_object(&algorithm.parameters(), false, &usages)?;
        let pair = js::settled(made.into()).await?;
        let private = js::get(&pair, "privateKey").dyn_into::<CryptoKey>()?;
        let public = js::get(&pair, "publicKey").dyn_into::<CryptoKey>()?;
        let exported = js::settled(subtle.export_key("raw", &public)?.into()).await?;
        Ok(Self { algorithm, private, public: Uint8Array::new(&exported).to_vec() })
    }

    fn to_value(&self) -> JsValue {
        js::object(&[
            ("algorithm", self.algorithm.name().into()),
            ("private", self.private.clone().into()),
            ("public", Uint8Array::from(self.public.as_slice()).into()),
        ])
        .into()
    }

    fn of_value(value: &JsValue) -> Option<Self> {
        Some(Self {
            algorithm: Algorithm::of_name(&js::get(value, "algorithm").as_string()?)?,
            private: js::get(value, "private").dyn_into().ok()?,
            public: js::get(value, "public").dyn_into::<Uint8Array>().ok()?.to_vec(),
        })
    }
}

/// Whether `signature` over `message` was made by the owner of this public key, such as the server's;
/// [`KeyError::Unsupported`] where the browser does not know the algorithm.
pub(crate) async fn verify(
    algorithm: Algorithm,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    let subtle = subtle()?;
    let parameters = algorithm.parameters();
    let usages = js_sys::Array::of1(&"verify".into());
    let raw = Uint8Array::from(public_key);
    let importing = subtle.import_key_with_object("raw", &raw, &parameters, true, &usages)?;
    let imported = js::settled(importing.into()).await.map_err(|_| KeyError::Unsupported)?;
    let key = imported.dyn_into::<CryptoKey>()?;
    let (signature, message) = (Uint8Array::from(signature), Uint8Array::from(message));
    let checking =
        subtle.verify_with_object_and_js_u8_array_and_js_u8_array(&parameters, &key, &signature, &message)?;
    Ok(js::settled(checking.into()).await?.is_truthy())
}

/// WebCrypto exists only in a secure context: HTTPS or localhost.
pub(super) fn subtle() -> Result<SubtleCrypto, KeyError> {
    // A worker has it as well, but no window.
    let crypto = js::get(&js_sys::global(), "crypto");
    js::get(&crypto, "subtle").dyn_into().map_err(|_| KeyError::Unsupported)
}
