//! A photograph in the mini-program: read, kept as a draft, or submitted at once.
//!
//! Promise: reading keeps nothing. A submission is the draft, the account that the person chose and the amount that they saw,
//! written and signed in one transaction; under one `X-Idempotency-Key` there is one claim, however often the answer is lost.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use bot::Platform;
use budget::{Code, Date, Dimension, Money, RequestId, RequestState, Scheme};
use serde::{Deserialize, Serialize};

use crate::chat::draft::{self, Receipt, Wish, Written};
use crate::http::problem::Kind;
use crate::http::{AppState, Problem};
use crate::store::Stop;

/// What a photograph is called.
const NAME: &str = "照片";

/// The claim was not submitted; `reason` is the code of what keeps it, `message` says it.
static NOT_SUBMITTED: Kind =
    Kind { status: StatusCode::CONFLICT, code: "not_submitted", zh: "{message}", en: "It was not submitted: {reason}" };

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/mini/read", post(look))
        .route("/api/mini/claims", post(claim))
        .layer(DefaultBodyLimit::max(ocr::limits::MAX_FILE_BYTES + 1024))
}

/// What a photograph says, and to what it can be charged.
#[derive(Serialize)]
struct Looked {
    title: String,
    lines: Vec<String>,
    /// The total in yuan, where one was read; to be confirmed where it is not `sure`.
    total: Option<String>,
    sure: bool,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Account {
    code: String,
    /// With what stands above it, such as `差旅费 / 住宿`.
    name: String,
}

async fn look(State(app): State<AppState>, headers: HeaderMap, file: Bytes) -> Result<Json<Looked>, Problem> {
    super::caller(&app, &headers).await?;
    let reading = crate::api::read_file(&app, NAME.to_owned(), file).await.ok();
    let (company, today) = (app.company.clone(), app.clock.now().china_date());
    let listed = app.store.readers.read(move |connection| Ok(accounts(&company.books(connection)?.scheme, today)));
    let reading = reading.as_ref();
    Ok(Json(Looked {
        title: draft::title(reading),
        lines: draft::lines(reading),
        total: reading.and_then(ocr::Reading::total).map(|total| total.to_string()),
        sure: reading.is_some_and(ocr::Reading::is_accepted),
        accounts: listed.await?,
    }))
}

/// What may be charged today; a sum of accounts is no account.
fn accounts(scheme: &Scheme, today: Date) -> Vec<Account> {
    let Some(tree) = scheme.tree(Dimension::Account) else { return Vec::new() };
    let open = tree.members().filter(|member| {
        let has_begun = member.from.is_none_or(|from| from <= today);
        has_begun
            && member.until.is_none_or(|until| today <= until)
            && tree.children(Some(&member.code)).next().is_none()
    });
    open.map(|member| {
        let mut names: Vec<&str> = tree.path(&member.code).map(|above| above.name.as_str()).collect();
        names.reverse();
        Account { code: member.code.to_string(), name: names.join(" / ") }
    })
    .collect()
}

/// Whether the draft is submitted, and what the person adds to what was read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    submit: bool,
    account: Option<String>,
    /// In fen.
    amount: Option<i64>,
}

#[derive(Serialize)]
struct Made {
    request: RequestId,
    title: String,
    lines: Vec<String>,
    /// How the claim stands, in words.
    status: &'static str,
}

/// A photograph becomes a draft claim, and a submitted one where that is wanted.
async fn claim(
    State(app): State<AppState>,
    headers: HeaderMap,
    Query(Wanted { submit, account, amount }): Query<Wanted>,
    file: Bytes,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let (_, person) = super::caller(&app, &headers).await?;
    let key = headers.get("x-idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if key.is_empty() || key.len() > 64 {
        return Err(Problem::malformed("X-Idempotency-Key"));
    }
    let wish = if submit {
        let account = account.as_deref().and_then(|code| Code::new(code).ok());
        let account = account.ok_or_else(|| Problem::malformed("account"))?;
        Some(Wish { account, amount: amount.map(Money::from_fen) })
    } else {
        None
    };
    let folder = app.blobs.clone();
    let bytes = file.clone();
    let kept = tokio::task::spawn_blocking(move || folder.keep(&bytes)).await.map_err(Problem::internal)??;
    let reading = crate::api::read_file(&app, NAME.to_owned(), file).await.ok();
    let message = format!("{person}/{key}");
    let platform = Platform::WeChatMiniProgram;
    let receipt = Receipt { platform, message, person, name: NAME.to_owned(), kept, reading, wish };
    let signing = draft::chat_key(app.keys.card_token.reveal(), person);
    let (request, notice) = (receipt.request(), receipt.notice(""));
    let fan_out = app.relay.fan_out().clone();
    let written = app.store.writer.run(move |turn| {
        let Written { effects, refused } = receipt.write(turn, &signing)?;
        turn.after_commit(move || fan_out.tell(&effects));
        Ok::<_, Stop<Problem>>((refused, turn.state.request(request).map(|request| request.view.state)))
    });
    let (refused, state) = written.await?;
    match refused {
        Some(reason) if submit => {
            Err(Problem::new(&NOT_SUBMITTED).with("reason", reason).with("message", words(reason)))
        }
        _ => Ok((
            StatusCode::CREATED,
            Json(Made { request, title: notice.title, lines: notice.lines, status: status(state) }),
        )),
    }
}

const fn status(state: Option<RequestState>) -> &'static str {
    match state {
        None | Some(RequestState::Draft) => "已存为草稿",
        Some(RequestState::InApproval) => "已提交，等待审批",
        Some(RequestState::OverBudget) => "已提交，但超出预算，请在网页处理",
        Some(_) => "已提交",
    }
}

/// What keeps a claim from being submitted, in words.
fn words(reason: &str) -> &'static str {
    match reason {
        "claim_no_amount" => "请填写金额",
        "claim_no_department" => "您还没有部门，请联系管理员",
        "claim_more_than_invoice" => "金额不能超过发票的价税合计",
        "amount_too_large" => "金额太大",
        _ => "没有提交成功，草稿请在网页查看",
    }
}
