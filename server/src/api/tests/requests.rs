//! S2 to S5 with requests that people write, sign and decide: 事前申请 → 借款 → 报销 → 付款, over the wire and HTTP.

use std::path::Path;

use budget::{PersonId, RequestId, RequestState};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync::record::Verb;
use sync::replica::Event;
use sync::view::{RequestView, codes};

use super::desk::{Desk, block, fen};
use crate::testing::{Form, LI, Phone, SUN, WANG, ZHANG, ZHAO, new_request};

const DAY: &str = "2026-12-02";

/// The desk, with people who hold phones.
pub(super) struct Work {
    pub(super) desk: Desk,
    pub(super) zhang: Phone,
    li: Phone,
    wang: Phone,
}

impl Work {
    pub(super) async fn open(folder: &Path, lines: &[(&str, &str)]) -> Self {
        let mut desk = Desk::open(folder, lines, &[]).await;
        let mut phones = Vec::new();
        for person in [ZHANG, LI, WANG] {
            let mut phone = desk.server.phone(person).await;
            phone.connect().await;
            desk.sign_in_with(person, &phone);
            phones.push(phone);
        }
        let [wang, li, zhang] = [(); 3].map(|()| phones.pop().unwrap());
        Self { desk, zhang, li, wang }
    }

    /// Zhang writes a request and hands it in.
    pub(super) async fn hand_in(&mut self, form: Form<'_>) -> RequestId {
        let id = new_request();
        self.zhang.write(id, &form);
        self.zhang.submit(id);
        self.zhang.push().await;
        id
    }

    /// The code with which the authority did not admit the last submission.
    fn refusal(&mut self) -> String {
        let (order, refused) = self.zhang.replica.refused().next().expect("it was admitted");
        let code = refused.code.clone();
        self.zhang.replica.dismiss(order);
        code
    }

    pub(super) async fn view(&mut self, id: RequestId) -> RequestView {
        let view = self.desk.ok(ZHANG, "GET", &format!("/api/requests/{id}"), Value::Null).await;
        serde_json::from_value(view).unwrap()
    }

    async fn decide(&mut self, person: PersonId, id: RequestId, verb: Verb) {
        let phone = if person == LI { &mut self.li } else { &mut self.wang };
        while phone.replica.status(id).is_none_or(|status| status.decides_for(person).is_none()) {
            phone.until(|event| *event == Event::Status(id)).await;
        }
        phone.decide(id, verb, "说明");
        phone.push().await;
        assert_eq!(phone.replica.refused().count(), 0, "{:?}", phone.replica.refused().next());
    }

    /// Everybody who is asked agrees.
    pub(super) async fn agree(&mut self, id: RequestId) {
        while let Some(decider) = self.view(id).await.deciders.first() {
            let person = decider.person;
            self.decide(person, id, Verb::Approve).await;
        }
        assert_eq!(self.view(id).await.state, RequestState::Approved);
    }

    /// Handed in and agreed to.
    pub(super) async fn agreed(&mut self, form: Form<'_>) -> RequestId {
        let id = self.hand_in(form).await;
        self.agree(id).await;
        id
    }

    /// The cashier pays; what leaves and what comes back, in yuan.
    pub(super) async fn pay(&mut self, id: RequestId, pay: &str, refund: &str) {
        let pending = self.desk.ok(ZHAO, "GET", "/api/payments/pending", Value::Null).await;
        let mine = pending.as_array().unwrap().iter().find(|pending| pending["id"] == json!(id)).unwrap();
        let expected = (&json!(fen(pay)), &json!(fen(refund)));
        assert_eq!((&mine["settlement"]["pay"], &mine["settlement"]["refund"]), expected, "foreseen: {mine}");
        let body = json!({ "id": new_request(), "request": id });
        for _ in 0..2 {
            let receipt = self.desk.ok(ZHAO, "POST", "/api/payments", body.clone()).await;
            assert_eq!((&receipt["pay"], &receipt["refund"]), expected, "{receipt}");
        }
        assert_eq!(self.view(id).await.state, RequestState::Paid);
    }

    /// The claimant takes a request back, or closes it.
    async fn take_back(&mut self, id: RequestId) {
        while self.zhang.replica.status(id).is_none() {
            self.zhang.until(|event| *event == Event::Status(id)).await;
        }
        self.zhang.withdraw(id);
        self.zhang.push().await;
        assert_eq!(self.zhang.replica.refused().count(), 0, "{:?}", self.zhang.replica.refused().next());
    }

    async fn left(&mut self, id: RequestId) -> Option<i64> {
        self.view(id).await.left.map(budget::Money::fen)
    }
}

