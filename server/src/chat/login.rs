//! Pages that were opened inside a chat platform: who opened them, and what WeCom wants before it helps a page.
//!
//! Promise: a platform's word is believed for an account that is **bound**, and for no other: nobody is
//! matched by name, phone or e-mail. A code is good once. The device's key is proved before the platform
//! is asked, over that very code, so that a code which somebody overheard signs nobody in; and where a
//! browser is sent away and comes back (OAuth), only the device that was sent away may come back.

mod state;

use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bot::wecom::{Opener, WeCom};
use bot::{ChatIdentity, Platform, SendError};
use budget::DeviceId;
use serde::{Deserialize, Serialize};

use super::{Chat, accounts, platforms};
use crate::http::problem::{Kind, UNAVAILABLE};
use crate::http::rate_limit::client_address;
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::{Caller, Granted, NewDevice, Offered};
use crate::random;
use crate::store::Stop;

/// The longest code of any platform (WeCom), in bytes.
const LONGEST_CODE: usize = 512;
/// The longest address of a page.
const LONGEST_ADDRESS: usize = 2_000;

/// The platform is not set up here, or does not sign anybody in.
static LOGIN_OFF: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "chat_login_off",
    zh: "管理员尚未启用此平台的登录",
    en: "The administrator has not set up signing in by this platform",
};

/// The platform does not know the code, or it was used before.
static WRONG_CODE: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "chat_login_code",
    zh: "平台登录码无效或已使用，请重新打开页面",
    en: "The platform's code is not valid or was used; open the page again",
};

/// The browser that came back is not the one that was sent away, or it took too long.
static WRONG_STATE: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "chat_login_state",
    zh: "登录已超时或不是从本设备发起，请重新登录",
    en: "Signing in took too long or was begun on another device; begin again",
};

/// The platform says that it is nobody of this company.
static OUTSIDER: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "chat_outsider",
    zh: "您不属于本企业，不能登录",
    en: "You do not belong to this company and cannot sign in",
};

/// The account is bound to nobody here.
static UNBOUND: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "chat_unbound",
    zh: "此账号尚未绑定：请先用密码登录，再绑定",
    en: "This account is not bound: sign in with your password first, then bind it",
};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/chat/login/{platform}", get(begin))
        .route("/api/chat/sign-in", post(sign_in))
        .route("/api/chat/bind/opener", post(bind))
        .route("/api/chat/js-sdk", get(sign_page))
}

/// Which device is sent away, and to which page of ours it comes back.
#[derive(Deserialize)]
struct Leaving {
    device: String,
    #[serde(default)]
    back: Option<String>,
}

#[derive(Serialize)]
struct Away {
    /// The platform's page.
    address: String,
    /// Comes back beside the code, and is handed in with it.
    state: String,
}

/// Where to send a browser. The page that it comes back to is always one of ours.
async fn begin(
    State(app): State<AppState>,
    Path(platform): Path<String>,
    Query(leaving): Query<Leaving>,
) -> Result<Json<Away>, Problem> {
    let chat = app.chat.get().ok_or_else(|| Problem::new(&LOGIN_OFF))?;
    let wecom = match Platform::of_word(&platform) {
        Some(Platform::WeCom) => wecom(&chat)?,
        _ => return Err(Problem::new(&LOGIN_OFF)),
    };
    let device: DeviceId = leaving.device.parse().map_err(|_| Problem::malformed("device"))?;
    let back = leaving.back.as_deref().unwrap_or("/me");
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') && back.len() <= 200;
    if !ours {
        return Err(Problem::malformed("back"));
    }
    let state = state::make(app.keys.card_token.reveal(), Platform::WeCom, device, app.clock.now());
    let address = wecom.login(&format!("{}{back}", platforms::origin(&app.config)), &state);
    Ok(Json(Away { address, state }))
}

/// A platform's code, and what a browser that was sent away brought back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    platform: String,
    code: String,
    #[serde(default)]
    state: Option<String>,
}

/// The same, from a device that wants in. Its proof is over `sync::signature::enrolment_message("platform:code")`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    platform: String,
    code: String,
    #[serde(default)]
    state: Option<String>,
    device: NewDevice,
    proof: String,
}

