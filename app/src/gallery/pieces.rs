//! The parts one by one.

use budget::Money;
use leptos::prelude::*;

use crate::parts::Tone;
use crate::parts::blank::{Blank, BlankKind, Skeleton};
use crate::parts::budget_bar::{BudgetBar, BudgetShares};
use crate::parts::button::{Button, ButtonKind, ButtonLink, IconButton};
use crate::parts::cell::{Cell, Dot, Face, Group, Value};
use crate::parts::conflict::{Conflict, Side};
use crate::parts::field::{ChoiceField, FieldKind, TextField};
use crate::parts::icon::{Glyph, Icon};
use crate::parts::money::Amount;
use crate::parts::notice::Notice;
use crate::parts::page::Page;
use crate::parts::segments::{Segment, Segments};
use crate::parts::source::{SourceCheck, SourceKind, SourceTag};
use crate::parts::sync_badge::{SyncBadge, SyncState};
use crate::parts::tag::{Count, PendingTag, Tag};
use crate::parts::timeline::{Step, StepState, Timeline};
use crate::parts::toast::use_toaster;

use super::screens::no;

pub(super) fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

/// All parts on one page.
pub(super) fn all() -> AnyView {
    view! {
        <Page title="部件" wide=true end=|| view! { <Badge/> }>
            <div class="columns">
                <div>{buttons()}{tags()}{money()}{rows()}</div>
                <div>{fields()}{notices()}{budgets()}{conflict()}{steps()}</div>
            </div>
            <Skeleton/>
            <Blank
                kind=BlankKind::Failed title="没有成功" words="服务器没有及时回答，稍后会自动重试" code="timeout"
                action=|| view! { <ButtonLink label="返回" href="/"/> }
            />
        </Page>
    }
    .into_any()
}

#[component]
fn Badge() -> impl IntoView {
    let states = [
        SyncState::Done("10:32".to_owned()),
        SyncState::Connecting,
        SyncState::Waiting(2),
        SyncState::Offline(3),
        SyncState::Failed,
    ];
    let shown = RwSignal::new(0_usize);
    let state = Signal::derive(move || states.get(shown.get() % states.len()).cloned().unwrap_or(SyncState::Failed));
    view! { <SyncBadge state on_press=move || shown.update(|shown| *shown += 1)/> }
}

fn buttons() -> AnyView {
    let toaster = use_toaster();
    view! {
        <h2 class="section-title">"按钮"</h2>
        <div class="card stack">
            <Button label="提交" kind=ButtonKind::Primary wide=true on_press=move || toaster.say("已存在本机，联网后自动提交")/>
            <div class="actions">
                <Button label="驳回" kind=ButtonKind::Danger on_press=move || toaster.fail("同步失败")/>
                <Button label="同意" kind=ButtonKind::Primary on_press=move || toaster.say_undo("已同意", || ())/>
            </div>
            <div class="actions">
                <Button label="相册" icon=Icon::Picture/>
                <Button label="文件" icon=Icon::File/>
            </div>
            <div>
                <Button label="提交" kind=ButtonKind::Primary wide=true disabled=true why="请先填写金额"/>
            </div>
            <div class="hero-line">
                <Button label="重试" kind=ButtonKind::Quiet/>
                <IconButton label="更多" icon=Icon::More on_press=|| ()/>
            </div>
        </div>
        <div class="card chips">
            {Icon::ALL.map(|icon| view! { <Glyph icon/> }).into_iter().collect_view()}
        </div>
    }
    .into_any()
}

fn tags() -> AnyView {
    let one = Signal::stored(3);
    let none = Signal::stored(0);
    let segment = |id, label: &str, count| Segment { id, label: label.to_owned(), count };
    view! {
        <h2 class="section-title">"标签"</h2>
        <div class="card stack">
            <div class="chips">
                <Tag label="草稿"/>
                <Tag label="审批中" tone=Tone::Active/>
                <Tag label="已付款" tone=Tone::Good/>
                <Tag label="已退回" tone=Tone::Warn/>
                <Tag label="超预算" tone=Tone::Bad icon=Icon::Alert/>
                <PendingTag/>
                <Count count=one/>
                <Count count=Signal::stored(128) error=true/>
            </div>
            <div class="chips">
                <SourceTag sources=vec![SourceKind::Xml, SourceKind::Code] check=SourceCheck::Agreed/>
                <SourceTag sources=vec![SourceKind::Recognised] check=SourceCheck::Alone/>
                <SourceTag sources=vec![SourceKind::Typed] check=SourceCheck::Agreed/>
                <SourceTag sources=vec![SourceKind::Pdf, SourceKind::Code] check=SourceCheck::Conflict/>
            </div>
            <Segments
                label="范围" chosen=Signal::stored("mine") on_choose=|_| ()
                segments=vec![segment("mine", "待我处理", one), segment("all", "全部", none), segment("done", "已处理", none)]
            />
        </div>
    }
    .into_any()
}

fn money() -> AnyView {
    view! {
        <h2 class="section-title">"金额"</h2>
        <div class="card stack">
            <Amount amount=fen(123_456_789) big=true/>
            <div><Amount amount=fen(76_790)/>" "<Amount amount=fen(-5_900)/>" "<Amount amount=fen(4_890) quiet=true/></div>
        </div>
    }
    .into_any()
}