pub(super) fn of<'a>(kind: &'a str, lines: &'a [(&'a str, &'a str)]) -> Form<'a> {
    Form { kind, title: "上海出差", day: DAY, lines, ..Form::default() }
}

#[tokio::test]
async fn s2_two_people_hand_in_claims_for_one_budget() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "200000")])).await;
    let spent = work.agreed(of("", &[("OFFICE", "150000")])).await;
    work.pay(spent, "150000", "0").await;
    work.desk.check("2026-MKT", "150000", "0", "50000").await;

    let claim = of("", &[("OFFICE", "30000")]);
    let mut sun = work.desk.server.phone(SUN).await;
    sun.connect().await;
    work.desk.sign_in_with(SUN, &sun);
    let (first, second) = (new_request(), new_request());
    work.zhang.write(first, &claim);
    work.zhang.submit(first);
    sun.write(second, &claim);
    sun.submit(second);
    tokio::join!(work.zhang.push(), sun.push());
    work.desk.check("2026-MKT", "150000", "30000", "20000").await;
    let told = async |desk: &mut Desk, id: RequestId| -> RequestView {
        serde_json::from_value(desk.ok(WANG, "GET", &format!("/api/requests/{id}"), Value::Null).await).unwrap()
    };
    let one = told(&mut work.desk, first).await;
    let (held, kept) = if one.state == RequestState::InApproval { (first, second) } else { (second, first) };
    let over = told(&mut work.desk, kept).await;
    assert_eq!((over.state, over.shortages[0].lacking.fen()), (RequestState::OverBudget, fen("10000")));

    work.decide(LI, held, Verb::Reject).await;
    work.desk.check("2026-MKT", "150000", "0", "50000").await;
    assert!(told(&mut work.desk, kept).await.may_reserve_again, "可重新占用");
    let phone = if kept == first { &mut work.zhang } else { &mut sun };
    while phone.replica.status(kept).is_none_or(|status| !status.may_reserve_again) {
        phone.until(|event| *event == Event::Status(kept)).await;
    }
    phone.submit(kept);
    phone.push().await;
    work.desk.check("2026-MKT", "150000", "30000", "20000").await;
    work.desk.all_holds().await;
}

#[tokio::test]
async fn s3_four_cases_with_requests() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "20000")])).await;
    for (applied, lent, claimed, pay, refund) in [
        (Some("3000"), Some("3000"), "3000", "0", "0"),
        (Some("8888"), Some("8888"), "9999", "1111", "0"),
        (None, None, "777", "777", "0"),
        (Some("879"), Some("879"), "820", "0", "59"),
    ] {
        let before = work.desk.balance("2026-MKT").await;
        let mut answers = None;
        if let Some(applied) = applied {
            let id = work.agreed(of("preApproval", &[("TRAVEL", applied)])).await;
            assert_eq!(work.left(id).await, Some(fen(applied)));
            answers = Some(id);
        }
        let mut advance = None;
        if let Some(lent) = lent {
            let id = work.agreed(Form { answers, ..of("advance", &[("TRAVEL", lent)]) }).await;
            let held = work.desk.balance("2026-MKT").await.reserved;
            work.pay(id, lent, "0").await;
            let after = work.desk.balance("2026-MKT").await;
            assert_eq!((after.reserved, after.consumed), (held, before.consumed), "a loan moves no budget");
            assert_eq!(work.left(id).await, Some(fen(lent)));
            advance = Some(id);
        }
        let claim = work.agreed(Form { answers, last: true, ..of("", &[("TRAVEL", claimed)]) }).await;
        work.pay(claim, pay, refund).await;
        if let Some(advance) = advance {
            assert_eq!(work.left(advance).await, Some(0));
            let difference = work.view(claim).await.difference.unwrap().fen();
            assert_eq!(difference, fen(pay) - fen(refund));
        }
        if let Some(answered) = answers {
            assert_eq!(work.view(answered).await.state, RequestState::Archived);
        }
    }
    work.desk.check("2026-MKT", "14596", "0", "5404").await;
    work.desk.all_holds().await;
}

