//! Who is signed in: with a password once, then by the device's key.
//!
//! Promise: after the first time the app opens without the network. The password is never kept, the access token only
//! in memory, and the refresh token is worth nothing without the device's key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{DeviceId, Person, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sync::signature::{enrolment_message, refresh_message};

use super::desk::{Desk, Phase};
use super::rotation::Succession;
use crate::device::http::{HttpError, Request};
use crate::device::key::{DeviceKey, KeyError};
use crate::device::store::{self, Store, StoreError, Write};
use crate::device::{clock, page, persist, place, task};

const SESSION: &str = "session";
/// The server's word for a device that may never come back.
const REVOKED: &str = "device_revoked";
/// Where the app starts anew when everything was taken from it, so that it can say why.
pub(super) const AFTER_REVOCATION: &str = "/?revoked";

/// Why nobody is signed in, where the app has just started anew.
pub(super) fn ended_by_revocation() -> Option<String> {
    (place::query() == "?revoked").then(|| REVOKED.to_owned())
}

/// An access token is renewed this long before it ends, in milliseconds.
const EARLY: i64 = 60_000;

fn next_key(login: &str) -> String {
    format!("next/{login}")
}

/// What stays on the device between starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// What the person typed to sign in; also the name of their key on this device.
    pub(crate) login: String,
    /// Who they are.
    pub(crate) person: Person,
    /// The device that signs.
    pub(crate) device_id: DeviceId,
    refresh_token: String,
    /// The keys that the server has signed with, Ed25519, the newest last.
    #[serde(default)]
    server_keys: Vec<String>,
}

/// The right to ask the server, for some minutes.
pub(crate) struct Access {
    token: String,
    until: Timestamp,
}

/// What the server gives for a password or a signature.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Granted {
    access_token: String,
    refresh_token: String,
    person: Person,
    device_id: DeviceId,
    expires_in: i64,
    server_key: String,
}

/// Why somebody could not sign in: a stable code and the numbers in its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignInError {
    /// The code.
    pub(crate) code: String,
    /// Minutes until a locked account opens.
    pub(crate) minutes: Option<i64>,
    /// Attempts until it is locked.
    pub(crate) attempts_left: Option<i64>,
}

impl From<HttpError> for SignInError {
    fn from(error: HttpError) -> Self {
        let number = |name: &str| match &error {
            HttpError::Refused { body, .. } => {
                serde_json::from_slice::<serde_json::Value>(body.as_bytes()).ok()?.get("detail")?.get(name)?.as_i64()
            }
            _ => None,
        };
        let code = match error.code() {
            // Nothing is saved at sign-in, so the sentence about saved work would be wrong.
            "offline" => "sign_in_offline",
            code => code,
        };
        Self { code: code.to_owned(), minutes: number("minutes"), attempts_left: number("attemptsLeft") }
    }
}

impl From<KeyError> for SignInError {
    fn from(error: KeyError) -> Self {
        Self { code: error.code().to_owned(), minutes: None, attempts_left: None }
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self { code: error.code().to_owned(), minutes: None, attempts_left: None }
    }
}

impl Session {
    /// The session of this device, if somebody is signed in.
    pub(crate) async fn load() -> Result<Option<Self>, StoreError> {
        let row = store::get(Store::Meta, SESSION).await?;
        Ok(row.and_then(|bytes| serde_json::from_slice(&bytes.to_vec()).ok()))
    }

    /// The public keys of the server, as it gave them to this device over a connection that it trusted.
    pub(super) fn server_keys(&self) -> impl Iterator<Item = Vec<u8>> {
        self.server_keys.iter().rev().filter_map(|key| STANDARD.decode(key).ok())
    }

    /// Under what the key lies that is to take the place of this person's.
    pub(super) fn next_key(&self) -> String {
        next_key(&self.login)
    }

    async fn save(&self) -> Result<(), StoreError> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        store::write(vec![Write::put(Store::Meta, SESSION, json)]).await
    }

    /// The session that was granted after those keys were known.
    fn of(login: &str, granted: &Granted, known_keys: &[String]) -> Self {
        let mut server_keys: Vec<String> =
            known_keys.iter().filter(|key| **key != granted.server_key).cloned().collect();
        server_keys.push(granted.server_key.clone());
        Self {
            server_keys,
            login: login.to_owned(),
            person: granted.person.clone(),
            device_id: granted.device_id,
            refresh_token: granted.refresh_token.clone(),
        }
    }
}

impl Access {
    fn of(granted: &Granted) -> Self {
        let life = granted.expires_in.saturating_mul(1_000);
        Self { token: granted.access_token.clone(), until: clock::now().plus(life) }
    }

    /// Whether it will be over soon.
    pub(super) fn ends_soon(&self) -> bool {
        self.until <= clock::now().plus(EARLY)
    }
}

impl Desk {
    /// Signs in and opens what this device has of the person.
    pub(crate) async fn sign_in(self, login: &str, password: &str) -> Result<(), SignInError> {
        let login = login.trim();
        let granted = match offer(login, password).await {
            Err(error) if matches!(error.code.as_str(), "device_revoked" | "device_of_another") => {
                // The old key is worth nothing any more, and what it was trusted with goes with it.
                self.purge_login(login).await?;
                offer(login, password).await?
            }
            granted => granted?,
        };
        let session = Session::of(login, &granted, &[]);
        session.save().await?;
        self.with(|core| core.access = Some(Access::of(&granted)));
        self.enter(session).await;
        // Whoever works here wants it kept; a browser that says no is told of on the person's own page.
        task::spawn(async {
            persist::keep().await;
        });
        Ok(())
    }

