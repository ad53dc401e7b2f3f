//! Another key in the place of this device's (密钥轮换): where somebody else may have used it, or where the house's rules want
//! it changed now and then.
//!
//! Promise: one of the two keys opens the session at every moment. The next one lies here before the server hears of it; it
//! takes over when the server has it, also when the answer was lost or the app was closed in between.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leptos::prelude::*;
use sync::signature::rotation_message;

use super::desk::{Desk, Reach};
use super::session::{self, Session};
use crate::device::http::{HttpError, Request};
use crate::device::key::{DeviceKey, KeyError};
use crate::device::{page, task};

/// What became of the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Succession {
    /// It is the key now, and the app starts anew.
    Done,
    /// There is none, or the server does not have it.
    None,
    /// The server could not be asked.
    Unknown,
}

impl Desk {
    /// Whether everything that the present key has signed has reached the server.
    pub(crate) fn may_rotate(self) -> bool {
        self.reach.get() == Reach::Live
            && self.pending.with(|pending| pending.is_empty())
            && self.uploads.get() == 0
            && self.refused.get() == 0
    }

    /// Puts a new key in the place of this device's and starts the app anew.
    pub(crate) async fn rotate_key(self) -> Result<(), String> {
        let token = self.token().await.map_err(said)?;
        let missing = || "key_missing".to_owned();
        let session = Session::load().await.ok().flatten().ok_or_else(missing)?;
        let next = DeviceKey::load_or_generate(&session.next_key()).await.map_err(unsigned)?;
        let message = rotation_message(session.device_id, &next.known());
        let proof = self.sign(&message).await.ok_or_else(missing)?;
        let next_proof = next.sign(&message).await.map_err(unsigned)?;
        let body = serde_json::json!({
            "algorithm": next.algorithm().name(),
            "publicKey": STANDARD.encode(next.public_key()),
            "proof": STANDARD.encode(proof),
            "nextProof": STANDARD.encode(next_proof),
        });
        let asked = Request::post("/api/devices/rotate").bearer(&token).json(&body).map_err(said)?;
        match asked.send().await {
            Err(error @ HttpError::Refused { .. }) => {
                if let Err(error) = DeviceKey::remove(&session.next_key()).await {
                    task::log(&format!("a key that was not taken could not be removed: {error}"));
                }
                Err(said(error))
            }
            Err(error) if self.succeed().await != Succession::Done => Err(said(error)),
            Ok(_) if self.succeed().await != Succession::Done => Err("offline".to_owned()),
            _ => Ok(()),
        }
    }

    /// Lets the next key take over, if there is one and the server has it.
    pub(super) async fn succeed(self) -> Succession {
        let Ok(Some(session)) = Session::load().await else { return Succession::None };
        let Ok(Some(next)) = DeviceKey::load(&session.next_key()).await else { return Succession::None };
        match self.renew(Some(&next), None).await {
            Ok(_) => {}
            Err(HttpError::Refused { .. }) => return Succession::None,
            Err(_) => return Succession::Unknown,
        }
        if let Err(error) = DeviceKey::replace(&session.login, &session.next_key()).await {
            task::log(&format!("the next key could not be put in its place: {error}"));
            return Succession::Unknown;
        }
        self.say_signed_out();
        page::start_at("/me");
        Succession::Done
    }

    /// The server will have nothing more from this key: the next one takes over, or what is here goes.
    pub(super) async fn revoked(self) {
        if self.succeed().await == Succession::None {
            self.purge(session::AFTER_REVOCATION).await;
        }
    }
}

fn said(error: HttpError) -> String {
    error.code().to_owned()
}

fn unsigned(error: KeyError) -> String {
    error.code().to_owned()
}
