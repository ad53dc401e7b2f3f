//! What people write to the bot: 我的待办, 余额, 报销 (a picture or PDF), 帮助, 绑定.
//!
//! Promise: nobody learns anything here that the app would not show them; somebody who is not bound
//! learns only how to bind.

use bot::Notice;
use budget::{Dimension, PersonId, RequestState, Timestamp};

use crate::authority::view::{Sight, SightOf};
use crate::authority::{Authority, Request};

/// What a line of text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// 我的待办: what waits for me.
    Pending,
    /// 余额 <部门或项目>: what a department or project still has.
    Balance(String),
    /// 绑定 <code>: this account is mine.
    Bind(String),
    /// 报销: how to hand in a receipt.
    Claim,
    /// 帮助, and everything else.
    Help,
}

/// Reads a line. Case, full-width spaces and an `@robot` in front do not matter.
pub(super) fn parse(text: &str) -> Command {
    let line = text.replace('\u{3000}', " ");
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with('@'));
    let first = words.next().unwrap_or_default().to_owned();
    let rest = words.collect::<Vec<_>>().join(" ");
    let after = |name: &str| first.strip_prefix(name).map(|glued| format!("{glued}{rest}"));
    if first == "我的待办" || first == "待办" || first.eq_ignore_ascii_case("todo") {
        Command::Pending
    } else if let Some(name) = after("余额") {
        Command::Balance(name.trim().to_owned())
    } else if let Some(code) = after("绑定") {
        Command::Bind(code.trim().to_owned())
    } else if first.starts_with("报销") {
        Command::Claim
    } else {
        Command::Help
    }
}

/// What everybody may ask.
pub(super) fn help(origin: &str) -> Notice {
    Notice {
        title: "算盘可以帮您".into(),
        lines: vec![
            "我的待办：等您审批的单据".into(),
            "余额 部门或项目：预算还剩多少".into(),
            "发送发票图片或 PDF：自动生成报销草稿".into(),
            "绑定 绑定码：绑定您的账号".into(),
        ],
        url: origin.to_owned(),
    }
}

/// How to bind: the only thing that somebody who is not bound is told.
pub(super) fn bind_first(origin: &str) -> Notice {
    Notice {
        title: "请先绑定账号".into(),
        lines: vec!["在网页登录后打开“我的”，获取绑定码，然后在这里发送：绑定 绑定码".into()],
        url: format!("{origin}/me"),
    }
}

/// How to hand in a receipt.
pub(super) fn claim_how(origin: &str) -> Notice {
    Notice {
        title: "请发送发票图片或 PDF".into(), lines: vec!["识别后会生成报销草稿".into()], url: origin.to_owned()
    }
}

/// The most requests that one answer lists.
const MOST: usize = 10;

/// What waits for this person.
pub(super) fn pending(state: &Authority, person: PersonId, origin: &str) -> Notice {
    let mut waiting: Vec<&Request> = state
        .requests()
        .filter(|request| request.view.state == RequestState::InApproval && request.view.decides_for(person).is_some())
        .collect();
    waiting.sort_by_key(|request| request.position);
    let people = &state.books().organisation;
    let mut lines: Vec<String> = waiting
        .iter()
        .take(MOST)
        .map(|request| {
            let view = &request.view;
            format!("{} · {} · ¥{}", super::card::name(people, view.claimant), view.title, view.total.grouped())
        })
        .collect();
    if waiting.len() > MOST {
        lines.push(format!("还有 {} 项", waiting.len() - MOST));
    }
    let title = if waiting.is_empty() {
        "没有等您审批的单据".to_owned()
    } else {
        format!("待办 {} 项", waiting.len())
    };
    Notice { title, lines, url: format!("{origin}/approvals") }
}

/// What the budget lines of a department or project still have, with the moment; only those that this person may see.
pub(super) fn balance(state: &Authority, person: PersonId, name: &str, now: Timestamp, origin: &str) -> Notice {
    let books = state.books();
    let sight = Sight::of(books, person);
    let url = format!("{origin}/budget");
    let named = |title: String| Notice { title, lines: Vec::new(), url: url.clone() };
    if name.is_empty() {
        return named("请写明部门或项目，例如：余额 市场部".into());
    }
    let scheme = &books.scheme;
    let concerns = |line: &budget::BudgetLine| {
        [Dimension::Department, Dimension::Project].into_iter().any(|dimension| {
            line.fixes.get(&dimension).is_some_and(|code| code.as_str() == name || scheme.name(dimension, code) == name)
        })
    };
    let mut lines = Vec::new();
    for line in scheme.lines().filter(|line| concerns(line)) {
        // What one may not see is not there: whether it exists is a secret too.
        if sight.on(&line.code) == SightOf::Nothing {
            continue;
        }
        let Some(balance) = state.ledger().balance(&line.code) else { continue };
        let Some(available) = balance.available() else { continue };
        lines.push(format!(
            "{}：可用 ¥{}（预算 ¥{}，已占用 ¥{}，已执行 ¥{}）",
            line.name,
            available.grouped(),
            balance.limit.grouped(),
            balance.reserved.grouped(),
            balance.consumed.grouped(),
        ));
    }
    if lines.is_empty() {
        return named(format!("没有您可以查看的“{name}”预算"));
    }
    lines.truncate(2 * MOST);
    lines.push(format!("截至 {}", super::card::clock_text(now)));
    Notice { title: format!("{name}的预算余额"), lines, url }
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    #[test]
    fn a_line_is_read_as_people_write_it() {
        for (text, command) in [
            ("我的待办", Command::Pending),
            (" @算盘  我的待办 ", Command::Pending),
            ("余额 市场部", Command::Balance("市场部".into())),
            ("余额　市场部", Command::Balance("市场部".into())),
            ("余额市场部", Command::Balance("市场部".into())),
            ("余额", Command::Balance(String::new())),
            ("绑定 ABCD-2345", Command::Bind("ABCD-2345".into())),
            ("报销", Command::Claim),
            ("帮助", Command::Help),
            ("", Command::Help),
            ("删除所有数据", Command::Help),
        ] {
            assert_eq!(parse(text), command, "{text:?}");
        }
    }
}
