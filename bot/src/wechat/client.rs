//! Calls to WeChat's API. Token and secret stand in the query, so no address is ever logged.

use super::{NO_CONSENT, WeChatConfig};
use crate::card::CardView;
use crate::http::{
    AccessTokens, CALL_LIMIT, ConfigError, Grant, Http, LONGEST_ANSWER, exchange, read_coded, too_often,
};
use crate::secret::Secret;
use crate::surface::SendError;
use crate::text::{one_line, shorten_characters};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The HTTP side of one mini-program.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) config: WeChatConfig,
    http: Http,
    tokens: AccessTokens,
}

impl Client {
    pub(super) fn new(config: WeChatConfig) -> Result<Self, ConfigError> {
        let http = Http::new(&config.api_base, CALL_LIMIT)?;
        Ok(Self { config, http, tokens: AccessTokens::default() })
    }

    /// The openid behind a code.
    pub(super) async fn code_to_session(&self, code: &str) -> Result<String, SendError> {
        // The answer holds the session key as well; it is not even read.
        #[derive(Deserialize)]
        struct Session {
            openid: String,
        }
        let query = [
            ("appid", self.config.app_id.as_str()),
            ("secret", self.config.app_secret.reveal()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let request = self.http.request(Method::GET, "/sns/jscode2session", &query);
        let (status, body) = exchange(request, LONGEST_ANSWER).await?;
        Ok(read::<Session>(status, &body)?.openid)
    }

    /// The stable token: several servers that ask for it do not take it from each other.
    async fn grant(&self) -> Result<Grant, SendError> {
        #[derive(Deserialize)]
        struct Token {
            access_token: String,
            expires_in: u64,
        }
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.config.app_id,
            "secret": self.config.app_secret.reveal(),
            "force_refresh": false,
        });
        let request = self.http.request(Method::POST, "/cgi-bin/stable_token", &[]).json(&body);
        let (status, body) = exchange(request, LONGEST_ANSWER).await?;
        let token: Token = read(status, &body)?;
        Ok(Grant { token: token.access_token, lives: Duration::from_secs(token.expires_in) })
    }

    /// Reminds one person, at the cost of one consent.
    pub(super) async fn remind(&self, user: &str, view: &CardView) -> Result<(), SendError> {
        let amount = view.facts.iter().find(|(name, _)| name == "金额").map(|(_, value)| value.as_str());
        let body = json!({
            "touser": user,
            "template_id": self.config.template_id,
            "page": format!("pages/detail/detail?request={}", view.request),
            "miniprogram_state": self.config.state,
            "lang": "zh_CN",
            // A field that breaks its type refuses the whole message (47003): a thing has at most 20 characters.
            "data": {
                "thing1": {"value": shorten_characters(&one_line(&view.title), 20)},
                "amount2": {"value": amount.unwrap_or("—").trim_start_matches('¥').replace(',', "")},
                "phrase3": {"value": "待审批"},
            },
        });
        let call = |token: Secret| {
            let query = [("access_token", token.reveal())];
            let request = self.http.request(Method::POST, "/cgi-bin/message/subscribe/send", &query).json(&body);
            async move {
                let (status, body) = exchange(request, LONGEST_ANSWER).await?;
                read::<Value>(status, &body).map(drop)
            }
        };
        self.tokens.with(|| self.grant(), call).await
    }
}

/// What an answer means: the value, or what to do next.
fn read<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, SendError> {
    read_coded(status, body, |code| match code {
        43_101 => Some(SendError::Permanent(NO_CONSENT.into())),
        45_011 => Some(too_often(code)),
        _ => None,
    })
}
