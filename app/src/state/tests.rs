//! The pure half of the state, without a browser: a replica with a key of its own and what pages make of it.

use std::collections::{BTreeMap, BTreeSet};

use budget::approval::{Route, Step};
use budget::coding::{Member, Tree};
use budget::ledger::Balance;
use budget::{
    BudgetLine, Code, Control, DeviceId, Dimension, InvoiceId, LineId, Money, PersonId, RequestId, RequestKind,
    RequestState, Role, Scheme, Timestamp,
};
use ocr::{Field as Read, Fields, Identity, InvoiceKind, Item, Reading, Source, Verdict};
use sync::document::Claim;
use sync::record::{Record, Verb};
use sync::replica::UnsignedRecord;
use sync::view::{BudgetView, Decider, Event, FingerprintView, LineView, RequestView, Sighting, Surface, What};
use sync::wire::{Batch, Item as News, ServerFrame};
use sync::{DocumentKey, Edit, Field, Place, Replica, Scalar, Shown};

use super::course::{self, Kind, Passage};
use super::mirror::Mirror;
use super::row::{self, InboxRow, Section, Standing, Turn};
use super::typed::{self, Spot};
use super::{account, duplicate, intended, mended, proof};

const ME: PersonId = PersonId([1; 16]);
const BOSS: PersonId = PersonId([2; 16]);
const REQUEST: RequestId = RequestId([7; 16]);
const LINE: LineId = LineId([8; 16]);
const INVOICE: InvoiceId = InvoiceId([9; 16]);

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

/// The device of one person.
struct Device(Replica);

impl Device {
    fn of(person: PersonId) -> Self {
        Self(Replica::new(DeviceId([3; 16]), person))
    }

    fn edit(&mut self, request: RequestId, edit: Edit) {
        let unsigned = self.0.edit(DocumentKey::Claim(request), edit, Timestamp(1_000), [4; 8]).unwrap();
        if let Some(unsigned) = unsigned {
            let _ = self.0.signed(unsigned.order, vec![0; 64]);
        }
    }

    fn begin(&mut self, request: RequestId, fen: i64) {
        let owner = self.0.person();
        self.edit(request, Edit::CreateClaim { owner, at: Timestamp(1_000) });
        let header = vec![(Field::Title, text("拜访")), (Field::Department, text("MKT"))];
        self.edit(request, Edit::Put { place: Place::Header, values: header });
        let line = vec![
            (Field::Amount, Scalar::Integer(fen)),
            (Field::Date, text("2026-06-02")),
            (Field::Account, text("TAXI")),
        ];
        self.edit(request, Edit::Put { place: Place::Line(LINE), values: line });
    }

    fn attach(&mut self, request: RequestId, identity: &str) {
        let values = vec![(Field::Identity, text(identity)), (Field::FileName, text("a.pdf"))];
        self.edit(request, Edit::Put { place: Place::Invoice(INVOICE), values });
    }

    fn submit(&mut self, request: RequestId) {
        let unsigned = self.0.submission(request, Timestamp(2_000), [5; 16]).unwrap();
        let _ = self.0.queue_record(&unsigned, vec![0; 64]);
    }

    fn decide(&mut self, verb: Verb) -> UnsignedRecord {
        let unsigned = self.0.decision(REQUEST, verb, "因为", Timestamp(3_000), [6; 16]).unwrap();
        let _ = self.0.queue_record(&unsigned, vec![0; 64]);
        unsigned
    }

    fn told(&mut self, view: &RequestView) {
        let json = serde_json::to_vec(view).unwrap();
        let items = vec![News::Status { request: view.id, json }];
        let _ = self.0.receive(ServerFrame::Batch(Batch { items, cursor: 1 }));
    }

    /// What its page knows.
    fn mirror(&self) -> Mirror {
        let requests = self.0.requests().into_iter().map(|request| Shown::of(&self.0, request));
        Mirror::new(self.0.person(), requests.collect())
    }

    fn row(&self) -> row::Row {
        row::own(&self.mirror(), REQUEST).unwrap()
    }

    fn inbox(&self, roles: &[Role]) -> Option<InboxRow> {
        row::inbox(&self.mirror(), REQUEST, &roles.iter().copied().collect(), |_| None)
    }

    fn claim(&self, request: RequestId) -> Claim {
        self.0.claim(request).unwrap()
    }
}

