//! Every word that a person reads, in one typed table per language.
//!
//! Promise: a text that one language lacks does not compile, one verb names one action across the whole app, and an
//! error code always has a sentence. Chinese comes first; English is complete.

use std::cell::Cell;

mod en;
mod error;
pub(crate) mod format;
pub(crate) mod pages;
mod zh;

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// Chinese as written on the mainland (简体中文), the default.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The BCP 47 tag for `<html lang>`, also how the choice is remembered.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language of a remembered tag; anything unknown is Chinese.
    pub(crate) fn of_tag(tag: &str) -> Self {
        if tag.starts_with("en") { Self::English } else { Self::Chinese }
    }
}

thread_local! {
    static CURRENT: Cell<Language> = const { Cell::new(Language::Chinese) };
}

/// Chooses the language of every text read from now on. The shell rebuilds what is already on screen.
pub(crate) fn choose(language: Language) {
    CURRENT.set(language);
}

/// The language in use.
pub(crate) fn language() -> Language {
    CURRENT.get()
}

/// The texts of the language in use.
pub(crate) fn text() -> &'static Text {
    match CURRENT.get() {
        Language::Chinese => &zh::TEXT,
        Language::English => &en::TEXT,
    }
}

/// What to tell a person about an error code. An unknown code gets a general sentence; show the code beside it.
pub(crate) fn error(code: &str) -> &'static str {
    error::sentence(CURRENT.get(), code)
}

/// All texts of one language, by where they are met.
pub(crate) struct Text {
    /// The product's name.
    pub(crate) product: &'static str,
    /// The product in one line, under its name.
    pub(crate) promise: &'static str,
    pub(crate) action: Action,
    pub(crate) place: Place,
    pub(crate) sync: Sync,
    pub(crate) state: State,
    pub(crate) budget: Budget,
    pub(crate) field: Field,
    pub(crate) source: Source,
    pub(crate) blank: Blank,
    pub(crate) device: Device,
    /// What each page says beside all this.
    pub(crate) pages: pages::Pages,
}

/// One verb per action, the same on every page.
pub(crate) struct Action {
    /// 提交
    pub(crate) submit: &'static str,
    /// 同意
    pub(crate) approve: &'static str,
    /// 驳回: the request ends.
    pub(crate) reject: &'static str,
    /// 退回: the request goes back to be changed.
    pub(crate) send_back: &'static str,
    /// 撤回
    pub(crate) withdraw: &'static str,
    /// 撤销: takes back what was done a moment ago.
    pub(crate) undo: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) add_line: &'static str,
    pub(crate) done: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) close: &'static str,
    pub(crate) back: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) search: &'static str,
    pub(crate) send: &'static str,
    pub(crate) comment: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) refresh: &'static str,
    pub(crate) later: &'static str,
    pub(crate) take_photo: &'static str,
    pub(crate) from_gallery: &'static str,
    pub(crate) from_file: &'static str,
    pub(crate) open_original: &'static str,
    pub(crate) install: &'static str,
    /// 已同意, after the approval.
    pub(crate) approved: &'static str,
    pub(crate) rejected: &'static str,
    pub(crate) sent_back: &'static str,
    pub(crate) passed_on: &'static str,
    pub(crate) escalated: &'static str,
    pub(crate) reassigned: &'static str,
    pub(crate) migrated: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) submitted: &'static str,
    pub(crate) withdrawn: &'static str,
    /// Submitted while offline: what will happen, and when.
    pub(crate) submitted_offline: &'static str,
}

/// The places of the app.
pub(crate) struct Place {
    pub(crate) navigation: &'static str,
    pub(crate) claims: &'static str,
    pub(crate) approvals: &'static str,
    pub(crate) capture: &'static str,
    pub(crate) budget: &'static str,
    pub(crate) me: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) approval: &'static str,
    pub(crate) new_claim: &'static str,
    /// Said to a screen reader after the name of a place: "3 项待处理".
    pub(crate) needing_you: fn(u32) -> String,
}

/// The sync state, always in words.
pub(crate) struct Sync {
    /// 已同步 · 截至 10:32
    pub(crate) done: fn(&str) -> String,
    /// 2 项待同步
    pub(crate) waiting: fn(u32) -> String,
    /// 离线 · 3 项待同步, or only 离线
    pub(crate) offline: fn(u32) -> String,
    pub(crate) failed: &'static str,
    pub(crate) connecting: &'static str,
    /// The tag of one pending thing: 待同步
    pub(crate) pending: &'static str,
    /// 截至 10:32, beside a number that came from the server
    pub(crate) as_of: fn(&str) -> String,
}

/// The state of a request.
pub(crate) struct State {
    pub(crate) draft: &'static str,
    /// 审批中
    pub(crate) in_approval: &'static str,
    pub(crate) approved: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) archived: &'static str,
    pub(crate) returned: &'static str,
    pub(crate) rejected: &'static str,
    pub(crate) withdrawn: &'static str,
    pub(crate) over_budget: &'static str,
}

/// The words on a budget number.
pub(crate) struct Budget {
    pub(crate) available: &'static str,
    /// 拟占用: meant on this device, decided nowhere yet.
    pub(crate) intended: &'static str,
    /// 已占用: held by the authority.
    pub(crate) reserved: &'static str,
    /// 已执行
    pub(crate) consumed: &'static str,
    pub(crate) limit: &'static str,
    /// 超出, under an amount
    pub(crate) over: &'static str,
    /// 超出 ¥100.00
    pub(crate) over_by: fn(&str) -> String,
    /// The caption of the table behind a bar: 市场部 预算.
    pub(crate) caption: fn(&str) -> String,
}

/// Words around a field of a form.
pub(crate) struct Field {
    pub(crate) not_chosen: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) reason_hint: &'static str,
    /// Why the button is off.
    pub(crate) reason_missing: &'static str,
    pub(crate) nothing_matches: &'static str,
    pub(crate) account: &'static str,
    pub(crate) password: &'static str,
}

/// Where a value was read from (来源), and whether the sources agree.
pub(crate) struct Source {
    pub(crate) xml: &'static str,
    pub(crate) ofd: &'static str,
    pub(crate) pdf: &'static str,
    pub(crate) qr: &'static str,
    /// 识别: recognised from a photograph.
    pub(crate) recognised: &'static str,
    /// 手填
    pub(crate) typed: &'static str,
    pub(crate) agreed: &'static str,
    pub(crate) alone: &'static str,
    pub(crate) conflict: &'static str,
    /// 「金额」有 2 种读法
    pub(crate) differs: fn(&str) -> String,
    pub(crate) choose_one: &'static str,
}

/// Empty and failed pages.
pub(crate) struct Blank {
    pub(crate) no_claims: &'static str,
    pub(crate) no_claims_words: &'static str,
    pub(crate) no_approvals: &'static str,
    pub(crate) no_approvals_words: &'static str,
    pub(crate) no_budget: &'static str,
    pub(crate) no_budget_words: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) not_found_words: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) loading: &'static str,
    /// The code under a failure, for whoever is asked for help.
    pub(crate) code: fn(&str) -> String,
}

/// The device, the language, the version.
pub(crate) struct Device {
    pub(crate) language: &'static str,
    pub(crate) appearance: &'static str,
    pub(crate) automatic: &'static str,
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
    pub(crate) update_ready: &'static str,
    pub(crate) install_words: &'static str,
    pub(crate) install_ios: &'static str,
    pub(crate) photo: fn(usize) -> String,
}
