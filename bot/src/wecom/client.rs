//! Calls to WeCom's API. The token stands in the query, so no address is ever logged.

use super::WeComConfig;
use crate::http::{
    AccessTokens, CALL_LIMIT, ConfigError, Grant, Http, LONGEST_ANSWER, exchange, harmless, read_coded, too_often,
};
use crate::surface::{Notice, SendError};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The task id was used before, or is not one (path/90313).
pub(super) const TASK_ID_USED: &str = "42014";

/// The HTTP side of one app.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) config: WeComConfig,
    http: Http,
    tokens: AccessTokens,
    /// The ticket of the JS-SDK: a hundred an hour are given.
    tickets: AccessTokens,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

/// The answer to `message/send`. Unknown fields are fine; a missing code is not.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    invaliduser: Value,
    #[serde(default)]
    unlicenseduser: Value,
    #[serde(default)]
    response_code: String,
}

impl Client {
    pub(super) fn new(config: WeComConfig) -> Result<Self, ConfigError> {
        let http = Http::new(&config.api_base, CALL_LIMIT)?;
        Ok(Self { config, http, tokens: AccessTokens::default(), tickets: AccessTokens::default() })
    }

    /// One call under the app's token: `body` is posted, or nothing is got.
    pub(super) async fn call<A: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<A, SendError> {
        let call = |token: crate::Secret| {
            let query: Vec<(&str, &str)> =
                std::iter::once(("access_token", token.reveal())).chain(query.iter().copied()).collect();
            let method = if body.is_some() { Method::POST } else { Method::GET };
            let mut request = self.http.request(method, path, &query);
            if let Some(body) = body {
                request = request.json(body);
            }
            async move {
                let (status, body) = exchange(request, LONGEST_ANSWER).await?;
                read(status, &body)
            }
        };
        self.tokens.with(|| self.grant(), call).await
    }

    async fn grant(&self) -> Result<Grant, SendError> {
        let query = [("corpid", self.config.corporation.as_str()), ("corpsecret", self.config.secret.reveal())];
        let (status, body) =
            exchange(self.http.request(Method::GET, "/cgi-bin/gettoken", &query), LONGEST_ANSWER).await?;
        let token: Token = read(status, &body).map_err(|error| match error {
            // Here it is the secret that is refused, and no fresh token can help.
            SendError::TokenExpired => SendError::Permanent("wecom.secret_refused".into()),
            other => other,
        })?;
        Ok(Grant { token: token.access_token, lives: Duration::from_secs(token.expires_in) })
    }

    /// The company's ticket for the JS-SDK, kept until shortly before it ends.
    pub(super) async fn ticket(&self) -> Result<crate::Secret, SendError> {
        let fetch = || async {
            #[derive(Deserialize)]
            struct Answer {
                ticket: String,
                expires_in: u64,
            }
            let answer: Answer = self.call("/cgi-bin/get_jsapi_ticket", &[], None).await?;
            Ok(Grant { token: answer.ticket, lives: Duration::from_secs(answer.expires_in) })
        };
        self.tickets.with(fetch, |ticket| async move { Ok(ticket) }).await
    }

    /// Sends a card to one member; its response code.
    pub(super) async fn send_card(&self, user: &str, card: &Value) -> Result<String, SendError> {
        let body = json!({
            "touser": user,
            "msgtype": "template_card",
            "agentid": self.config.agent,
            // The same message within four hours is not delivered twice: a lost answer may be asked for again.
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 14_400,
            "template_card": card,
        });
        Ok(self.send(user, &body).await?.response_code)
    }