/// A request as the authority tells it, waiting for the boss.
fn view(state: RequestState) -> RequestView {
    let step = |name: &str, approver| Step::of(name, [approver]);
    let open = state == RequestState::InApproval;
    RequestView {
        id: REQUEST,
        kind: RequestKind::ExpenseClaim,
        state,
        revision: 1,
        digest: "00".repeat(32),
        title: "拜访".into(),
        claimant: ME,
        department: code("MKT"),
        total: Money::from_fen(10_000),
        submitted_at: Timestamp(2_000),
        as_of: Timestamp(2_500),
        route: Route {
            rules_version: 1,
            steps: vec![step("部门负责人", BOSS), step("财务", PersonId([5; 16]))],
            ..Route::default()
        },
        step: open.then_some(0),
        deciders: if open { vec![Decider { person: BOSS, in_place_of: BOSS }] } else { Vec::new() },
        due: None,
        shortages: Vec::new(),
        duplicates: Vec::new(),
        may_reserve_again: false,
        history: vec![event(What::Submitted, ME, "")],
        warnings: Vec::new(),
        answers: None,
        left: None,
        difference: None,
    }
}

fn event(what: What, person: PersonId, reason: &str) -> Event {
    Event {
        at: Timestamp(2_000),
        person,
        in_place_of: None,
        what,
        revision: 1,
        number: None,
        step: String::new(),
        reason: reason.into(),
        through: Surface::App,
    }
}

#[test]
fn a_claim_moves_through_the_list_as_it_moves_through_the_world() {
    let mut phone = Device::of(ME);
    phone.begin(REQUEST, 10_000);
    assert_eq!((phone.row().section, phone.row().standing), (Section::Drafts, Standing::Told(RequestState::Draft)));
    assert!(phone.mirror().waiting().contains(&REQUEST));
    phone.submit(REQUEST);
    assert_eq!((phone.row().section, phone.row().standing), (Section::Open, Standing::Submitting));
    assert!(!phone.row().standing.is_editable(), "what was handed in is frozen at once");
    for (state, section) in [
        (RequestState::Returned, Section::NeedsMe),
        (RequestState::OverBudget, Section::NeedsMe),
        (RequestState::Paid, Section::Done),
    ] {
        let mut phone = Device::of(ME);
        phone.begin(REQUEST, 10_000);
        phone.told(&view(state));
        assert_eq!(phone.row().section, section, "{state:?}");
    }
}

#[test]
fn the_inbox_says_whose_turn_it_is() {
    let mut boss = Device::of(BOSS);
    boss.told(&view(RequestState::InApproval));
    assert_eq!(boss.inbox(&[]).unwrap().turn, Turn::Decide);
    assert_eq!(row::own(&boss.mirror(), REQUEST), None, "it is not the boss's own");
    boss.decide(Verb::Approve);
    assert_eq!(boss.inbox(&[]).unwrap().turn, Turn::Decided { pending: true, verb: Verb::Approve });

    let mut cashier = Device::of(PersonId([6; 16]));
    cashier.told(&view(RequestState::Approved));
    assert_eq!(cashier.inbox(&[Role::Cashier]).unwrap().turn, Turn::Pay);
    assert_eq!(cashier.inbox(&[]), None, "who has no turn and had none sees nothing");
}

#[test]
fn an_approval_in_its_five_seconds_is_out_of_the_inbox() {
    let mut boss = Device::of(BOSS);
    boss.told(&view(RequestState::InApproval));
    let row = row::inbox(&boss.mirror(), REQUEST, &BTreeSet::new(), |_| Some(Verb::Approve)).unwrap();
    assert_eq!(row.turn, Turn::Decided { pending: true, verb: Verb::Approve });
}

#[test]
fn the_course_shows_what_happened_what_waits_and_what_comes() {
    let told = view(RequestState::InApproval);
    let stations = course::of(Some(&told), &[]);
    let shape: Vec<_> = stations.iter().map(|station| (station.passage, station.kind)).collect();
    assert_eq!(
        shape,
        [(Passage::Done, Kind::Happened(What::Submitted)), (Passage::Now, Kind::Step), (Passage::Ahead, Kind::Step)]
    );
    let mut boss = Device::of(BOSS);
    boss.told(&told);
    let record = boss.decide(Verb::Return).record;
    let stations = course::of(Some(&told), std::slice::from_ref(&record));
    let last = stations.last().unwrap();
    assert_eq!((last.passage, last.reason.as_str()), (Passage::Held, "因为"));
    assert!(matches!(record, Record::Decision(_)));
}