/// Signs in the person to whom the account is bound.
async fn sign_in(State(app): State<AppState>, request: Request) -> Result<Json<Granted>, Problem> {
    let address = client_address(request.extensions(), request.headers(), app.config.trusted_hops);
    app.limits.sign_in(address, app.clock.now())?;
    let JsonBody(offer) = JsonBody::<SignIn>::from_request(request, &app).await?;
    let SignIn { platform, code, state, device, proof } = offer;
    let offered = Offered::check(device, &proof, &format!("{platform}:{code}"))?;
    let opened = Opened { platform, code, state };
    let granted = async {
        let identity = opener(&app, &opened, offered.device()).await?;
        let bound = app.store.readers.read(move |connection| accounts::person(connection, &identity)).await?;
        let person = bound.ok_or_else(|| Problem::new(&UNBOUND))?;
        app.identity.begin(person, offered).await
    };
    let granted = granted.await;
    Ok(Json(granted.inspect_err(|problem| {
        tracing::info!(%address, code = problem.code(), platform = opened.platform, "a sign-in from chat was refused");
    })?))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bound {
    user_id: String,
}

/// Binds the account that opened the page to whoever is signed in on it: the platform vouches for the one, the session
/// for the other.
async fn bind(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(opened): JsonBody<Opened>,
) -> Result<Json<Bound>, Problem> {
    let identity = opener(&app, &opened, caller.device).await?;
    let user_id = identity.user.clone();
    let fan_out = app.relay.fan_out().clone();
    let bound = app
        .store
        .writer
        .run(move |turn| Ok::<_, Stop<Problem>>(accounts::welcome(turn, fan_out, &identity, caller.person)?));
    bound.await?;
    Ok(Json(Bound { user_id }))
}

/// Whom the platform names. A code is good once, so this is asked once for each.
async fn opener(app: &AppState, opened: &Opened, device: DeviceId) -> Result<ChatIdentity, Problem> {
    let Opened { platform, code, state } = opened;
    if code.is_empty() || code.len() > LONGEST_CODE {
        return Err(Problem::malformed("code"));
    }
    let off = || Problem::new(&LOGIN_OFF);
    let chat = app.chat.get().ok_or_else(off)?;
    let told = match Platform::of_word(platform) {
        // Inside DingTalk nobody is sent away: the program itself gives the page a code (H5 微应用免登).
        Some(Platform::DingTalk) => {
            let dingtalk = chat.openers.dingtalk.as_ref().ok_or_else(off)?;
            let corporation = chat.platforms.get(&Platform::DingTalk).map(|one| one.corporation.as_str());
            dingtalk.person_of_code(corporation.unwrap_or_default(), code).await.map(|opener| opener.identity)
        }
        Some(Platform::WeCom) => {
            let (wecom, key) = (wecom(&chat)?, app.keys.card_token.reveal());
            let given = state.as_deref().unwrap_or_default();
            if !state::is_good(key, given, Platform::WeCom, device, app.clock.now()) {
                return Err(Problem::new(&WRONG_STATE));
            }
            match wecom.person_of_code(code).await {
                Ok(Opener::Member(identity)) => Ok(identity),
                Ok(Opener::Outsider) => return Err(Problem::new(&OUTSIDER)),
                Err(error) => Err(error),
            }
        }
        _ => return Err(off()),
    };
    told.map_err(|error| match error {
        SendError::Permanent(_) => Problem::new(&WRONG_CODE),
        other => Problem::new(&UNAVAILABLE).caused_by(other),
    })
}

fn wecom(chat: &Chat) -> Result<&WeCom, Problem> {
    chat.openers.wecom.as_ref().ok_or_else(|| Problem::new(&LOGIN_OFF))
}

/// The page that wants to use WeCom's JS-SDK.
#[derive(Deserialize)]
struct Page {
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    app_id: String,
    timestamp: u64,
    nonce_str: String,
    signature: String,
}

/// What `wx.config` wants, for a page of ours and for no other.
async fn sign_page(
    State(app): State<AppState>,
    _caller: Caller,
    Query(Page { url }): Query<Page>,
) -> Result<Json<Signed>, Problem> {
    let chat = app.chat.get().ok_or_else(|| Problem::new(&LOGIN_OFF))?;
    let wecom = wecom(&chat)?;
    let is_ours = url.strip_prefix(&platforms::origin(&app.config)).is_some_and(|path| path.starts_with('/'));
    if !is_ours || url.len() > LONGEST_ADDRESS {
        return Err(Problem::malformed("url"));
    }
    let nonce = hex::encode(random::bytes::<16>().map_err(Problem::internal)?);
    let seconds = u64::try_from(app.clock.now().0 / 1_000).unwrap_or_default();
    let signed = wecom.sign_page(&url, seconds, &nonce).await;
    let signed = signed.map_err(|error| Problem::new(&UNAVAILABLE).caused_by(error))?;
    Ok(Json(Signed {
        app_id: signed.app,
        timestamp: signed.timestamp,
        nonce_str: signed.nonce,
        signature: signed.signature,
    }))
}