#[tokio::test]
async fn s4_partial_offset_with_requests() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "10.00")])).await;
    let approved = work.agreed(of("preApproval", &[("TRAVEL", "10.00")])).await;
    work.desk.check("2026-MKT", "0", "10.00", "0").await;
    for (amount, left) in [("2.00", "8.00"), ("8.00", "0")] {
        let lines = [("TRAVEL", amount)];
        let claim = work.hand_in(Form { answers: Some(approved), ..of("", &lines) }).await;
        assert_eq!(work.left(approved).await, Some(fen(left)), "taken over when it is handed in");
        work.desk
            .check("2026-MKT", if left == "0" { "2.00" } else { "0" }, if left == "0" { "8.00" } else { "10.00" }, "0")
            .await;
        work.agree(claim).await;
        work.pay(claim, amount, "0").await;
    }
    work.desk.check("2026-MKT", "10.00", "0", "0").await;
    // What answered it is used up: a third claim is checked against the budget, which has nothing.
    let third = work.hand_in(Form { answers: Some(approved), ..of("", &[("TRAVEL", "0.01")]) }).await;
    let view = work.view(third).await;
    assert_eq!((view.state, view.shortages[0].lacking.fen()), (RequestState::OverBudget, 1));
    work.desk.release(json!({ "kind": "version", "limits": { "2026-MKT": fen("11") } })).await;
    assert!(work.view(third).await.may_reserve_again);
    while work.zhang.replica.status(third).is_none_or(|status| !status.may_reserve_again) {
        work.zhang.until(|event| *event == Event::Status(third)).await;
    }
    work.zhang.submit(third);
    work.zhang.push().await;
    work.desk.check("2026-MKT", "10.00", "0.01", "0.99").await;
    work.desk.all_holds().await;
}

#[tokio::test]
async fn s5_lines_up_and_down_with_requests() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [("2026-MKT-OFFICE", "1000"), ("2026-MKT-COURIER", "1000")];
    let mut work = Box::pin(Work::open(folder.path(), &lines)).await;
    let approved = work.agreed(of("preApproval", &[("OFFICE", "450"), ("COURIER", "50")])).await;
    let advance = work.agreed(of("advance", &[("OFFICE", "500")])).await;
    work.pay(advance, "500", "0").await;
    let spent = [("OFFICE", "500"), ("COURIER", "20")];
    let claim = work.hand_in(Form { answers: Some(approved), last: true, ..of("", &spent) }).await;
    work.desk.check("2026-MKT-OFFICE", "0", "500", "500").await;
    work.desk.check("2026-MKT-COURIER", "0", "50", "950").await;
    // Four rows of one command: what left the pre-approval and what the claim holds.
    let mut rows = Vec::new();
    let mut commands = std::collections::BTreeSet::new();
    for line in ["2026-MKT-OFFICE", "2026-MKT-COURIER"] {
        let page = work.desk.ok(WANG, "GET", &format!("/api/budget/lines/{line}/entries?limit=2"), Value::Null).await;
        for entry in page["entries"].as_array().unwrap() {
            rows.push((entry["kind"].as_str().unwrap().to_owned(), entry["amount"].as_i64().unwrap()));
            commands.insert(entry["command"].to_string());
        }
    }
    let row = |kind: &str, yuan: &str| (kind.to_owned(), fen(yuan));
    assert_eq!(rows, [row("reserve", "500"), row("release", "450"), row("reserve", "20"), row("release", "20")]);
    assert_eq!(commands.len(), 1, "{commands:?}");
    work.agree(claim).await;
    work.pay(claim, "20", "0").await;
    work.desk.check("2026-MKT-OFFICE", "500", "0", "500").await;
    work.desk.check("2026-MKT-COURIER", "20", "0", "980").await;
    assert_eq!(work.view(approved).await.state, RequestState::Archived);
    work.desk.all_holds().await;
}

#[tokio::test]
async fn what_a_refused_claim_took_over_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "1000")])).await;
    let approved = work.agreed(of("preApproval", &[("TRAVEL", "600"), ("OFFICE", "100")])).await;
    let spent = [("TRAVEL", "700"), ("OFFICE", "40")];
    let answering = Form { answers: Some(approved), ..of("", &spent) };
    let claim = work.hand_in(answering).await;
    assert_eq!(work.left(approved).await, Some(fen("60")));
    work.desk.check("2026-MKT", "0", "800", "200").await;
    work.decide(LI, claim, Verb::Reject).await;
    assert_eq!(work.left(approved).await, Some(fen("700")));
    work.desk.check("2026-MKT", "0", "700", "300").await;
    work.desk.all_holds().await;

    // Taken back after the pre-approval was closed, it is simply free.
    let second = work.hand_in(answering).await;
    work.take_back(approved).await;
    let view = work.view(approved).await;
    assert_eq!((view.state, view.left), (RequestState::Archived, None));
    work.desk.check("2026-MKT", "0", "740", "260").await;
    work.take_back(second).await;
    work.desk.check("2026-MKT", "0", "0", "1000").await;
    work.hand_in(answering).await;
    assert_eq!(work.refusal(), codes::NO_PRE_APPROVAL, "closed");
    work.desk.all_holds().await;
}