    /// An access token that holds for a while, renewed when the present one does not.
    pub(super) async fn token(self) -> Result<String, HttpError> {
        let good = |access: &Access| (!access.ends_soon()).then(|| access.token.clone());
        if let Some(token) = self.with(|core| core.access.as_ref().and_then(good)) {
            return Ok(token);
        }
        let granted = self.renew(None, None).await;
        match granted {
            Ok(granted) => {
                let token = granted.access_token.clone();
                self.with(|core| core.access = Some(Access::of(&granted)));
                Ok(token)
            }
            Err(error) => {
                match error.code() {
                    "session_ended" => self.end_session("session_ended"),
                    // Closed between the two steps in which another key takes over, the app signs with the wrong one.
                    "proof_refused" if self.succeed().await == Succession::None => self.end_session("session_ended"),
                    REVOKED => self.revoked().await,
                    _ => {}
                }
                Err(error)
            }
        }
    }

    /// Renews the session with the newest refresh token of this device, which may be another tab's; as the key that is to
    /// take the present one's place, or as the present one.
    pub(super) async fn renew(self, next: Option<&DeviceKey>, at: Option<i64>) -> Result<Granted, HttpError> {
        let unknown = || HttpError::Malformed("no session".to_owned());
        let session = Session::load().await.ok().flatten().ok_or_else(unknown)?;
        let moment = at.unwrap_or(clock::now().0);
        let message = refresh_message(&session.refresh_token, moment);
        let signature = match next {
            Some(next) => next.sign(&message).await.ok().map(Vec::from),
            None => self.sign(&message).await,
        };
        let signature = signature.ok_or_else(unknown)?;
        let body = serde_json::json!({
            "refreshToken": session.refresh_token,
            "deviceId": next.map_or(session.device_id, |next| next.known().device()),
            "at": moment,
            "signature": STANDARD.encode(signature),
        });
        let answer = Request::post("/api/refresh").json(&body)?.send().await;
        let granted: Granted = match answer {
            Ok(answer) => answer.json().await?,
            Err(HttpError::Refused { code, body, .. }) if code == "clock_differs" && at.is_none() => {
                // The device's clock is wrong; the server says what time it is.
                let detail = serde_json::from_slice::<serde_json::Value>(body.as_bytes()).ok();
                let time = detail.as_ref().and_then(|body| body.get("detail")?.get("serverTime")?.as_i64());
                return Box::pin(self.renew(next, Some(time.unwrap_or(moment)))).await;
            }
            Err(error) => return Err(error),
        };
        let renewed = Session::of(&session.login, &granted, &session.server_keys);
        if let Err(error) = renewed.save().await {
            task::log(&format!("the renewed session could not be kept: {error}"));
        }
        self.person.set(Some(granted.person.clone().into()));
        self.with(|core| core.session = Some(renewed));
        Ok(granted)
    }

    /// The server ended the session. What is on this device stays for whoever signs in as the same person.
    pub(super) fn end_session(self, code: &str) {
        self.stop_link();
        self.with(|core| core.access = None);
        self.phase.set(Phase::SignedOut(Some(code.to_owned())));
    }

    /// Signs out and removes what this device has of the person. Whoever calls it has asked about unsent work.
    pub(crate) async fn sign_out(self) {
        if let Ok(token) = self.token().await {
            // Without the network the session stays open at the server until it ends by itself; the key is gone.
            let _ = Request::post("/api/sign-out").bearer(&token).send().await;
        }
        self.purge("/").await;
    }

    /// Removes what this device has of the person and starts anew at a path.
    pub(super) async fn purge(self, path: &str) {
        self.stop_link();
        let Some(session) = self.with(|core| core.session.clone()) else {
            return;
        };
        self.stop_keeper();
        self.forget_notes();
        let removed = async {
            remove(&session).await?;
            store::forget_key_of_nobody().await
        };
        if let Err(error) = removed.await {
            task::log(&format!("not everything could be removed: {error}"));
        }
        self.say_signed_out();
        page::start_at(path);
    }

    /// The other tabs start anew.
    pub(super) fn say_signed_out(self) {
        self.with(|core| {
            if let Some(channel) = &core.channel {
                channel.say("signed-out");
            }
        });
    }

    async fn purge_login(self, login: &str) -> Result<(), StoreError> {
        match Session::load().await? {
            Some(session) if session.login == login => remove(&session).await,
            _ => {
                DeviceKey::remove(&next_key(login)).await?;
                DeviceKey::remove(login).await
            }
        }
    }
}

/// Everything of a person on this device, in one transaction.
async fn remove(session: &Session) -> Result<(), StoreError> {
    let prefix = format!("{}/", session.person.id);
    let stores = [Store::Documents, Store::Pending, Store::Outbox, Store::Blobs, Store::Views, Store::Meta];
    let mut batch: Vec<Write> = stores.into_iter().map(|from| Write::DeletePrefix(from, prefix.clone())).collect();
    batch.push(Write::Delete(Store::Keys, session.login.clone()));
    batch.push(Write::Delete(Store::Keys, session.next_key()));
    batch.push(Write::Delete(Store::Meta, SESSION.to_owned()));
    store::write(batch).await
}

/// Shows the server the password and the device's key.
async fn offer(login: &str, password: &str) -> Result<Granted, SignInError> {
    let key = DeviceKey::load_or_generate(login).await?;
    let proof = key.sign(&enrolment_message(login)).await?;
    let body = serde_json::json!({
        "login": login,
        "password": password,
        "device": {
            "algorithm": key.algorithm().name(),
            "publicKey": STANDARD.encode(key.public_key()),
            "name": page::device_name(),
        },
        "proof": STANDARD.encode(proof),
    });
    Ok(Request::post("/api/sign-in").json(&body)?.send().await?.json().await?)
}