fn reading(kind: InvoiceKind, item: &str, fen: i64) -> Reading {
    Reading {
        parts: Vec::new(),
        kind,
        identity: None,
        fields: Fields { total: Some(Read::new(Money::from_fen(fen), Source::Xml)), ..Fields::default() },
        items: vec![Item { name: item.into(), ..Item::default() }],
        items_source: None,
        travel: None,
        checks: Vec::new(),
        verdict: Verdict::Accepted,
    }
}

#[test]
fn an_account_is_guessed_from_what_the_invoice_says() {
    let member = |code_: &str, name: &str, parent: Option<&str>| Member::new(code(code_), name, parent.map(code));
    let accounts = Tree::new([
        member("TRAVEL", "差旅费", None),
        member("TRANSPORT", "交通", Some("TRAVEL")),
        member("LODGING", "住宿", Some("TRAVEL")),
        member("ENTERTAIN", "业务招待费", None),
    ]);
    let check = |kind, item: &str, expected: Option<&str>| {
        let found = account::guess(&reading(kind, item, 100), &accounts);
        assert_eq!(found, expected.map(code), "{kind:?} {item}");
    };
    check(InvoiceKind::Rail, "", Some("TRANSPORT"));
    check(InvoiceKind::DigitalOrdinary, "*住宿服务*住宿费", Some("LODGING"));
    check(InvoiceKind::DigitalOrdinary, "*餐饮服务*餐费", Some("ENTERTAIN"));
    check(InvoiceKind::DigitalOrdinary, "*谜*谜", None);
    assert_eq!(account::description(&reading(InvoiceKind::Unknown, "*餐饮服务*餐费", 100)), "餐费");
}

#[test]
fn s7_an_invoice_that_was_claimed_is_known_before_anything_is_sent() {
    let number = "24112000000048542163";
    let mut phone = Device::of(ME);
    phone.begin(REQUEST, 100);
    phone.attach(REQUEST, number);
    let fingerprint = Identity::new(None, number).unwrap().fingerprint(&[1, 2, 3]);
    let sighting = |request| Sighting { request, on: "2026-10-12".into() };
    let seen = |request| FingerprintView {
        key: "010203".into(),
        seen: BTreeMap::from([(hex::encode(fingerprint), sighting(request))]),
    };
    let check = |prints: &FingerprintView, expected: Option<duplicate::Seen>| {
        let found = duplicate::of(&phone.mirror(), prints, REQUEST, &phone.claim(REQUEST));
        assert_eq!(found.get(&INVOICE), expected.as_ref());
    };
    check(&FingerprintView::default(), None);
    check(&seen(None), Some(duplicate::Seen::Elsewhere { on: "2026-10-12".into() }));
    check(&seen(Some(REQUEST)), None);

    let other = RequestId([77; 16]);
    phone.begin(other, 100);
    phone.attach(other, number);
    let found = duplicate::of(&phone.mirror(), &FingerprintView::default(), other, &phone.claim(other));
    assert_eq!(found.get(&INVOICE), Some(&duplicate::Seen::Here { request: REQUEST, title: "拜访".into() }));
}

#[test]
fn the_answer_counts_what_this_device_has_handed_in() {
    let tree = |codes: &[&str]| Tree::new(codes.iter().map(|c| Member::new(code(c), *c, None)));
    let scheme = Scheme::publish(budget::scheme::Draft {
        trees: BTreeMap::from([(Dimension::Department, tree(&["MKT"])), (Dimension::Account, tree(&["TAXI"]))]),
        lines: vec![BudgetLine {
            code: code("MKT-ALL"),
            name: "市场部".into(),
            fixes: BTreeMap::from([(Dimension::Department, code("MKT"))]),
            control: Control::Hard,
            tax_basis: budget::scheme::TaxBasis::Inclusive,
            currency: budget::Currency::CNY,
            thresholds: BTreeSet::new(),
        }],
        ..budget::scheme::Draft::default()
    })
    .unwrap();
    let balance = Balance { limit: Money::from_fen(50_000), ..Balance::default() };
    let known = BudgetView {
        as_of: Timestamp(1),
        lines: BTreeMap::from([(code("MKT-ALL"), LineView { balance, holders: None })]),
    };
    let mut phone = Device::of(ME);
    phone.begin(REQUEST, 30_000);
    phone.submit(REQUEST);
    let second = RequestId([78; 16]);
    phone.begin(second, 30_000);
    let others = intended::by_line(&phone.mirror(), &scheme, [REQUEST]);
    let answer = intended::answer(&scheme, &known, &phone.claim(second).charges(), &others);
    assert!(answer.is_refused());
    assert_eq!(answer.tightest().unwrap().lacking, Money::from_fen(10_000));
    let alone = intended::answer(&scheme, &known, &phone.claim(second).charges(), &BTreeMap::new());
    assert!(!alone.is_refused(), "without the first claim there is enough");
}

