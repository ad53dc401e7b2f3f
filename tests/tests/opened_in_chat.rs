//! A page that was opened inside DingTalk or WeCom: bound once from a signed-in session, and from then on signed in by the
//! platform's word; nobody else gets in by it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use sync::signature::{Algorithm, PublicKey, enrolment_message};
use tests::device::Device;
use tests::fault::Result;
use tests::office::Office;

const PASSWORD: &str = "suanpan-demo";

/// A page with a key of its own that is not signed in.
struct Page {
    key: SigningKey,
}

impl Page {
    fn new(number: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[number; 32]) }
    }

    fn public(&self) -> Vec<u8> {
        self.key.verifying_key().to_bytes().to_vec()
    }

    fn device(&self) -> String {
        PublicKey { algorithm: Algorithm::Ed25519, bytes: self.public() }.device().to_string()
    }

    /// Hands in a code that the platform gave to the page, with a proof over `proved`.
    async fn hand_in(
        &self,
        office: &Office,
        (platform, code): (&str, &str),
        state: Option<&str>,
        proved: &str,
    ) -> Result<(StatusCode, Value)> {
        let offer = json!({
            "platform": platform,
            "code": code,
            "state": state,
            "device": {"algorithm": "ed25519", "publicKey": STANDARD.encode(self.public()), "name": "H5"},
            "proof": STANDARD.encode(self.key.sign(&enrolment_message(proved)).to_bytes()),
        });
        let address = format!("{}/api/chat/sign-in", office.url());
        let answer = reqwest::Client::new().post(address).json(&offer).send().await?;
        Ok((answer.status(), answer.json().await?))
    }

    /// The same, honestly.
    async fn sign_in(
        &self,
        office: &Office,
        platform: &str,
        code: &str,
        state: Option<&str>,
    ) -> Result<(StatusCode, Value)> {
        self.hand_in(office, (platform, code), state, &format!("{platform}:{code}")).await
    }

    /// Where it is sent, and what it has to bring back.
    async fn leave(&self, office: &Office, back: &str) -> Result<(StatusCode, Value)> {
        let address = format!("{}/api/chat/login/wecom", office.url());
        let query = [("device", self.device()), ("back", back.to_owned())];
        let address = reqwest::Url::parse_with_params(&address, query)?;
        let answer = reqwest::get(address).await?;
        Ok((answer.status(), answer.json().await?))
    }
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

