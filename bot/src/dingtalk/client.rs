//! Calls to DingTalk's API: one shared access token, and every failure told apart by what to do next.

mod answer;

use super::config::{endpoint_is_trusted, file_is_trusted};
use super::wire::{
    CARD_TOPIC, CreateAndDeliver, Created, DeliverResult, MESSAGE_TOPIC, OpenAnswer, TokenAnswer, UpdateCard,
};
use super::{DingTalkConfig, Timings};
use crate::http::{AccessTokens, ConfigError, Grant, Http, LONGEST_ANSWER, exchange};
use crate::secret::Secret;
use crate::surface::SendError;
use answer::read;
use reqwest::{Method, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// The vendor's code for a card key that was used before.
pub const CARD_EXISTS: &str = "param.cardAlreadyExist";

/// The HTTP side of one DingTalk application.
pub struct Client {
    config: DingTalkConfig,
    timings: Timings,
    http: Http,
    older: Http,
    tokens: AccessTokens,
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
        config.check()?;
        let http = Http::new(&config.api_base, timings.call)?;
        let older = Http::new(&config.oapi_base, timings.call)?;
        Ok(Self { config, timings, http, older, tokens: AccessTokens::default() })
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
            "subscriptions": [
                {"type": "CALLBACK", "topic": CARD_TOPIC},
                {"type": "CALLBACK", "topic": MESSAGE_TOPIC},
                {"type": "EVENT", "topic": "*"},
            ],
            "ua": concat!("suanpan/", env!("CARGO_PKG_VERSION")),
        });
        let request = self.http.request(Method::POST, "/v1.0/gateway/connections/open", &[]).json(&body);
        let answer: OpenAnswer = send(request).await?;
        let mut address =
            Url::parse(&answer.endpoint).map_err(|_| SendError::Permanent("dingtalk.endpoint_invalid".into()))?;
        if !endpoint_is_trusted(self.http.base(), &address) {
            return Err(SendError::Permanent("dingtalk.endpoint_untrusted".into()));
        }
        // Encodes the ticket: it may hold `+`, `/` and `=`.
        address.query_pairs_mut().clear().append_pair("ticket", &answer.ticket);
        Ok(Ticket { address: Secret::new(String::from(address)) })
    }

    /// One call under the access token, in the current API.
    pub(super) async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, SendError> {
        self.tokens
            .with(
                || self.grant(),
                |token| {
                    let request = self.http.request(method.clone(), path, &[]);
                    send(request.header("x-acs-dingtalk-access-token", token.reveal()).json(body))
                },
            )
            .await
    }

    async fn grant(&self) -> Result<Grant, SendError> {
        let body = json!({
            "appKey": self.config.client_id,
            "appSecret": self.config.client_secret.reveal(),
        });
        let request = self.http.request(Method::POST, "/v1.0/oauth2/accessToken", &[]);
        let answer: TokenAnswer = send(request.json(&body)).await?;
        let lives = Duration::from_secs(answer.expire_in.parse().unwrap_or_default());
        Ok(Grant { token: answer.access_token, lives })
    }

    /// One call of the older API, whose token stands in the address and whose errors stand in the body.
    pub(super) async fn older_call<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, SendError> {
        self.tokens
            .with(
                || self.grant(),
                |token| {
                    let request =
                        self.older.request(Method::POST, path, &[("access_token", token.reveal())]).json(body);
                    async move {
                        let (status, body) = exchange(request, LONGEST_ANSWER).await?;
                        answer::read_older(status, &body)
                    }
                },
            )
            .await
    }

    /// One call without an access token; `body` proves who we are.
    pub(super) async fn anonymous<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, SendError> {
        send(self.http.request(Method::POST, path, &[]).json(body)).await
    }

    /// One call under a user's own token.
    pub(super) async fn as_user<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: &str,
    ) -> Result<A, SendError> {
        send(self.http.request(method, path, &[]).header("x-acs-dingtalk-access-token", token)).await
    }

    /// Fetches a file from an address that the API named. It must be DingTalk's own.
    pub(super) async fn fetch(&self, address: &str, limit: usize) -> Result<Vec<u8>, SendError> {
        let address = Url::parse(address).map_err(|_| SendError::Permanent("dingtalk.file_address".into()))?;
        if !file_is_trusted(self.http.base(), &address) {
            return Err(SendError::Permanent("dingtalk.file_untrusted".into()));
        }
        let (status, body) = exchange(self.http.fetch(address), limit).await.map_err(crate::http::harmless)?;
        if status.is_success() { Ok(body) } else { Err(SendError::Permanent(status.as_u16().to_string())) }
    }
}

/// Sends a request and reads the answer, or says why not.
async fn send<A: DeserializeOwned>(request: RequestBuilder) -> Result<A, SendError> {
    let (status, body) = exchange(request, LONGEST_ANSWER).await?;
    read(status, &body)
}