    /// Brings a card to another one. The code is spent whether or not the answer arrives.
    pub(super) async fn update_card(&self, user: &str, code: &str, card: &Value) -> Result<(), SendError> {
        let mut card = card.clone();
        if let Some(card) = card.as_object_mut() {
            card.remove("task_id");
        }
        let body = json!({
            "userids": [user],
            "agentid": self.config.agent,
            "response_code": code,
            "template_card": card,
        });
        let done: Result<Value, SendError> = self.call("/cgi-bin/message/update_template_card", &[], Some(&body)).await;
        match done {
            Ok(_) => Ok(()),
            // Which codes a spent or old response code gets is not documented; what is refused for good is over.
            Err(SendError::Permanent(code)) => Err(SendError::Stale(code)),
            // One use: asking again with the same code cannot tell "done" from "refused".
            Err(SendError::Ambiguous(reason)) => Err(SendError::Stale(format!("no answer ({reason})"))),
            Err(other) => Err(other),
        }
    }

    /// Writes to one member.
    pub(super) async fn say(&self, user: &str, notice: &Notice) -> Result<(), SendError> {
        let mut content = std::iter::once(notice.title.as_str())
            .chain(notice.lines.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n");
        if !notice.url.is_empty() {
            content.push('\n');
            content.push_str(&notice.url);
        }
        let body = json!({
            "touser": user,
            "msgtype": "text",
            "agentid": self.config.agent,
            "text": {"content": content},
            "enable_duplicate_check": 0,
        });
        self.send(user, &body).await.map(drop)
    }

    async fn send(&self, user: &str, body: &Value) -> Result<Sent, SendError> {
        let sent: Sent = self.call("/cgi-bin/message/send", &[], Some(body)).await?;
        let names = |list: &Value| match list {
            // `a|b` in this interface, a list in others; always in lower case.
            Value::String(text) => text.split('|').any(|name| name.eq_ignore_ascii_case(user)),
            Value::Array(list) => list.iter().filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(user)),
            _ => false,
        };
        if names(&sent.invaliduser) || names(&sent.unlicenseduser) {
            return Err(SendError::Permanent("wecom.user_unreachable".into()));
        }
        Ok(sent)
    }

    /// A picture that somebody sent to the app.
    pub(super) async fn media(&self, id: &str, limit: usize) -> Result<Vec<u8>, SendError> {
        let call = |token: crate::Secret| {
            let query = [("access_token", token.reveal()), ("media_id", id)];
            let request = self.http.request(Method::GET, "/cgi-bin/media/get", &query);
            async move {
                let (status, body) = exchange(request, limit).await.map_err(harmless)?;
                // An error comes as JSON in a success; a picture never is.
                if status.is_success() && !body.starts_with(b"{") {
                    return Ok(body);
                }
                Err(read::<Value>(status, &body).err().unwrap_or_else(|| SendError::Permanent("wecom.media".into())))
            }
        };
        self.tokens.with(|| self.grant(), call).await
    }
}

/// What an answer means: the value, or what to do next. The codes are WeCom's (path/90313).
pub(super) fn read<A: DeserializeOwned>(status: reqwest::StatusCode, body: &[u8]) -> Result<A, SendError> {
    read_coded(status, body, |code| (code == 45_033).then(|| too_often(code)))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::surface::SendError;
    use reqwest::StatusCode;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn check(status: u16, body: &str, expected: &SendError) {
        let got = read::<Value>(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(got.as_ref().err(), Some(expected), "{status} {body}");
    }

    #[test]
    fn failures_say_what_to_do_next() {
        let error = |code: i64| json!({"errcode": code, "errmsg": "m"}).to_string();
        check(200, &error(-1), &SendError::Retry { after: None, reason: "-1".into() });
        for code in [40_001, 40_014, 42_001] {
            check(200, &error(code), &SendError::TokenExpired);
        }
        let minute = Some(Duration::from_mins(1));
        check(200, &error(45_009), &SendError::Retry { after: minute, reason: "45009".into() });
        for code in [42_014, 60_020, 81_013, 48_002] {
            check(200, &error(code), &SendError::Permanent(code.to_string()));
        }
        check(502, "<html>", &SendError::Ambiguous("an HTML page instead of an answer".into()));
        check(200, "<html>", &SendError::Ambiguous("an HTML page instead of an answer".into()));
        check(404, "", &SendError::Permanent("404".into()));
        assert!(read::<Value>(StatusCode::OK, b"{\"errcode\":0}").is_ok());
    }
}