/// Who an access token belongs to.
async fn me(office: &Office, granted: &Value) -> Result<Value> {
    let token = granted["accessToken"].as_str().unwrap_or_default();
    let answer = reqwest::Client::new().get(format!("{}/api/me", office.url())).bearer_auth(token).send().await?;
    Ok(answer.json().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_dingtalk_a_bound_account_signs_in_and_an_unbound_one_learns_how_to_bind() -> Result<()> {
    let office = Office::open(&[], &[]).await?;
    let page = Page::new(41);
    let fresh = |user: &str| office.sim.dingtalk.login_code(user);
    let (status, refused) = page.sign_in(&office, "dingtalk", &fresh("wangqiang"), None).await?;
    assert_eq!((status, code(&refused)), (StatusCode::FORBIDDEN, "chat_unbound"), "a name like a login is no binding");

    // Bound once, from a session that a password began.
    let boss = Device::sign_in(&office.url(), "wangqiang", PASSWORD).await?;
    let bound = boss.post("/api/chat/bind/opener", &json!({"platform": "dingtalk", "code": fresh("boss")})).await?;
    assert_eq!(bound["userId"], "boss");

    let once = fresh("boss");
    let (status, granted) = page.sign_in(&office, "dingtalk", &once, None).await?;
    assert_eq!(status, StatusCode::OK, "{granted}");
    assert_eq!(granted["deviceId"], page.device());
    assert_eq!(me(&office, &granted).await?["person"]["name"], "王强");
    let (status, refused) = page.sign_in(&office, "dingtalk", &once, None).await?;
    assert_eq!((status, code(&refused)), (StatusCode::CONFLICT, "chat_login_code"), "a code is good once");
    let (_, refused) = page.sign_in(&office, "dingtalk", "made up", None).await?;
    assert_eq!(code(&refused), "chat_login_code");
    let (_, refused) = page.sign_in(&office, "dingtalk", &fresh("stranger"), None).await?;
    assert_eq!(code(&refused), "chat_unbound");

    // A proof over another code is none, and it costs the honest one nothing.
    let overheard = fresh("boss");
    let thief = Page::new(42);
    let (_, refused) = thief.hand_in(&office, ("dingtalk", &overheard), None, "dingtalk:another").await?;
    assert_eq!(code(&refused), "proof_refused");
    assert_eq!(page.sign_in(&office, "dingtalk", &overheard, None).await?.0, StatusCode::OK);
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_wecom_only_the_device_that_was_sent_away_comes_back() -> Result<()> {
    let office = Office::open(&[("wecom", "boss=wangqiang")], &[]).await?;
    let (page, thief) = (Page::new(51), Page::new(52));
    let (_, away) = page.leave(&office, "/approvals").await?;
    let (address, state) = (away["address"].as_str().unwrap_or_default(), away["state"].as_str().unwrap_or_default());
    assert!(address.starts_with("https://open.weixin.qq.com/connect/oauth2/authorize?"), "{address}");
    assert!(address.contains("%2Fapprovals") && address.contains(state) && address.ends_with("#wechat_redirect"));
    for elsewhere in ["https://evil.example/", "//evil.example/", "/\\evil.example/"] {
        assert_eq!(page.leave(&office, elsewhere).await?.0, StatusCode::BAD_REQUEST, "{elsewhere}");
    }

    let fresh = |user| office.sim.wecom.login_code(user);
    for (who, brought) in [(&page, None), (&page, Some("AAAA")), (&thief, Some(state))] {
        let (status, refused) = who.sign_in(&office, "wecom", &fresh(Some("Boss")), brought).await?;
        assert_eq!((status, code(&refused)), (StatusCode::CONFLICT, "chat_login_state"), "{brought:?}");
    }
    let (status, refused) = page.sign_in(&office, "wecom", &fresh(None), Some(state)).await?;
    assert_eq!((status, code(&refused)), (StatusCode::FORBIDDEN, "chat_outsider"));
    let (status, granted) = page.sign_in(&office, "wecom", &fresh(Some("Boss")), Some(state)).await?;
    assert_eq!(status, StatusCode::OK, "{granted}");
    assert_eq!(me(&office, &granted).await?["person"]["name"], "王强");
    office.advance(Duration::from_mins(11));
    let (_, refused) = page.sign_in(&office, "wecom", &fresh(Some("Boss")), Some(state)).await?;
    assert_eq!(code(&refused), "chat_login_state", "it took too long");
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wecoms_js_sdk_is_signed_for_our_pages_alone_and_its_ticket_is_kept() -> Result<()> {
    let office = Office::open(&[], &[]).await?;
    let boss = Device::sign_in(&office.url(), "wangqiang", PASSWORD).await?;
    let ask = |url: String| {
        let query = reqwest::Url::parse_with_params("http://x/", [("url", url)]);
        let query = query.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default();
        let boss = &boss;
        async move { boss.ask(&format!("/api/chat/js-sdk?{query}"), None).await }
    };
    let page = format!("{}/approvals?a=1", office.url());
    for _ in 0..3 {
        let (status, signed) = ask(format!("{page}#part")).await?;
        assert_eq!(status, StatusCode::OK, "{signed}");
        let (nonce, at) = (signed["nonceStr"].as_str().unwrap_or_default(), signed["timestamp"].as_u64());
        let expected = bot::signature::js_sdk("TICKET", nonce, at.unwrap_or_default(), &page);
        assert_eq!(signed["signature"], expected);
        assert_eq!(signed["appId"], tests::botsim::wecom::CORPORATION);
    }
    assert_eq!(office.sim.calls("wecom.ticket"), 1, "WeCom gives few tickets an hour");
    for elsewhere in ["https://evil.example/".to_owned(), format!("{}.evil.example/", office.url())] {
        assert_eq!(ask(elsewhere).await?.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}
