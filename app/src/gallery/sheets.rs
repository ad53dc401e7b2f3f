//! Sheets over screens, and screens that stand alone.

use leptos::prelude::*;

use super::screens::{badge, claim, detail};
use crate::parts::blank::Blank;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::field::{FieldKind, TextField};
use crate::parts::icon::Mark;
use crate::parts::page::Page;
use crate::parts::picker::{Picker, PickerOption};
use crate::parts::reasons::ReasonSheet;
use crate::parts::sync_badge::SyncState;
use crate::text::text;

pub(super) fn reject() -> AnyView {
    let open = RwSignal::new(true);
    view! {
        {detail()}
        <ReasonSheet
            open title="为什么驳回" verb="驳回" on_confirm=|_| ()
            reasons=vec![String::from("票据不清楚"), String::from("超出标准"), String::from("科目不对"), String::from("不属于本项目")]
        />
    }
    .into_any()
}

pub(super) fn sign_in() -> AnyView {
    let value = RwSignal::new(String::from("wangfang"));
    view! {
        <form class="welcome">
            <div class="welcome-mark">
                <Mark/>
                <h1 class="welcome-name">{text().product}</h1>
                <p class="quiet">{text().promise}</p>
            </div>
            <div class="card card-flush">
                <TextField label="账号" kind=FieldKind::Account value on_input=move |text| value.set(text)/>
                <TextField label="密码" kind=FieldKind::Password value=String::from("secret") on_input=|_| ()/>
            </div>
            <Button label="登录" kind=ButtonKind::Primary wide=true submit=true/>
        </form>
    }
    .into_any()
}

pub(super) fn empty() -> AnyView {
    let words = &text().blank;
    view! {
        <Page title="审批" end=|| badge(SyncState::Done("10:32".to_owned()))>
            <Blank title=words.no_approvals words=words.no_approvals_words/>
        </Page>
    }
    .into_any()
}

pub(super) fn sheet() -> AnyView {
    let open = RwSignal::new(true);
    let chosen = RwSignal::new(Some(String::from("east-1")));
    let option = |id: &str, label: &str, note: &str, level, selectable| PickerOption {
        id: id.to_owned(),
        label: label.to_owned(),
        note: note.to_owned(),
        keywords: String::new(),
        level,
        selectable,
    };
    let options = vec![
        option("new", "新产品研发", "", 0, false),
        option("new-1", "人力", "¥650,000.00", 1, true),
        option("new-2", "设备", "¥40,000.00", 1, true),
        option("new-3", "外包", "¥140,000.00", 1, true),
        option("east", "华东市场拓展", "", 0, false),
        option("east-1", "渠道推广", "¥20,000.00", 1, true),
        option("east-2", "客户拜访", "¥8,132.10", 1, true),
    ];
    view! {
        {claim()}
        <Picker open title="选择项目" options chosen on_choose=move |id| chosen.set(Some(id))/>
    }
    .into_any()
}
