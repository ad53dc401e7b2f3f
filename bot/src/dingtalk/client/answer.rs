//! What an answer of the API means: the value, or what to do next.

use crate::dingtalk::wire::ErrorBody;
use crate::http::{is_html, read_json};
use crate::surface::SendError;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a caller that made too many calls is shut out (a block by address lasts five minutes and answers in HTML).
const BLOCKED_WAIT: Duration = Duration::from_mins(5);

/// What an answer means.
pub(super) fn read<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, SendError> {
    if status.is_success() {
        #[derive(serde::Deserialize)]
        struct Success {
            success: Option<bool>,
        }
        if let Ok(Success { success: Some(false) }) = serde_json::from_slice(body) {
            let code = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default().code;
            let code = if code.is_empty() { "dingtalk.unsuccessful".into() } else { code };
            return Err(SendError::Permanent(code));
        }
        return serde_json::from_slice(body).map_err(|_| {
            if is_html(body) { blocked() } else { SendError::Ambiguous("the answer cannot be read".into()) }
        });
    }
    let code = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default().code;
    Err(refusal(status, code, is_html(body)))
}

/// What an error answer means for the next step. The codes are the vendor's; the HTML page is its block by address.
fn refusal(status: StatusCode, code: String, html: bool) -> SendError {
    let over_quota = code.contains("ApiCountLimit") || code == "90020";
    let too_fast = code.contains("QpsLimit") || matches!(code.as_str(), "90002" | "90018" | "90019");
    let named = if code.is_empty() { status.as_u16().to_string() } else { code };
    if status == StatusCode::UNAUTHORIZED || named == "InvalidAuthentication" {
        SendError::TokenExpired
    } else if over_quota {
        SendError::QuotaExhausted(named)
    } else if too_fast || status == StatusCode::TOO_MANY_REQUESTS {
        SendError::Retry { after: Some(Duration::from_secs(1)), reason: named }
    } else if named == "system.busy" || status == StatusCode::SERVICE_UNAVAILABLE {
        SendError::Retry { after: None, reason: named }
    } else if status.is_server_error() {
        // A gateway that gave up does not know whether the call behind it went through.
        SendError::Ambiguous(named)
    } else if html {
        blocked()
    } else {
        SendError::Permanent(named)
    }
}

fn blocked() -> SendError {
    SendError::Retry { after: Some(BLOCKED_WAIT), reason: "an HTML page instead of an answer".into() }
}

/// What an answer of the older API means: `errcode` 0 and the value beside it.
pub(super) fn read_older<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, SendError> {
    #[derive(serde::Deserialize)]
    struct Coded {
        errcode: i64,
    }
    let coded: Coded = read_json(status, body)?;
    match coded.errcode {
        0 => serde_json::from_slice(body).map_err(|_| SendError::Ambiguous("the answer cannot be read".into())),
        40_001 | 40_014 | 42_001 => Err(SendError::TokenExpired),
        90_018 | 90_002 => {
            Err(SendError::Retry { after: Some(Duration::from_secs(1)), reason: coded.errcode.to_string() })
        }
        other => Err(SendError::Permanent(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCKED_WAIT, read};
    use crate::surface::SendError;
    use reqwest::StatusCode;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn check(status: u16, body: &str, expected: &SendError) {
        let got = read::<Value>(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(got.as_ref().err(), Some(expected), "{status} {body}");
    }

    fn error(code: &str) -> String {
        json!({"code": code, "message": "m", "requestid": "r"}).to_string()
    }

    fn retry(after: Option<u64>, reason: &str) -> SendError {
        SendError::Retry { after: after.map(Duration::from_secs), reason: reason.into() }
    }

    #[test]
    fn failures_say_what_to_do_next() {
        let permanent = |code: &str| SendError::Permanent(code.into());
        check(400, &error("param.userIdNotExist"), &permanent("param.userIdNotExist"));
        check(400, &error("param.cardAlreadyExist"), &permanent(crate::dingtalk::client::CARD_EXISTS));
        check(401, "", &SendError::TokenExpired);
        check(400, &error("InvalidAuthentication"), &SendError::TokenExpired);
        check(500, &error("system.busy"), &retry(None, "system.busy"));
        check(503, "", &retry(None, "503"));
        check(502, "<html>Bad Gateway</html>", &SendError::Ambiguous("502".into()));
        check(504, "", &SendError::Ambiguous("504".into()));
        let qps = "Forbidden.AccessDenied.QpsLimitForApi";
        check(403, &error(qps), &retry(Some(1), qps));
        check(400, &error("90018"), &retry(Some(1), "90018"));
        let quota = "Forbidden.AccessDenied.ApiCountLimitForOrg";
        check(403, &error(quota), &SendError::QuotaExhausted(quota.into()));
        check(400, r#"{"code":90020}"#, &SendError::QuotaExhausted("90020".into()));
        check(200, "{", &SendError::Ambiguous("the answer cannot be read".into()));
        check(200, r#"{"success":false}"#, &permanent("dingtalk.unsuccessful"));
        for status in [200, 403] {
            let page = "an HTML page instead of an answer";
            check(status, " <!doctype html>", &retry(Some(BLOCKED_WAIT.as_secs()), page));
        }
    }
}
