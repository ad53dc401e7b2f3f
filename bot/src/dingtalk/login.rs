//! Who opened our page: inside DingTalk by a one-time code, outside by OAuth.
//!
//! A code is good once, so a lost answer is never tried again: the page asks DingTalk for another code.

use super::DingTalk;
use crate::surface::{ChatIdentity, Platform, SendError};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

/// Somebody whom DingTalk vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    /// Who.
    pub identity: ChatIdentity,
    /// Their name there, to be shown and not to be matched by.
    pub name: String,
}

/// Where to send a browser that is outside DingTalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The address of DingTalk's page.
    pub address: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct User {
    userid: String,
    #[serde(default)]
    name: String,
}

impl DingTalk {
    /// The person behind a code of `dd.requestAuthCode` (H5 微应用免登). `corporation` is the company that the page was
    /// opened for; it comes from our settings.
    pub async fn person_of_code(&self, corporation: &str, code: &str) -> Result<Opener, SendError> {
        let body = json!({"code": code});
        let answer: Answer<User> = self.client.older_call("/topapi/v2/user/getuserinfo", &body).await?;
        let identity = ChatIdentity::new(Platform::DingTalk, corporation, &answer.result.userid);
        Ok(Opener { identity, name: answer.result.name })
    }

    /// DingTalk's sign-in page for a browser outside DingTalk. `state` comes back with the code and must be compared.
    pub fn login(&self, redirect: &str, state: &str) -> Login {
        let address = Url::parse_with_params(
            "https://login.dingtalk.com/oauth2/auth",
            [
                ("redirect_uri", redirect),
                ("response_type", "code"),
                ("client_id", &self.client.config().client_id),
                ("scope", "openid corpid"),
                ("state", state),
                ("prompt", "consent"),
            ],
        );
        Login { address: address.map(String::from).unwrap_or_default() }
    }

    /// The person behind an OAuth code, in this company. Somebody from another company is refused.
    pub async fn person_of_oauth_code(&self, corporation: &str, code: &str) -> Result<Opener, SendError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Token {
            access_token: String,
            #[serde(default)]
            corp_id: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Me {
            union_id: String,
            #[serde(default)]
            nick: String,
        }
        let config = self.client.config();
        let body = json!({
            "clientId": config.client_id,
            "clientSecret": config.client_secret.reveal(),
            "code": code,
            "grantType": "authorization_code",
        });
        let token: Token = self.client.anonymous("/v1.0/oauth2/userAccessToken", &body).await?;
        if token.corp_id != corporation {
            return Err(SendError::Permanent("dingtalk.other_company".into()));
        }
        let me: Me = self.client.as_user(Method::GET, "/v1.0/contact/users/me", &token.access_token).await?;
        let body = json!({"unionid": me.union_id});
        let user: Answer<User> = self.client.older_call("/topapi/user/getbyunionid", &body).await?;
        let identity = ChatIdentity::new(Platform::DingTalk, corporation, &user.result.userid);
        Ok(Opener { identity, name: me.nick })
    }
}
