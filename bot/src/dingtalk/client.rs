//! Calls to DingTalk's API: one shared access token, and every failure told apart by what to do next.

mod answer;

use super::config::endpoint_is_trusted;
use super::wire::{CARD_TOPIC, CreateAndDeliver, Created, DeliverResult, OpenAnswer, TokenAnswer, UpdateCard};
use super::{ConfigError, DingTalkConfig, Timings};
use crate::secret::Secret;
use crate::surface::SendError;
use answer::{read, unsent};
use reqwest::{Method, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The vendor's code for a card key that was used before.
pub const CARD_EXISTS: &str = "param.cardAlreadyExist";

/// A token is renewed this long before it ends, so that none ends on the way.
const RENEW_EARLY: Duration = Duration::from_mins(5);

/// No answer of this API is longer; a longer one is not an answer.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The HTTP side of one DingTalk application.
pub struct Client {
    config: DingTalkConfig,
    timings: Timings,
    base: Url,
    http: reqwest::Client,
    /// Held while a token is fetched, so that many callers cause one request.
    token: Mutex<Option<Token>>,
}

struct Token {
    text: Secret,
    renew_at: Instant,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Where the stream is, and the right to connect to it once.
pub(super) struct Ticket {
    /// The full address, ticket included. It must not be logged.
    pub(super) address: Secret,
}

impl Client {
    /// Checks the configuration and prepares the HTTP client.
    pub fn new(config: DingTalkConfig, timings: Timings) -> Result<Self, ConfigError> {
        crate::install_tls();
        let base = config.checked_base()?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("suanpan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timings.call.min(Duration::from_secs(5)))
            .timeout(timings.call)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConfigError::Http(error.without_url().to_string()))?;
        Ok(Self { config, timings, base, http, token: Mutex::new(None) })
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &DingTalkConfig {
        &self.config
    }

    /// The time limits it was made with.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }

    /// Creates a card and delivers it. A key that was used before is [`SendError::Permanent`] with [`CARD_EXISTS`].
    pub async fn create_and_deliver(&self, card: &CreateAndDeliver) -> Result<Vec<DeliverResult>, SendError> {
        let path = "/v1.0/card/instances/createAndDeliver";
        let created: Created = self.call(Method::POST, path, card).await?;
        Ok(created.result.deliver_results)
    }

    /// Brings every copy of a card to new values.
    pub async fn update(&self, card: &UpdateCard) -> Result<(), SendError> {
        let answer: serde::de::IgnoredAny = self.call(Method::PUT, "/v1.0/card/instances", card).await?;
        let serde::de::IgnoredAny = answer;
        Ok(())
    }

    /// Asks where to connect for callbacks.
    pub(super) async fn open_stream(&self) -> Result<Ticket, SendError> {
        let body = json!({
            "clientId": self.config.client_id,
            "clientSecret": self.config.client_secret.reveal(),
            "subscriptions": [{"type": "CALLBACK", "topic": CARD_TOPIC}],
            "ua": concat!("suanpan/", env!("CARGO_PKG_VERSION")),
        });
        let request = self.request(Method::POST, "/v1.0/gateway/connections/open").json(&body);
        let answer: OpenAnswer = send(request).await?;
        let mut address =
            Url::parse(&answer.endpoint).map_err(|_| SendError::Permanent("dingtalk.endpoint_invalid".into()))?;
        if !endpoint_is_trusted(&self.base, &address) {
            return Err(SendError::Permanent("dingtalk.endpoint_untrusted".into()));
        }
        // Encodes the ticket: it may hold `+`, `/` and `=`.
        address.query_pairs_mut().clear().append_pair("ticket", &answer.ticket);
        Ok(Ticket { address: Secret::new(String::from(address)) })
    }

    /// One call under the access token. A refused token is dropped and the call made once more with a fresh one.
    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, SendError> {
        let mut refused: Option<Secret> = None;
        for _ in 0..2 {
            let token = self.access_token(refused.as_ref()).await?;
            let request =
                self.request(method.clone(), path).header("x-acs-dingtalk-access-token", token.reveal()).json(body);
            match send(request).await {
                Err(SendError::TokenExpired) => refused = Some(token),
                other => return other,
            }
        }
        Err(SendError::TokenExpired)
    }

    /// The shared token, fetched if there is none, it is about to end, or it is the one that was just refused.
    async fn access_token(&self, refused: Option<&Secret>) -> Result<Secret, SendError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref()
            && Instant::now() < token.renew_at
            && refused != Some(&token.text)
        {
            return Ok(token.text.clone());
        }
        *kept = None;
        let body = json!({
            "appKey": self.config.client_id,
            "appSecret": self.config.client_secret.reveal(),
        });
        let answer: TokenAnswer = send(self.request(Method::POST, "/v1.0/oauth2/accessToken").json(&body))
            .await
            // Fetching a token changes nothing, so a lost answer is no doubt here.
            .map_err(|error| match error {
                SendError::Ambiguous(reason) => SendError::Retry { after: None, reason },
                other => other,
            })?;
        let lives = Duration::from_secs(answer.expire_in.parse().unwrap_or_default());
        let text = Secret::new(answer.access_token);
        let renew_at = Instant::now() + lives.saturating_sub(RENEW_EARLY);
        *kept = Some(Token { text: text.clone(), renew_at });
        Ok(text)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(path);
        // Without this header the gateway answers in XML.
        self.http.request(method, url).header(reqwest::header::ACCEPT, "application/json")
    }
}

/// Sends a request and reads the answer, or says why not.
async fn send<A: DeserializeOwned>(request: RequestBuilder) -> Result<A, SendError> {
    let mut response = request.send().await.map_err(|error| unsent(&error))?;
    let status = response.status();
    let mut body = Vec::new();
    // The status alone does not tell what was done, so a body that breaks off leaves doubt.
    let lost = |error: reqwest::Error| SendError::Ambiguous(error.without_url().to_string());
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(SendError::Ambiguous("the answer is too long".into()));
        }
        body.extend_from_slice(&chunk);
    }
    read(status, &body)
}