fn rows() -> AnyView {
    view! {
        <Group title="列表" foot="左边的虚线表示还没有同步到服务器。">
            <Cell
                title="北京客户拜访" href="/gallery/claim" dot=Dot::NeedsYou
                lead=|| view! { <Face name="王芳"/> }
                note=|| view! { <span>"11-22"</span><Tag label="审批中" tone=Tone::Active/> }
                end=|| view! { <Amount amount=fen(76_790)/> }
            />
            <Cell
                title="办公用品" href="/gallery/claim" pending=true
                lead=|| view! { <Face icon=Icon::Receipt/> }
                note=|| view! { <PendingTag/> }
                end=|| view! { <Amount amount=fen(4_890)/> }
            />
            <Cell
                title="已删除的明细" struck=true dot=Dot::Error lead=|| view! { <Face icon=Icon::File/> }
                note=|| view! { <span>"服务器拒绝了这次修改"</span> }
            />
            <Cell title="语言" on_press=|| () end=|| view! { <Value text="简体中文"/> }/>
        </Group>
    }
    .into_any()
}

fn fields() -> AnyView {
    let value = RwSignal::new(String::from("553.00"));
    let typed = move |text| value.set(text);
    view! {
        <Group title="表单">
            <TextField
                label="金额" kind=FieldKind::Amount required=true value on_input=typed hint="部门还可用 ¥19,447.00"
                source=|| view! { <SourceTag sources=vec![SourceKind::Ofd, SourceKind::Code] check=SourceCheck::Agreed/> }
            />
            <TextField
                label="金额" kind=FieldKind::Amount value=String::from("12,34") on_input=|_| ()
                error=Some(String::from("金额格式不对，例如 1234.50"))
            />
            <TextField label="事由" kind=FieldKind::Lines value=String::new() on_input=|_| () placeholder="这笔钱为什么花"/>
            <TextField label="日期" kind=FieldKind::Date value=String::from("2026-11-23") on_input=|_| ()/>
            <ChoiceField label="项目" value=no() on_press=|| () required=true/>
            <ChoiceField label="部门" value=Some(String::from("市场部 / 华东区")) on_press=|| ()/>
        </Group>
    }
    .into_any()
}

fn notices() -> AnyView {
    view! {
        <Notice title="未安装，浏览器可能清理本机数据" words="安装后，未同步的单据不会被清理。" tone=Tone::Active
            action=|| view! { <Button label="安装" kind=ButtonKind::Quiet/> }/>
        <Notice title="与另一张单据重复" words="这张发票 2026-10-12 已由他人报销。" tone=Tone::Bad/>
        <Notice title="超出部门预算 ¥10,000.00" words="可以减额、申请预算调整或例外审批。" tone=Tone::Warn/>
        <Notice title="三个来源一致" words="" tone=Tone::Good/>
    }
    .into_any()
}

fn budgets() -> AnyView {
    let shares = |limit, consumed, reserved, intended| BudgetShares {
        limit: fen(limit),
        consumed: fen(consumed),
        reserved: fen(reserved),
        intended: fen(intended),
    };
    view! {
        <h2 class="section-title">"预算"</h2>
        <div class="card stack">
            <BudgetBar label="市场部" shares=shares(150_000_000, 87_000_000, 21_000_000, 9_600_000)/>
            <BudgetBar label="推广费" shares=shares(20_000_000, 15_000_000, 3_000_000, 3_000_000)/>
            <BudgetBar label="差旅" shares=shares(5_000_000, 1_000_000, 200_000, 0) thin=true/>
        </div>
    }
    .into_any()
}

fn conflict() -> AnyView {
    let side =
        |id: &str, from: &str, value: &str| Side { id: id.to_owned(), from: from.to_owned(), value: value.to_owned() };
    let sides = vec![
        side("code", "二维码", "¥48.90"),
        side("parts", "金额 + 税额", "¥48.90"),
        side("total", "小写合计", "¥148.90"),
    ];
    let chosen = RwSignal::new(Some(String::from("code")));
    view! {
        <div class="card card-flush">
            <Conflict field="价税合计" sides chosen on_choose=move |id| chosen.set(Some(id))/>
        </div>
    }
    .into_any()
}

pub(super) fn steps() -> AnyView {
    let step = |state, title: &str, time: &str, note: &str, words: &str| Step {
        state,
        title: title.to_owned(),
        time: time.to_owned(),
        note: note.to_owned(),
        words: words.to_owned(),
    };
    let steps = vec![
        step(StepState::Done, "王芳 提交", "11-22 18:40", "", "客户临时改期，住了两晚。"),
        step(StepState::Done, "李明 同意", "11-23 09:12", "部门负责人", ""),
        step(StepState::Held, "赵强 同意", "10:31", "代 周总，待同步", ""),
        step(StepState::Now, "财务审核", "", "陈静", ""),
        step(StepState::Ahead, "付款", "", "", ""),
    ];
    view! { <div class="card card-flush"><Timeline steps/></div> }.into_any()
}
