//! Whole screens, to see how the parts sit together.

use leptos::prelude::*;

use super::pieces::{fen, steps};
use crate::parts::Tone;
use crate::parts::budget_bar::{BudgetBar, BudgetLeft, BudgetShares};
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Dot, Face, Group};
use crate::parts::field::{ChoiceField, FieldKind, TextField};
use crate::parts::file_pick::{FilePick, FileSource};
use crate::parts::icon::{Glyph, Icon};
use crate::parts::money::Amount;
use crate::parts::notice::Notice;
use crate::parts::page::{Page, Split};
use crate::parts::photo::{Photos, Thumbnail};
use crate::parts::reasons::ReasonSheet;
use crate::parts::segments::{Segment, Segments};
use crate::parts::source::{SourceCheck, SourceKind, SourceTag};
use crate::parts::sync_badge::{SyncBadge, SyncState};
use crate::parts::tag::{PendingTag, Tag};

/// Nothing, for a value that may be missing.
pub(super) fn no() -> Option<String> {
    None
}

pub(super) fn badge(state: SyncState) -> impl IntoView {
    view! { <SyncBadge state on_press=|| ()/> }
}

pub(super) fn claims() -> AnyView {
    let count = Signal::stored(0);
    let segment = move |id, label: &str| Segment { id, label: label.to_owned(), count };
    let row = |title: &'static str, note: &'static str, amount, tone, word: &'static str, dot, pending: bool| {
        view! {
            <Cell
                title href="/gallery/claim" calm=true dot=dot pending
                lead=|| view! { <Face icon=Icon::Receipt/> }
                note=move || view! { <span class="figures">{note}</span> }
                end=move || view! {
                    <Amount amount=fen(amount)/>
                    {if pending { view! { <PendingTag/> }.into_any() } else { view! { <Tag label=word tone/> }.into_any() }}
                }
            />
        }
    };
    view! {
        <Page title="报销" end=|| badge(SyncState::Waiting(2))>
            <Segments
                label="范围" chosen=Signal::stored("open") on_choose=|_| ()
                segments=vec![segment("open", "进行中"), segment("draft", "草稿"), segment("done", "已完成")]
            />
            <Group title="本机 · 联网后自动提交">
                {row("北京客户拜访", "11-23 · 3 张票据", 76_790, Tone::Neutral, "", Dot::None, true)}
                {row("部门团建", "11-23 · 1 张票据", 128_000, Tone::Neutral, "", Dot::None, true)}
            </Group>
            <Group title="11 月">
                {row("推广费 双十一投放", "11-20 · 2 张票据", 3_000_000, Tone::Bad, "超预算", Dot::Error, false)}
                {row("上海出差", "11-18 · 8 张票据", 274_600, Tone::Active, "审批中", Dot::None, false)}
                {row("办公用品", "11-12 · 1 张票据", 52_000, Tone::Warn, "已退回", Dot::NeedsYou, false)}
            </Group>
            <Group title="10 月">
                {row("设备维修", "10-30 · 2 张票据", 86_050, Tone::Good, "已付款", Dot::None, false)}
                {row("客户招待", "10-21 · 1 张票据", 109_900, Tone::Good, "已付款", Dot::None, false)}
            </Group>
        </Page>
    }
    .into_any()
}

pub(super) fn claim() -> AnyView {
    let pick = |_| ();
    let agreed = || view! { <SourceTag sources=vec![SourceKind::Xml, SourceKind::Code] check=SourceCheck::Agreed/> };
    let alone = || view! { <SourceTag sources=vec![SourceKind::Recognised] check=SourceCheck::Alone/> };
    view! {
        <Page
            title="新报销单" back="/gallery/claims" end=|| badge(SyncState::Offline(3))
            foot=|| view! { <Button label="提交" kind=ButtonKind::Primary wide=true/> }
        >
            <div class="hero">
                <span class="amount-label">"合计 3 项"</span>
                <Amount amount=fen(76_790) big=true/>
                <span class="quiet">"已存在本机 · 10:31"</span>
            </div>
            <div class="card card-flush">
                <Photos>
                    <FilePick source=FileSource::Camera class="photo photo-add" on_pick=pick>
                        <Glyph icon=Icon::Camera/>"拍照"
                    </FilePick>
                    <FilePick source=FileSource::Files class="photo photo-add" on_pick=pick>
                        <Glyph icon=Icon::File/>"文件"
                    </FilePick>
                    <Thumbnail label="票据 1" src=no() kind="XML" on_press=|| ()/>
                    <Thumbnail label="票据 2" src=no() kind="PDF" note=Some(String::from("读取中")) on_press=|| ()/>
                    <Thumbnail label="票据 3" src=Some(String::from("/icon-512.png")) note=Some(String::from("待同步")) on_press=|| ()/>
                </Photos>
            </div>
            <Group title="明细 1 · 高铁 北京南—上海虹桥">
                <TextField label="金额" kind=FieldKind::Amount required=true value=String::from("553.00") on_input=|_| () source=agreed/>
                <TextField label="日期" kind=FieldKind::Date value=String::from("2026-11-22") on_input=|_| () source=alone/>
                <ChoiceField label="科目" value=Some(String::from("差旅费 / 城市间交通")) on_press=|| ()/>
                <ChoiceField label="项目" value=no() on_press=|| () required=true error=Some(String::from("请选择项目"))/>
            </Group>
            <div class="card stack">
                <BudgetBar label="华东区 差旅费" shares=BudgetShares {
                    limit: fen(2_000_000), consumed: fen(900_000), reserved: fen(210_000), intended: fen(76_790),
                }/>
                <span class="quiet">"可用 ¥8,132.10 · 截至 10:32，本机拟占用 ¥767.90"</span>
            </div>
        </Page>
    }
    .into_any()
}

