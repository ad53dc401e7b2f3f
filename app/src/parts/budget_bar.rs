//! One budget number with its three parts: 已执行, 已占用, 拟占用, and what is left.
//!
//! Promise: what only this device intends (拟占用) is hatched, never solid, so that nobody takes it for decided; and
//! everything the bar shows stands in words as well.

use budget::Money;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::money::Amount;
use super::unique;
use crate::text::{format, text};

/// The parts of one budget line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BudgetShares {
    /// 预算: all there is.
    pub(crate) limit: Money,
    /// 已执行: spent.
    pub(crate) consumed: Money,
    /// 已占用: held by the authority, allowances included.
    pub(crate) reserved: Money,
    /// 拟占用: meant on this device, decided nowhere.
    pub(crate) intended: Money,
}

impl BudgetShares {
    fn used(self) -> i128 {
        [self.consumed, self.reserved, self.intended].iter().map(|part| i128::from(part.fen()).max(0)).sum()
    }

    /// What is left after all three; below zero when they exceed the limit.
    pub(crate) fn left(self) -> Money {
        let left = i128::from(self.limit.fen()) - self.used();
        Money::from_fen(i64::try_from(left).unwrap_or(i64::MIN))
    }
}

/// The bar, with a legend of amounts or, when `thin`, with a table for screen readers only.
#[component]
pub(crate) fn BudgetBar(
    /// Whose budget it is.
    #[prop(into)]
    label: TextProp,
    #[prop(into)] shares: Signal<BudgetShares>,
    /// A line under a row instead of a figure of its own.
    #[prop(optional)]
    thin: bool,
) -> impl IntoView {
    let hatch = unique("hatch");
    let fill = format!("url(#{hatch})");
    let bar = move || {
        let shares = shares.get();
        let limit = i128::from(shares.limit.fen()).max(0);
        let whole = limit.max(shares.used()).max(1);
        let part = |amount: Money| i128::from(amount.fen()).max(0);
        let consumed = part(shares.consumed);
        let reserved = consumed + part(shares.reserved);
        let intended = reserved + part(shares.intended);
        let at = |amount: i128| percent(amount, whole);
        let width = |from: i128, to: i128| percent(to - from, whole);
        let over = intended > limit;
        view! {
            <rect class="budget-consumed" width=at(consumed) height="100%"></rect>
            <rect class="budget-reserved" x=at(consumed) width=width(consumed, reserved) height="100%"></rect>
            <rect class="budget-intended-ground" x=at(reserved) width=width(reserved, intended) height="100%"></rect>
            <rect fill=fill.clone() x=at(reserved) width=width(reserved, intended) height="100%"></rect>
            {over.then(|| view! {
                <rect class="budget-over" x=at(limit) width=width(limit, intended) height="100%"></rect>
            })}
        }
    };
    let caption = move || (text().budget.caption)(&label.get());
    view! {
        <div class="budget" class:budget-thin=thin>
            <svg class="budget-figure" aria-hidden="true">
                <defs>
                    <pattern id=hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <line class="budget-hatch" x1="1" y1="0" x2="1" y2="6"></line>
                    </pattern>
                </defs>
                <rect class="budget-ground" width="100%" height="100%"></rect>
                {bar}
            </svg>
            {if thin {
                view! { <Table caption shares/> }.into_any()
            } else {
                view! { <Legend shares/> }.into_any()
            }}
        </div>
    }
    .into_any()
}

/// What is left, in words and figures: `¥8,132.10 可用`, or in red how much too much it is.
#[component]
pub(crate) fn BudgetLeft(#[prop(into)] shares: Signal<BudgetShares>) -> impl IntoView {
    let over = move || shares.get().left().is_negative();
    let amount = Signal::derive(move || {
        let left = shares.get().left();
        left.checked_abs().unwrap_or(left)
    });
    let word = move || {
        if over() { text().budget.over } else { text().budget.available }
    };
    view! {
        <span class="budget-left" class:budget-left-over=over>
            <Amount amount/>
            <span class="quiet">{word}</span>
        </span>
    }
    .into_any()
}

/// A share in hundredths of a percent, as an SVG length.
fn percent(amount: i128, whole: i128) -> String {
    let share = amount.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02}%", share / 100, share % 100)
}

/// The amounts behind the colours.
#[component]
fn Legend(shares: Signal<BudgetShares>) -> impl IntoView {
    let hatch = unique("hatch");
    let fill = format!("url(#{hatch})");
    let words = &text().budget;
    let key = |class: &'static str, word: &'static str, amount: Signal<Money>| {
        view! {
            <div class="budget-key">
                <svg class="budget-swatch" aria-hidden="true"><rect class=class width="100%" height="100%"></rect></svg>
                <span>{word}</span>
                <Amount amount/>
            </div>
        }
    };
    view! {
        <div class="budget-legend">
            {key("budget-consumed", words.consumed, Signal::derive(move || shares.get().consumed))}
            {key("budget-reserved", words.reserved, Signal::derive(move || shares.get().reserved))}
            {move || (!shares.get().intended.is_zero()).then(|| view! {
                <div class="budget-key">
                    <svg class="budget-swatch" aria-hidden="true">
                        <defs>
                            <pattern id=hatch.clone() width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                                <line class="budget-hatch" x1="1" y1="0" x2="1" y2="6"></line>
                            </pattern>
                        </defs>
                        <rect class="budget-intended-ground" width="100%" height="100%"></rect>
                        <rect fill=fill.clone() width="100%" height="100%"></rect>
                    </svg>
                    <span>{words.intended}</span>
                    <Amount amount=Signal::derive(move || shares.get().intended)/>
                </div>
            })}
        </div>
    }
}

/// The same in a table that only screen readers meet.
#[component]
fn Table(caption: impl Fn() -> String + Send + Sync + 'static, shares: Signal<BudgetShares>) -> impl IntoView {
    let words = &text().budget;
    let row = move |word: &'static str, amount: fn(BudgetShares) -> Money| {
        view! {
            <tr><th scope="row">{word}</th><td>{move || format::money(amount(shares.get()))}</td></tr>
        }
    };
    view! {
        <table class="unseen">
            <caption>{caption}</caption>
            <tbody>
                {row(words.limit, |shares| shares.limit)}
                {row(words.consumed, |shares| shares.consumed)}
                {row(words.reserved, |shares| shares.reserved)}
                {row(words.intended, |shares| shares.intended)}
                {row(words.available, BudgetShares::left)}
            </tbody>
        </table>
    }
}
