//! Bad rules and bad delegations are refused when they are saved, each with the example that breaks them.

use crate::approval::{DelegationFault, Language, RuleSet, check, check_delegation};
use crate::organisation::Delegation;
use crate::{RequestId, Timestamp};

use super::cases::{NOW, Stage, code};

/// The rules of the cases with one text in place of another: what is then said.
#[track_caller]
fn check_said(was: &str, will: &str, expected: &[&str]) {
    let stage = Stage::new();
    let text = include_str!("rules.toml");
    assert!(text.contains(was), "{was}");
    let rules = RuleSet::parse(&text.replacen(was, will, 1)).unwrap();
    let faults = check(&rules, &stage.organisation, &stage.scheme, NOW);
    let said: Vec<String> = faults.iter().map(|fault| fault.text(Language::Chinese, &|id| stage.name(id))).collect();
    assert_eq!(said, expected);
}

#[test]
fn tiers_neither_overlap_nor_leave_a_gap() {
    check_said(
        "above = 3000\nupTo = 10000",
        "from = 3000\nupTo = 10000",
        &["“差旅费”的档次重叠：3,000.00 同时属于两档"],
    );
    check_said(
        "above = 3000\nupTo = 10000",
        "above = 3500\nupTo = 10000",
        &["“差旅费”的档次有空缺：3,000.01 不属于任何一档"],
    );
    check_said("below = 400\n", "below = \"399.50\"\n", &["“业务招待费”的档次有空缺：399.50 不属于任何一档"]);
    // Money has two decimals; a binary fraction is refused, not rounded.
    assert!(RuleSet::parse(&include_str!("rules.toml").replacen("below = 400\n", "below = 399.50\n", 1)).is_err());
}

#[test]
fn ranges_have_two_ends_in_order() {
    check_said(
        "above = 3000\nupTo = 10000",
        "above = 30000\nupTo = 10000",
        &["“差旅费”的上限 10,000.00 低于下限", "“差旅费”的档次有空缺：3,000.01 不属于任何一档"],
    );
    check_said(
        "from = 400\nupTo = 3000",
        "from = 400\nabove = 300\nupTo = 3000",
        &["“业务招待费”的同一端写了两次（above 与 from，或 below 与 upTo）"],
    );
}

#[test]
fn a_rule_names_only_places_that_are_filled() {
    check_said(r#"by = { post = "CFO" }"#, r#"by = { post = "CTO" }"#, &["“财务总监”的审批人空缺：CTO"]);
    check_said(r#"by = { role = "executive" }"#, r#"by = { role = "auditor" }"#, &["“总经理”的审批人空缺：Auditor"]);
    check_said(r#"accounts = ["TRAVEL"]"#, r#"accounts = ["TRIP"]"#, &["“差旅费”的条件中没有 TRIP"]);
}

#[test]
fn every_request_meets_a_table_with_steps_in_order() {
    check_said(
        "name = \"日常费用\"\n",
        "name = \"日常费用\"\nwhen = { accounts = [\"TRAVEL\"] }\n",
        &[
            "没有适用于所有 ExpenseClaim 的审批表：例如不属于任何条件的一笔",
            "没有适用于所有 PreApproval 的审批表：例如不属于任何条件的一笔",
        ],
    );
    check_said(", overBudget = true }", " }", &["“差旅费”永远用不到：“预算外”已包含全部"]);
    check_said(
        r#"  { name = "财务总监", phase = "ratify", by = { post = "CFO" } },"#,
        r#"  { name = "财务总监", phase = "review", by = { post = "CFO" } },"#,
        &["“预算外”的“财务总监”次序不对：先审核、再审批、后核准"],
    );
    check_said(
        "upTo = 3000\nsteps = [{ name = \"部门负责人\", phase = \"approve\", by = { head = 0 } }]",
        "upTo = 3000\nsteps = []",
        &["“差旅费”中 0.01 没有审批步骤"],
    );
    check_said("workingDays = 2", "workingDays = 0", &["上报时限至少 1 个工作日"]);
    check_said("days = 7", "days = 0", &["合并计算至少要 1 天、2 笔和一个相同项"]);
}

#[test]
fn a_person_on_whose_requests_nobody_could_decide_is_named() {
    let mut stage = Stage::new();
    stage.organisation.posts.remove(&code("LAST"));
    let faults = check(&stage.rules, &stage.organisation, &stage.scheme, NOW);
    let said: Vec<String> = faults.iter().map(|fault| fault.text(Language::Chinese, &|id| stage.name(id))).collect();
    assert_eq!(said, ["林海提交 0.01 时，“部门负责人”无人可审批"]);
}

#[test]
fn a_misspelt_rule_is_refused_with_its_line() {
    for (was, will) in [
        ("overBudget", "overbudget"),
        ("phase = \"review\"", "phase = \"look\""),
        ("upTo = 3000", "upTo = \"three\""),
        ("by = \"projectManager\"", "by = \"claimant\""),
    ] {
        let text = include_str!("rules.toml").replacen(was, will, 1);
        let error = RuleSet::parse(&text).unwrap_err().to_string();
        assert!(error.contains("line "), "{error}");
    }
}

#[test]
fn a_delegation_that_cannot_work_is_refused() {
    let stage = Stage::new();
    let [head, clerk, other] = ["王强", "张伟", "李娜"].map(|name| stage.person(name));
    let (starts, ends) = (NOW, NOW.plus(86_400_000));
    let make = |from, to, starts, ends| Delegation::new(from, to, starts, ends);
    let answer = |delegation: &Delegation, open: &[_]| check_delegation(delegation, &stage.organisation, NOW, open);
    assert_eq!(answer(&make(head, head, starts, ends), &[]), Err(DelegationFault::ToSelf));
    assert_eq!(
        answer(&make(head, clerk, ends, starts), &[]),
        Err(DelegationFault::DatesReversed { starts: ends, ends: starts })
    );
    let over = NOW.plus(-1);
    assert_eq!(answer(&make(head, clerk, Timestamp(0), over), &[]), Err(DelegationFault::Over { ends: over }));
    // Two items, one of them the delegate's: that one goes up, the delegation stands.
    let items = [(RequestId([1; 16]), clerk), (RequestId([2; 16]), other)];
    assert_eq!(answer(&make(head, clerk, starts, ends), &items), Ok(()));
    let own = DelegationFault::ToClaimant { request: RequestId([1; 16]) };
    assert_eq!(answer(&make(head, clerk, starts, ends), &items[..1]), Err(own));

    let mut away = Stage::new();
    away.organisation.delegations.push(make(clerk, other, starts.plus(3_600_000), ends));
    let refused = check_delegation(&make(head, clerk, starts, ends), &away.organisation, NOW, &[]);
    assert_eq!(
        refused,
        Err(DelegationFault::DelegateAway { person: clerk, starts: starts.plus(3_600_000), to: other })
    );
    away.organisation.people.get_mut(&clerk).unwrap().active = false;
    let refused = check_delegation(&make(head, clerk, starts, ends), &away.organisation, NOW, &[]);
    assert_eq!(refused, Err(DelegationFault::Left { person: clerk }));
}