#[tokio::test]
async fn only_what_fits_is_answered_settled_or_paid() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "1000")])).await;
    let lines = [("TRAVEL", "100")];
    let open = work.hand_in(of("preApproval", &lines)).await;
    work.hand_in(Form { answers: Some(open), ..of("", &lines) }).await;
    assert_eq!(work.refusal(), codes::NO_PRE_APPROVAL, "not agreed to yet");
    work.hand_in(Form { answers: Some(new_request()), ..of("", &lines) }).await;
    assert_eq!(work.refusal(), codes::NO_PRE_APPROVAL, "there is none");
    let stranger = new_request().to_string();
    work.hand_in(Form { advances: &stranger, ..of("", &lines) }).await;
    assert_eq!(work.refusal(), "not_their_advance");
    work.desk.check("2026-MKT", "0", "100", "900").await;

    // A pre-approval is not paid, and a payment needs somebody who gets it.
    work.agree(open).await;
    let (status, answer) =
        work.desk.call(ZHAO, "POST", "/api/payments", json!({ "id": new_request(), "request": open })).await;
    assert_eq!((status, &answer["reason"]), (StatusCode::CONFLICT, &json!(codes::WRONG_STATE)), "{answer}");
    assert_eq!(work.desk.ok(ZHAO, "GET", "/api/payments/pending", Value::Null).await, json!([]));
    let nobody = new_request();
    work.zhang.write(nobody, &of("payment", &lines));
    let problems = work.zhang.replica.claim(nobody).unwrap().problems();
    assert_eq!(problems.iter().map(sync::document::Problem::code).collect::<Vec<_>>(), ["claim_no_payee"]);
    let payment = work.agreed(Form { payee: "示例供应商", ..of("payment", &lines) }).await;
    work.pay(payment, "100", "0").await;
    work.desk.check("2026-MKT", "100", "100", "800").await;
    work.desk.all_holds().await;
}

/// Agrees, hands in, pays and books, each with everything else that somebody did on the same request (不相容职务分离).
#[tokio::test]
async fn who_has_one_duty_does_not_do_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "9000")])).await;
    let pay = |request: RequestId| json!({ "id": new_request(), "request": request });
    let book = |request: RequestId, voucher: &str, close: bool| {
        let line = json!({ "block": block("TRAVEL"), "amount": fen("100") });
        json!([{ "voucher": voucher, "request": request, "lines": [line], "close": close }])
    };
    let check = async |work: &mut Work, path: &str, body: Value, pair: Option<&str>| {
        let before = work.desk.balance("2026-MKT").await;
        let (status, answer) = work.desk.call(WANG, "POST", path, body).await;
        let one = if path == "/api/payments" { &answer } else { &answer[0] };
        let code = one["reason"].as_str().or(one["code"].as_str());
        assert_eq!(code, pair.map(|_| codes::DUTIES), "{status} {answer}");
        if let Some(pair) = pair {
            assert!(answer.to_string().contains(pair), "{pair}: {answer}");
            assert_eq!(work.desk.balance("2026-MKT").await, before, "nothing changed");
        }
    };

    // Above ¥1,000 finance agrees as well: who agreed neither pays nor books.
    let agreed = work.agreed(of("", &[("TRAVEL", "2000")])).await;
    check(&mut work, "/api/payments", pay(agreed), Some("approve_and_pay")).await;
    check(&mut work, "/api/actuals", book(agreed, "V1", false), Some("approve_and_book")).await;
    work.pay(agreed, "2000", "0").await;

    // Below, the head alone agrees: finance pays, and then does not book; or books, and then does not pay.
    let paid = work.agreed(of("", &[("TRAVEL", "100")])).await;
    check(&mut work, "/api/payments", pay(paid), None).await;
    check(&mut work, "/api/actuals", book(paid, "V2", false), Some("pay_and_book")).await;
    let booked = work.agreed(of("", &[("TRAVEL", "300")])).await;
    check(&mut work, "/api/actuals", book(booked, "V3", false), None).await;
    check(&mut work, "/api/payments", pay(booked), Some("pay_and_book")).await;
    // More vouchers are theirs, also after the one that says that it was paid elsewhere.
    check(&mut work, "/api/actuals", book(booked, "V4", true), None).await;
    assert_eq!(work.view(booked).await.state, RequestState::Paid);
    check(&mut work, "/api/actuals", book(booked, "V5", false), None).await;

    // Their own request is decided, paid and booked by others.
    let own = new_request();
    work.wang.write(own, &of("", &[("TRAVEL", "100")]));
    work.wang.submit(own);
    work.wang.push().await;
    assert_eq!(work.wang.replica.refused().count(), 0, "{:?}", work.wang.replica.refused().next());
    check(&mut work, "/api/actuals", book(own, "V6", false), Some("submit_and_book")).await;
    work.desk.all_holds().await;
}
