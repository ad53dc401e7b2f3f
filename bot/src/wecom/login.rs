//! Who opened our page inside WeCom, and the signature with which a page may use WeCom's JS-SDK.
//!
//! A code is good once and for five minutes, so a lost answer is never tried again: the page asks for another.

use super::WeCom;
use crate::signature;
use crate::surface::{ChatIdentity, Platform, SendError};
use reqwest::Url;
use serde::Deserialize;

/// Who opened a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A member of the company.
    Member(ChatIdentity),
    /// Somebody from outside: nobody here.
    Outsider,
}

/// What a page needs to use the JS-SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsSdk {
    /// The company, which the SDK calls appId.
    pub app: String,
    /// When it was signed, in seconds.
    pub timestamp: u64,
    /// A random text.
    pub nonce: String,
    /// The signature over all of it and the page.
    pub signature: String,
}

impl WeCom {
    /// Where to send a browser inside WeCom. `state` comes back with the code and must be compared.
    pub fn login(&self, redirect: &str, state: &str) -> String {
        let config = &self.client.config;
        let address = Url::parse_with_params(
            "https://open.weixin.qq.com/connect/oauth2/authorize",
            [
                ("appid", config.corporation.as_str()),
                ("redirect_uri", redirect),
                ("response_type", "code"),
                ("scope", "snsapi_base"),
                ("state", state),
                ("agentid", &config.agent.to_string()),
            ],
        );
        address.map(|address| format!("{address}#wechat_redirect")).unwrap_or_default()
    }

    /// The person behind a code.
    pub async fn person_of_code(&self, code: &str) -> Result<Opener, SendError> {
        #[derive(Deserialize)]
        struct User {
            // The older interface spells it with a capital.
            #[serde(default, alias = "UserId")]
            userid: String,
        }
        let user: User = self.client.call("/cgi-bin/auth/getuserinfo", &[("code", code)], None).await?;
        Ok(if user.userid.is_empty() {
            Opener::Outsider
        } else {
            Opener::Member(ChatIdentity::new(Platform::WeCom, self.client.config.corporation.as_str(), &user.userid))
        })
    }

    /// Signs a page for the JS-SDK (`wx.config`).
    pub async fn sign_page(&self, url: &str, timestamp: u64, nonce: &str) -> Result<JsSdk, SendError> {
        let ticket = self.client.ticket().await?;
        Ok(JsSdk {
            app: self.client.config.corporation.clone(),
            timestamp,
            nonce: nonce.to_owned(),
            signature: signature::js_sdk(ticket.reveal(), nonce, timestamp, url),
        })
    }
}
