//! One module a place: what a person sees and does there, made of parts, over the desk.
//!
//! Names for tests (`data-test`), by page:
//!
//! | page | names |
//! |---|---|
//! | everywhere | `sync` (badge), `sync-sheet`, `sync-last`, `sync-pending`, `sync-refused`, `sync-trouble`, `sync-retry`, `back`, `undo`, `state`, tabs by path: `/`, `/capture`, `/approvals`, `/budget`, `/me` |
//! | sign in | `sign-in-name`, `sign-in-password`, `sign-in-show`, `sign-in-submit`, `sign-in-error`, `session-ended` |
//! | claims `/` | `new-claim`, `claim-row` |
//! | claim `/claims/{id}` | `claim-title`, `claim-purpose`, `claim-department`, `claim-total`, `saved`, `add-camera`, `add-gallery`, `add-file` (file inputs), `invoice`, `remark`, `duplicate`, `add-line`, `line`, `line-amount`, `line-description`, `line-date`, `line-account`, `line-project`, `line-cost-centre`, `line-product-line`, `line-invoice`, `line-more`, `line-confirm`, `line-delete`, `picker` (options by `data-option`), `conflict`, `budget-answer`, `budget-words`, `lacking`, `uncovered`, `foreseen`, `comment`, `comment-text`, `comment-send`, `problems`, `problem`, `submit`, `withdraw`, `waits`, `timeline`, `content-line` |
//! | claim, in trouble | `refused`, `refused-again`, `refused-keep`, `refused-drop`, `returned`, `claimed-before`, `remove-duplicate`, `over-budget`, `lack`, `reserve-again`, `offer-less`, `offer-transfer`, `offer-exception` |
//! | invoice sheet | `invoice-sheet`, `verdict`, `confirm-amount`, `open-original`, `delete-invoice` |
//! | capture `/capture` | `capture-camera`, `capture-gallery`, `capture-file` (file inputs), `capture-into`, `capture-into-new` |
//! | approvals `/approvals` | `approval-row`, `approval-search`, `batch`, `batch-sheet`, `batch-row`, `batch-approve`; segments by `data-segment`: `mine`, `pay`, `done` |
//! | approval `/approvals/{id}` | `approval-total`, `acting`, `warning`, `effect`, `approve`, `return`, `reject`, `reason-sheet`, `reason`, `confirm-reason`, `decided`, `pay`, `refused`, `refused-drop` |
//! | budget `/budget`, `/budget/{line}` | `budget-search`, `budget-row`, `budget-as-of`, `available`, `holder-row` |
//! | me `/me` | `person`, `roles`, `device-key`, `storage`, `install`, `delegate`, `delegation`, `delegate-sheet`, `delegate-search`, `delegate-to`, `delegate-end`, `chat`, `chat-account`, `chat-code`, `chat-next`, `sign-out`, `sign-out-sheet`, `sign-out-anyway`; segments by `data-segment`: `zh-CN`, `en`, `automatic`, `light`, `dark` |

mod approvals;
mod budget;
mod capture;
mod claim;
mod claims;
mod frame;
mod me;
mod sign_in;

use leptos::prelude::*;

use crate::parts::blank::{Blank, BlankKind};
use crate::parts::button::{ButtonKind, ButtonLink};
use crate::parts::page::Page;
use crate::text::{error, text};

pub(crate) use approvals::Approvals;
pub(crate) use budget::Budget;
pub(crate) use capture::Capture;
use claim::refusal_words as claim_refusal;
pub(crate) use claims::Claims;
pub(crate) use me::Me;
pub(crate) use sign_in::SignIn;

/// A path that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let words = &text().blank;
    view! {
        <Page title=words.not_found back="/">
            <Blank
                kind=BlankKind::Failed title=words.not_found words=words.not_found_words
                action=|| view! { <ButtonLink label=text().action.back href="/" kind=ButtonKind::Primary/> }
            />
        </Page>
    }
    .into_any()
}

/// A device that keeps nothing: the app cannot promise anything here.
#[component]
pub(crate) fn NoStorage(code: &'static str) -> impl IntoView {
    view! {
        <Page title=text().product>
            <Blank kind=BlankKind::Failed title=text().blank.failed words=error(code) code/>
        </Page>
    }
    .into_any()
}
