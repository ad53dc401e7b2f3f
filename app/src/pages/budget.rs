//! 预算: what this person may see, one number a line, always with its time.

mod line;

use budget::{Code, Control, Dimension, Money};
use leptos::prelude::*;
use sync::view::CompanyView;

use super::frame::Badge;
use crate::parts::Tone;
use crate::parts::blank::Blank;
use crate::parts::budget_bar::{BudgetBar, BudgetLeft, BudgetShares};
use crate::parts::cell::{Cell, Group};
use crate::parts::page::{Page, Split};
use crate::parts::search::Search;
use crate::parts::tag::Tag;
use crate::state::route::Route;
use crate::state::{Desk, surroundings, use_desk, use_navigator};
use crate::text::{format, text};

/// All lines, and beside them the one that is open or the words that none is.
#[component]
pub(crate) fn Budget() -> impl IntoView {
    let navigator = use_navigator();
    let wanted = Memo::new(move |_| match navigator.route.get() {
        Route::BudgetLine(code) => Some(code),
        _ => None,
    });
    let detail = move || match wanted.get() {
        Some(code) => view! { <line::Line code/> }.into_any(),
        None => {
            let words = &text().pages.budget;
            view! { <div class="split-empty"><Blank title=words.choose words=words.choose_words/></div> }.into_any()
        }
    };
    let chosen = Signal::derive(move || wanted.with(Option::is_some));
    view! { <Split list=move || view! { <Lines current=wanted/> } detail chosen/> }.into_any()
}

/// One line as the list shows it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    code: Code,
    name: String,
    period: String,
    department: String,
    shares: BudgetShares,
    /// The share of the limit that is used, in percent, once it passes a threshold of the line.
    past: Option<u32>,
}

/// The parts of one line, with what this device means to spend.
pub(super) fn shares(desk: Desk, code: &Code) -> Option<BudgetShares> {
    let balance = desk.budget.with(|budget| budget.lines.get(code).map(|line| line.balance))?;
    Some(BudgetShares {
        limit: balance.limit,
        consumed: balance.consumed,
        reserved: balance.reserved.checked_add(balance.escrowed).unwrap_or(balance.reserved),
        intended: desk.intended().get(code).copied().unwrap_or_default(),
    })
}

/// The percentage in use, when a line's threshold says that people should know.
pub(super) fn past(company: &CompanyView, code: &Code, shares: BudgetShares) -> Option<u32> {
    let line = company.scheme.line(code).filter(|line| line.control != Control::None)?;
    let used = i128::from(shares.consumed.fen()) + i128::from(shares.reserved.fen());
    let limit = i128::from(shares.limit.fen());
    let percent = if limit > 0 { u32::try_from(used * 100 / limit).unwrap_or(u32::MAX) } else { 100 };
    let lowest = line.thresholds.first().copied().unwrap_or(90);
    (percent >= u32::from(lowest)).then_some(percent)
}

fn all(desk: Desk) -> Vec<Shown> {
    let (Some(company), figures) = (desk.company.get(), desk.budget.get()) else {
        return Vec::new();
    };
    let intended = desk.intended();
    let scheme = &company.scheme;
    let known = scheme.lines().filter_map(|line| {
        let balance = figures.lines.get(&line.code)?.balance;
        let shares = BudgetShares {
            limit: balance.limit,
            consumed: balance.consumed,
            reserved: balance.reserved.checked_add(balance.escrowed).unwrap_or(balance.reserved),
            intended: intended.get(&line.code).copied().unwrap_or_default(),
        };
        let name_of = |dimension| line.fixes.get(&dimension).map(|code| scheme.name(dimension, code).to_owned());
        Some(Shown {
            code: line.code.clone(),
            name: line.name.clone(),
            period: name_of(Dimension::Period).unwrap_or_default(),
            department: name_of(Dimension::Department).or_else(|| name_of(Dimension::Project)).unwrap_or_default(),
            shares,
            past: past(&company, &line.code, shares),
        })
    });
    let mut lines: Vec<Shown> = known.collect();
    // The period of today comes first; the others stay in their order.
    let quarter = budget::coding::quarter_code(surroundings::today());
    let now = scheme.name(Dimension::Period, &quarter).to_owned();
    lines.sort_by(|a, b| {
        (a.period != now, &a.period, &a.department, &a.code).cmp(&(b.period != now, &b.period, &b.department, &b.code))
    });
    lines
}