#[test]
fn refused_edits_live_on_in_a_new_draft() {
    let mut phone = Device::of(ME);
    phone.begin(REQUEST, 10_000);
    phone.attach(REQUEST, "24112000000048542163");
    let refused = [Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(25_000))];
    assert_eq!(mended::wanted(&refused), [(Place::Line(LINE), Field::Amount, Scalar::Integer(25_000))]);
    let draft = RequestId([79; 16]);
    for edit in mended::new_draft(ME, Timestamp(9_000), Some(&phone.claim(REQUEST)), &refused) {
        phone.edit(draft, edit);
    }
    let copy = phone.claim(draft);
    assert_eq!(copy.title, "拜访");
    assert_eq!(copy.line(LINE).unwrap().amount, Some(Money::from_fen(25_000)));
    assert_eq!(copy.invoices.len(), 1);
    assert_eq!(phone.claim(REQUEST).line(LINE).unwrap().amount, Some(Money::from_fen(10_000)));
}

#[test]
fn what_is_typed_becomes_a_value_or_stays_with_its_fault() {
    let check = |field, typed: &str, expected: Result<Scalar, &'static str>| {
        assert_eq!(typed::parse(field, typed), expected, "{typed}");
    };
    check(Field::Amount, "1,234.5", Ok(Scalar::Integer(123_450)));
    check(Field::Amount, "12.", Ok(Scalar::Integer(1_200)));
    check(Field::Amount, "", Ok(Scalar::Integer(0)));
    check(Field::Amount, "-3", Err("amount_not_positive"));
    check(Field::Amount, "1.234", Err("money_too_precise"));
    check(Field::Amount, "十二", Err("money_malformed"));
    check(Field::Date, "2026-06-31", Err("date_malformed"));
    check(Field::Title, &"长".repeat(201), Err("too_long"));
    let spot = Spot { request: REQUEST, place: Place::Line(LINE), field: Field::Amount };
    assert_eq!(minicbor::decode::<Spot>(&minicbor::to_vec(&spot).unwrap()).unwrap(), spot);
}

#[test]
fn s9_contradicting_totals_are_shown_each_once() {
    let mut read = reading(InvoiceKind::Unknown, "", 14_890);
    read.verdict = Verdict::Conflict(vec![ocr::Reason::AmountsContradict]);
    let side = |field: &str, source, value: &str| ocr::Compared { field: field.into(), source, value: value.into() };
    read.checks = vec![
        ocr::Check {
            kind: ocr::CheckKind::QrAmount,
            outcome: ocr::Outcome::Failed,
            message: ocr::Message::QrAmountDiffers,
            compared: vec![side("total", Source::Qr, "48.90"), side("total", Source::Xml, "148.90")],
        },
        ocr::Check {
            kind: ocr::CheckKind::Words,
            outcome: ocr::Outcome::Failed,
            message: ocr::Message::WordsDifferFromTotal,
            compared: vec![side("totalInWords", Source::Ocr, "肆拾捌圆玖角整"), side("total", Source::Xml, "148.90")],
        },
    ];
    let totals: Vec<_> = proof::totals(&read).into_iter().map(|(amount, _)| amount.fen()).collect();
    assert_eq!(totals, [14_890, 4_890]);
    let invoice = sync::document::ClaimInvoice {
        reading: serde_json::to_string(&read).unwrap(),
        ..sync::document::ClaimInvoice::default()
    };
    assert_eq!(proof::trust(&invoice), proof::Trust::Contradicted);
    let confirmed = sync::document::ClaimInvoice { confirmed: true, ..invoice };
    assert_eq!(proof::trust(&confirmed), proof::Trust::Sure);
}
