//! Calls to Feishu's API.

use super::FeishuConfig;
use crate::http::{AccessTokens, CALL_LIMIT, ConfigError, Grant, Http, LONGEST_ANSWER, exchange, harmless, read_json};
use crate::secret::Secret;
use crate::surface::{ChatIdentity, Notice, Platform, SendError};
use crate::tap::SentFile;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The HTTP side of one app.
#[derive(Debug)]
pub(super) struct Client {
    config: FeishuConfig,
    http: Http,
    tokens: AccessTokens,
}

impl Client {
    pub(super) fn new(config: FeishuConfig) -> Result<Self, ConfigError> {
        let http = Http::new(&config.api_base, CALL_LIMIT)?;
        Ok(Self { config, http, tokens: AccessTokens::default() })
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<A, SendError> {
        let call = |token: Secret| {
            let request = self.http.request(method.clone(), path, query).bearer_auth(token.reveal()).json(body);
            async move {
                let (status, body) = exchange(request, LONGEST_ANSWER).await?;
                read(status, &body)
            }
        };
        self.tokens.with(|| self.grant(), call).await
    }

    async fn grant(&self) -> Result<Grant, SendError> {
        #[derive(Deserialize)]
        struct Token {
            code: i64,
            #[serde(default, rename = "tenant_access_token")]
            access: String,
            #[serde(default)]
            expire: u64,
        }
        let body = json!({"app_id": self.config.app_id, "app_secret": self.config.app_secret.reveal()});
        let path = "/open-apis/auth/v3/tenant_access_token/internal";
        let (status, body) = exchange(self.http.request(Method::POST, path, &[]).json(&body), LONGEST_ANSWER).await?;
        let token: Token = read_json(status, &body)?;
        if token.code != 0 {
            return Err(refusal(token.code));
        }
        Ok(Grant { token: token.access, lives: Duration::from_secs(token.expire) })
    }

    /// Sends a card to one user; the message's id.
    pub(super) async fn send(&self, user: &str, key: &str, card: &Value) -> Result<String, SendError> {
        self.message(user, key, "interactive", &card.to_string()).await
    }

    async fn message(&self, user: &str, key: &str, kind: &str, content: &str) -> Result<String, SendError> {
        #[derive(Deserialize)]
        struct Sent {
            message_id: String,
        }
        // A uuid has at most 50 characters; ours are 32 digits, or none for a message that may come twice.
        let mut body = json!({"receive_id": user, "msg_type": kind, "content": content});
        if let Some(body) = body.as_object_mut().filter(|_| !key.is_empty()) {
            body.insert("uuid".into(), json!(key.chars().take(50).collect::<String>()));
        }
        let query = [("receive_id_type", "open_id")];
        let sent: Sent = self.call(Method::POST, "/open-apis/im/v1/messages", &query, &body).await?;
        Ok(sent.message_id)
    }

    /// Brings a message to another card.
    pub(super) async fn update(&self, message: &str, card: &Value) -> Result<(), SendError> {
        if message.is_empty() || !message.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
            return Err(SendError::Stale("feishu.no_message".into()));
        }
        let path = format!("/open-apis/im/v1/messages/{message}");
        let body = json!({"content": card.to_string()});
        let done: Result<Value, SendError> = self.call(Method::PATCH, &path, &[], &body).await;
        match done {
            Ok(_) => Ok(()),
            // Too old (14 days), withdrawn, or not ours: this message will not change any more.
            Err(SendError::Permanent(code)) if matches!(code.as_str(), "230031" | "230011") => {
                Err(SendError::Stale(code))
            }
            Err(other) => Err(other),
        }
    }

    /// Writes to one user.
    pub(super) async fn say(&self, user: &str, notice: &Notice) -> Result<(), SendError> {
        let mut text: Vec<&str> = std::iter::once(notice.title.as_str()).collect();
        text.extend(notice.lines.iter().map(String::as_str));
        if !notice.url.is_empty() {
            text.push(&notice.url);
        }
        let content = json!({"text": text.join("\n")}).to_string();
        self.message(user, "", "text", &content).await.map(drop)
    }

    /// A file that somebody sent to the bot.
    pub(super) async fn resource(&self, file: &SentFile, limit: usize) -> Result<Vec<u8>, SendError> {
        let proper =
            |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !proper(&file.id) || !proper(&file.message) {
            return Err(SendError::Permanent("feishu.file_invalid".into()));
        }
        let path = format!("/open-apis/im/v1/messages/{}/resources/{}", file.message, file.id);
        let kind = if file.name.is_empty() { "image" } else { "file" };
        let call = |token: Secret| {
            let request = self.http.request(Method::GET, &path, &[("type", kind)]).bearer_auth(token.reveal());
            async move {
                let (status, body) = exchange(request, limit).await.map_err(harmless)?;
                if status.is_success() {
                    return Ok(body);
                }
                Err(read::<Value>(status, &body).err().unwrap_or_else(|| SendError::Permanent("feishu.file".into())))
            }
        };
        self.tokens.with(|| self.grant(), call).await
    }

    /// Feishu's sign-in page.
    pub(super) fn login(&self, redirect: &str, state: &str) -> String {
        let query = [("app_id", self.config.app_id.as_str()), ("redirect_uri", redirect), ("state", state)];
        Url::parse_with_params("https://open.feishu.cn/open-apis/authen/v1/authorize", query)
            .map(String::from)
            .unwrap_or_default()
    }

    /// The person behind a code of the sign-in page.
    pub(super) async fn person_of_code(&self, code: &str) -> Result<ChatIdentity, SendError> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
        }
        #[derive(Deserialize)]
        struct User {
            open_id: String,
            tenant_key: String,
        }
        let body = json!({"grant_type": "authorization_code", "code": code});
        let path = "/open-apis/authen/v1/oidc/access_token";
        let granted: Granted = self.call(Method::POST, path, &[], &body).await?;
        let request =
            self.http.request(Method::GET, "/open-apis/authen/v1/user_info", &[]).bearer_auth(granted.access_token);
        let (status, body) = exchange(request, LONGEST_ANSWER).await?;
        let user: User = read(status, &body)?;
        if user.tenant_key != self.config.tenant {
            return Err(SendError::Permanent("feishu.other_company".into()));
        }
        Ok(ChatIdentity::new(Platform::Feishu, user.tenant_key, &user.open_id))
    }
}

/// What an answer means: its `data`, or what to do next.
fn read<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, SendError> {
    #[derive(Deserialize)]
    struct Coded {
        code: i64,
        #[serde(default)]
        data: Value,
    }
    let coded: Coded = read_json(status, body)?;
    if coded.code != 0 {
        return Err(refusal(coded.code));
    }
    serde_json::from_value(coded.data).map_err(|_| SendError::Ambiguous("the answer cannot be read".into()))
}

fn refusal(code: i64) -> SendError {
    let named = code.to_string();
    match code {
        99_991_663 | 99_991_661 | 99_991_664 => SendError::TokenExpired,
        // Too often: for the app, for one message, for one chat.
        99_991_400 | 230_020 | 11_232 | 11_233 => {
            SendError::Retry { after: Some(Duration::from_secs(1)), reason: named }
        }
        1_000 | 2_200 | 230_049 => SendError::Retry { after: None, reason: named },
        _ => SendError::Permanent(named),
    }
}