/// The list, with its search; `current` is the line that is open beside it.
#[component]
fn Lines(#[prop(into)] current: Signal<Option<Code>>) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.budget;
    let search = RwSignal::new(String::new());
    let lines = Memo::new(move |_| all(desk));
    let found = Memo::new(move |_| {
        let word = search.get().trim().to_lowercase();
        let fits = |line: &&Shown| {
            let texts = [&line.name, &line.period, &line.department];
            texts.iter().any(|text| text.to_lowercase().contains(&word))
                || line.code.as_str().to_lowercase().contains(&word)
        };
        lines.with(|lines| lines.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let groups = move || {
        let mut groups: Vec<(String, Vec<Shown>)> = Vec::new();
        for line in found.get() {
            let title = [line.period.as_str(), line.department.as_str()].into_iter().filter(|part| !part.is_empty());
            let title = title.collect::<Vec<_>>().join(" · ");
            match groups.last_mut().filter(|(last, _)| *last == title) {
                Some((_, group)) => group.push(line),
                None => groups.push((title, vec![line])),
            }
        }
        groups
            .into_iter()
            .map(|(title, lines)| {
                view! {
                    <Group title>{lines.into_iter().map(|line| row(line, current)).collect_view()}</Group>
                }
            })
            .collect_view()
    };
    let as_of = move || {
        let at = desk.budget.with(|budget| budget.as_of);
        (at.0 > 0).then(|| view! { <p class="group-foot figures" data-test="budget-as-of">{(text().sync.as_of)(&surroundings::moment(at))}</p> })
    };
    let body = move || {
        if lines.with(Vec::is_empty) {
            let blank = &text().blank;
            return view! { <Blank title=blank.no_budget words=blank.no_budget_words/> }.into_any();
        }
        view! {
            <Search word=search placeholder=words.search apart=true test="budget-search"/>
            {as_of}
            {groups}
            {move || found.with(Vec::is_empty).then(|| view! { <p class="group-foot" role="status">{text().field.nothing_matches}</p> })}
        }
        .into_any()
    };
    let empty = Memo::new(move |_| lines.with(Vec::is_empty));
    view! {
        <Page title=text().place.budget end=|| view! { <Badge/> }>
            {move || {
                // Read, not only tracked: a memo that nobody has read has no sources yet and never changes.
                let _ = empty.get();
                untrack(body)
            }}
        </Page>
    }
    .into_any()
}

fn row(line: Shown, current: Signal<Option<Code>>) -> AnyView {
    let (shares, past) = (line.shares, line.past);
    let label = line.name.clone();
    let code = line.code.clone();
    view! {
        <Cell
            title=line.name href=format!("/budget/{}", line.code) test="budget-row"
            current=Signal::derive(move || current.with(|current| current.as_ref() == Some(&code)))
            note=move || view! {
                <BudgetBar label=label shares=shares thin=true/>
                {warning(shares, past)}
            }
            end=move || view! { <BudgetLeft shares=shares/> }
        />
    }
    .into_any()
}

/// The warning of a line in words: over, or past its threshold.
pub(super) fn warning(shares: BudgetShares, past: Option<u32>) -> Option<AnyView> {
    if shares.left().is_negative() {
        let over = shares.left().checked_neg().unwrap_or(Money::ZERO);
        return Some(view! { <Tag label=(text().budget.over_by)(&format::money(over)) tone=Tone::Bad/> }.into_any());
    }
    past.map(|percent| view! { <Tag label=(text().pages.budget.used)(percent) tone=Tone::Warn/> }.into_any())
}
