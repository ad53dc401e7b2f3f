//! What a card says at each turn of its request.

use super::*;
use budget::approval::Route;
use sync::view::{Decider, Surface};

const ZHANG: PersonId = PersonId([1; 16]);
const LI: PersonId = PersonId([2; 16]);
const SUBJECT: Subject =
    Subject { request: RequestId([9; 16]), step: 0, revision: 1, approver: LI, shown: Money::from_fen(520_000) };

fn request(state: RequestState, revision: u32, fen: i64) -> RequestView {
    RequestView {
        id: SUBJECT.request,
        kind: RequestKind::ExpenseClaim,
        state,
        revision,
        digest: String::new(),
        title: "展会".into(),
        claimant: ZHANG,
        department: budget::Code::new("MKT").unwrap(),
        total: Money::from_fen(fen),
        submitted_at: Timestamp(0),
        as_of: Timestamp(0),
        route: Route { rules_version: 1, ..Route::default() },
        step: (state == RequestState::InApproval).then_some(0),
        deciders: vec![Decider { person: LI, in_place_of: LI }],
        due: None,
        shortages: Vec::new(),
        duplicates: Vec::new(),
        may_reserve_again: false,
        history: Vec::new(),
        warnings: Vec::new(),
        answers: None,
        left: None,
        difference: None,
    }
}

#[track_caller]
fn check(request: &RequestView, text: &str, buttons: usize) {
    let organisation = Organisation::default();
    let scheme = Scheme::default();
    let origin = "https://expense.example.cn";
    let around =
        Surroundings { organisation: &organisation, scheme: &scheme, available: None, origin, as_of: Timestamp(0) };
    let view = view(&SUBJECT, request, &around);
    assert_eq!((view.state.text(), view.actions.len()), (text.replace("李", &LI.to_string()), buttons));
}

#[test]
fn a_card_says_how_its_own_question_stands() {
    check(&request(RequestState::InApproval, 1, 520_000), "待处理", 2);
    check(&request(RequestState::InApproval, 2, 920_000), "单据已变更 5,200.00→9,200.00", 0);
    check(&request(RequestState::Withdrawn, 1, 520_000), "已撤回", 0);
    let mut handed_over = request(RequestState::InApproval, 1, 520_000);
    handed_over.deciders = vec![Decider { person: ZHANG, in_place_of: LI }];
    check(&handed_over, "已过期，请打开详情处理", 0);

    let mut decided = request(RequestState::InApproval, 2, 920_000);
    decided.history.push(Event {
        // 2026-10-01 00:05 in China.
        at: Timestamp(1_790_784_300_000),
        person: LI,
        in_place_of: None,
        what: What::Decided(Verb::Return),
        revision: 1,
        number: Some(0),
        step: "部门负责人".into(),
        reason: String::new(),
        through: Surface::App,
    });
    check(&decided, "已退回 · 李 · 10-01 00:05", 0);
}

#[test]
fn a_delegate_is_named_with_whom_they_stand_in_for() {
    let mut decided = request(RequestState::Approved, 1, 520_000);
    decided.history.push(Event {
        at: Timestamp(0),
        person: ZHANG,
        in_place_of: Some(LI),
        what: What::Decided(Verb::Approve),
        revision: 1,
        number: Some(0),
        step: String::new(),
        reason: String::new(),
        through: Surface::DingTalk,
    });
    check(&decided, &format!("已同意 · {ZHANG} 代 李 · 01-01 08:00"), 0);
}
