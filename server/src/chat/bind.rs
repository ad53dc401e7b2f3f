//! Binding a chat account to the person who is signed in.
//!
//! The person names their account on the platform; a code is sent to that account and to nobody
//! else; typed here, it shows that one person holds both.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use bot::{CardState, CardView, ChatIdentity, Delivery, Notice, Platform, Recipient};
use serde::{Deserialize, Serialize};

use super::accounts::{self, Typed};
use crate::http::problem::{Kind, TOO_MANY_REQUESTS};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;
use crate::random;
use crate::store::Stop;

/// No platform is configured.
static CHAT_OFF: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "chat_off",
    zh: "管理员尚未启用钉钉",
    en: "The administrator has not set up DingTalk",
};

/// The code is another one; detail `attemptsLeft`.
static WRONG_CODE: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "wrong_code",
    zh: "绑定码不对，还可以再试 {attemptsLeft} 次",
    en: "The code is wrong; {attemptsLeft} attempts are left",
};

/// There is no code to compare with.
static NO_CODE: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "no_code",
    zh: "绑定码已失效，请重新获取",
    en: "The code is no longer good; ask for another",
};

/// The platform did not take the message with the code.
static CODE_NOT_SENT: Kind = Kind {
    status: StatusCode::BAD_GATEWAY,
    code: "code_not_sent",
    zh: "绑定码没有发出，请核对账号后重试",
    en: "The code could not be sent; check the account and try again",
};

/// Ways to bind an account.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/chat/code", post(send_code))
        .route("/api/chat/bind", post(bind))
        .route("/api/chat/link", post(link))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Account {
    /// The user id on the platform.
    user_id: String,
    /// The platform's word; DingTalk where it is missing.
    #[serde(default)]
    platform: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    /// To be sent to the bot, or typed in the mini-program: 绑定 <code>.
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bound {
    user_id: String,
}

/// Sends a code to an account on the platform.
async fn send_code(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(account): JsonBody<Account>,
) -> Result<StatusCode, Problem> {
    let word = account.platform.as_deref().unwrap_or(Platform::DingTalk.word());
    let platform = Platform::of_word(word).ok_or_else(|| Problem::malformed("platform"))?;
    let current = app.chat.get();
    let chat = current.as_ref().and_then(|chat| chat.platforms.get(&platform));
    let chat = chat.ok_or_else(|| Problem::new(&CHAT_OFF))?;
    let user = account.user_id.trim().to_owned();
    if user.is_empty() || user.len() > 128 {
        return Err(Problem::malformed("userId"));
    }
    let identity = ChatIdentity::new(platform, chat.corporation.as_str(), &user);
    let (to, person) = (identity.clone(), caller.person);
    let code = app.store.writer.run(move |turn| {
        if let Some(seconds) = accounts::wait_for_code(turn.connection, person, turn.now)? {
            let problem = Problem::new(&TOO_MANY_REQUESTS).with("seconds", seconds).retry_after(seconds);
            return Err(Stop::Refused(problem));
        }
        Ok(accounts::make_code(turn.connection, &to, person, turn.now)?)
    });
    let code = code.await?;
    if platform != Platform::DingTalk {
        let lines = vec!["请在算盘中输入；若非本人操作，请忽略".to_owned()];
        let notice = Notice { title: format!("算盘绑定码 {code}"), lines, url: String::new() };
        let sent = chat.adapter.notify(&identity, &notice).await;
        return sent.map(|()| StatusCode::ACCEPTED).map_err(|error| Problem::new(&CODE_NOT_SENT).caused_by(error));
    }
    let name = random::bytes::<16>().map_err(Problem::internal)?;
    let delivery = Delivery {
        key: format!("sp-code-{}", hex::encode(name)),
        view: CardView {
            request: String::new(),
            step: 0,
            revision: 0,
            title: format!("算盘绑定码 {code}"),
            facts: vec![
                ("绑定码".to_owned(), code),
                ("说明".to_owned(), "请在算盘中输入；若非本人操作，请忽略".to_owned()),
            ],
            state: CardState::Pending,
            actions: Vec::new(),
            detail_url: String::new(),
        },
        recipients: vec![Recipient { identity, tokens: Vec::new() }],
    };
    chat.adapter.send(&delivery).await.map_err(|error| Problem::new(&CODE_NOT_SENT).caused_by(error))?;
    Ok(StatusCode::ACCEPTED)
}

/// A code that shows, sent from an account on any platform, that the account is the signed-in person's.
async fn link(State(app): State<AppState>, caller: Caller) -> Result<Json<Link>, Problem> {
    let person = caller.person;
    let made = app
        .store
        .writer
        .run(move |turn| Ok::<_, Stop<Problem>>(accounts::make_link(turn.connection, person, turn.now)?));
    Ok(Json(Link { code: made.await? }))
}

/// Binds the account to which the code was sent.
async fn bind(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(Code { code }): JsonBody<Code>,
) -> Result<Json<Bound>, Problem> {
    if app.chat.get().is_none() {
        return Err(Problem::new(&CHAT_OFF));
    }
    let person = caller.person;
    let fan_out = app.relay.fan_out().clone();
    let typed = app.store.writer.run(move |turn| {
        let typed = accounts::type_code(turn.connection, person, &code, turn.now)?;
        if matches!(typed, Typed::Bound(_)) {
            accounts::greet(turn, fan_out, person)?;
        }
        // A wrong attempt is counted, so it has to be committed as well.
        Ok::<_, Stop<Problem>>(typed)
    });
    match typed.await? {
        Typed::Bound(identity) => Ok(Json(Bound { user_id: identity.user })),
        Typed::Wrong { left } => Err(Problem::new(&WRONG_CODE).with("attemptsLeft", left)),
        Typed::None => Err(Problem::new(&NO_CODE)),
    }
}