fn inbox() -> AnyView {
    let row = |who: &'static str,
               title: &'static str,
               amount,
               note: &'static str,
               flag: Option<(&'static str, Tone)>,
               current: bool| {
        view! {
            <Cell
                title href="/gallery/approval" calm=true current
                lead=move || view! { <Face name=who/> }
                note=move || view! { <span>{who}" · "{note}</span> }
                end=move || view! { <Amount amount=fen(amount)/>{flag.map(|(word, tone)| view! { <Tag label=word tone/> })} }
            />
        }
    };
    let count = Signal::stored(3);
    let segment = |id, label: &str, count| Segment { id, label: label.to_owned(), count };
    view! {
        <Page title="审批" end=|| badge(SyncState::Done("10:32".to_owned()))>
            <Segments
                label="范围" chosen=Signal::stored("mine") on_choose=|_| ()
                segments=vec![segment("mine", "待我处理", count), segment("done", "已处理", Signal::stored(0))]
            />
            <Group>
                {row("王芳", "北京客户拜访", 76_790, "11-23 10:20", None, true)}
                {row("陈建国", "推广费 双十一投放", 3_000_000, "11-22 18:03", Some(("超预算", Tone::Bad)), false)}
                {row("欧阳娜", "上海出差", 274_600, "11-22 09:41", Some(("超标准", Tone::Warn)), false)}
            </Group>
        </Page>
    }
    .into_any()
}

pub(super) fn approvals() -> AnyView {
    inbox()
}

pub(super) fn detail() -> AnyView {
    let rejecting = RwSignal::new(false);
    view! {
        <Page
            title="审批单" back="/gallery/approvals"
            foot=move || view! {
                <div class="actions">
                    <Button label="驳回" kind=ButtonKind::Danger on_press=move || rejecting.set(true)/>
                    <Button label="同意" kind=ButtonKind::Primary/>
                </div>
            }
        >
            <div class="hero">
                <div class="hero-line">
                    <Face name="王芳"/>
                    <div><strong>"王芳"</strong><div class="quiet">"销售部 · 华东区 · 11-23 10:20"</div></div>
                </div>
                <Amount amount=fen(76_790) big=true/>
                <p>"北京客户拜访，往返高铁、两晚住宿改签一次。"</p>
            </div>
            <Notice title="住宿超出标准 ¥120.00" words="620.00 与 480.00，标准每晚 500.00，已附说明。" tone=Tone::Warn/>
            <div class="card card-flush">
                <Photos>
                    <Thumbnail label="票据 1" src=Some(String::from("/icon-512.png")) on_press=|| ()/>
                    <Thumbnail label="票据 2" src=no() kind="PDF" on_press=|| ()/>
                    <Thumbnail label="票据 3" src=no() kind="OFD" on_press=|| ()/>
                </Photos>
            </div>
            <Group title="明细">
                <Cell title="高铁 北京南—上海虹桥" note=|| view! { <span>"差旅费 · 城市间交通"</span> } end=|| view! { <Amount amount=fen(55_300)/> }/>
                <Cell title="市内交通" note=|| view! { <span>"差旅费 · 市内交通"</span> } end=|| view! { <Amount amount=fen(4_890)/> }/>
                <Cell title="餐补" note=|| view! { <span>"差旅费 · 补助"</span> } end=|| view! { <Amount amount=fen(16_600)/> }/>
            </Group>
            <h2 class="section-title">"预算"</h2>
            <div class="card">
                <BudgetBar label="华东区" shares=BudgetShares {
                    limit: fen(2_000_000), consumed: fen(900_000), reserved: fen(286_790), intended: fen(0),
                }/>
            </div>
            <h2 class="section-title">"流程"</h2>
            {steps()}
        </Page>
        <ReasonSheet
            open=rejecting title="为什么驳回" verb="驳回" on_confirm=|_| ()
            reasons=vec![String::from("票据不清楚"), String::from("超出标准"), String::from("科目不对"), String::from("不属于本项目")]
        />
    }
    .into_any()
}

pub(super) fn approval() -> AnyView {
    view! { <Split list=inbox detail=detail chosen=true/> }.into_any()
}

pub(super) fn budget() -> AnyView {
    let shares = |limit, consumed, reserved, intended| BudgetShares {
        limit: fen(limit),
        consumed: fen(consumed),
        reserved: fen(reserved),
        intended: fen(intended),
    };
    let line = move |name: &'static str, part: BudgetShares| {
        view! {
            <Cell
                title=name href="/gallery/budget"
                note=move || view! { <BudgetBar label=name shares=part thin=true/> }
                calm=true end=move || view! { <BudgetLeft shares=part/> }
            />
        }
    };
    let all = shares(150_000_000, 87_000_000, 21_000_000, 600_000);
    view! {
        <Page title="预算" end=|| badge(SyncState::Done("10:32".to_owned()))>
            <div class="card stack">
                <div>
                    <span class="amount-label">"市场部 2026 年第三季度 · 可用"</span>
                    <Amount amount=all.left() big=true/>
                </div>
                <BudgetBar label="市场部" shares=all/>
                <span class="quiet">"预算 ¥1,500,000.00 · 截至 10:32"</span>
            </div>
            <Group title="明细">
                {line("推广费", shares(20_000_000, 15_000_000, 3_000_000, 3_000_000))}
                {line("差旅费", shares(30_000_000, 12_000_000, 4_500_000, 76_790))}
                {line("会议费", shares(40_000_000, 8_000_000, 1_500_000, 0))}
                {line("外包服务", shares(60_000_000, 52_000_000, 7_000_000, 0))}
            </Group>
        </Page>
    }
    .into_any()
}
