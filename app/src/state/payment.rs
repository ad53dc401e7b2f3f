//! Paying (付款) and binding a chat account: asked of the server at once, never queued.
//!
//! Promise: nobody is told that something is paid before the authority said so; a lost answer is asked for again
//! under the same id.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::RequestId;

use super::desk::Desk;
use crate::device::http::{HttpError, Request};
use crate::device::random;
use crate::device::store::{self, Store, Write};

impl Desk {
    /// Says to the authority that a request was paid.
    pub(crate) async fn pay(self, request: RequestId) -> Result<(), HttpError> {
        let key = self.own_key(&format!("payment/{request}"));
        let known = store::get(Store::Meta, &key).await.ok().flatten();
        let id = match known.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()) {
            Some(id) => id,
            None => {
                let id = random::id().to_string();
                self.write(vec![Write::put(Store::Meta, key, id.as_bytes().to_vec())]).await;
                id
            }
        };
        let token = self.token().await?;
        let body = serde_json::json!({ "id": id, "request": request });
        Request::post("/api/payments").bearer(&token).json(&body)?.send().await.map(drop)
    }

    /// Asks the server to send a code to an account on the chat platform.
    pub(crate) async fn send_chat_code(self, account: &str) -> Result<(), HttpError> {
        let token = self.token().await?;
        let body = serde_json::json!({ "userId": account.trim() });
        Request::post("/api/chat/code").bearer(&token).json(&body)?.send().await.map(drop)
    }

    /// Binds the account to which the code was sent.
    pub(crate) async fn bind_chat(self, code: &str) -> Result<(), HttpError> {
        let token = self.token().await?;
        let body = serde_json::json!({ "code": code.trim() });
        Request::post("/api/chat/bind").bearer(&token).json(&body)?.send().await.map(drop)
    }

    /// The device's key for people: its algorithm and the first characters of its public half.
    pub(crate) fn key_words(self) -> Option<(&'static str, String)> {
        self.with(|core| {
            let key = core.key.as_ref()?;
            let short: String = STANDARD.encode(key.public_key()).chars().take(12).collect();
            Some((key.algorithm().name(), short))
        })
    }
}
