//! The demo company without its past, on a throw-away database.

use std::collections::BTreeMap;

use crate::store::sql::Connection;
use budget::ledger::Balance;
use budget::{Code, Date, Money, PersonId, RequestId, RequestState, Timestamp};
use sync::record::Verb;
use sync::view::RequestView;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use crate::authority::{Authority, Pushed, Refused};
use crate::clock::Clock;
use crate::demo::stage::{Hand, Stage, StageError};
use crate::demo::{self, Draft, DraftLine, person};
use crate::identity;
use crate::store::{State, Store, WriterLimits};
use crate::testing;

/// The line of the marketing department's promotion in the quarter of the test.
pub(crate) const PROMOTION: &str = "2026Q3-MKT-PROMOTION";
/// The marketing department's travel.
pub(crate) const TRAVEL: &str = "2026Q3-MKT-TRAVEL";

/// A company to try things with.
pub(crate) struct Bench {
    _folder: tempfile::TempDir,
    pub(crate) connection: Connection,
    pub(crate) authority: Authority,
    pub(crate) now: Timestamp,
    pub(crate) hands: BTreeMap<&'static str, Hand>,
}

const LOGINS: [&str; 15] = [
    "zhangwei",
    "lina",
    "wangqiang",
    "liuyang",
    "chenjing",
    "xujing",
    "zhaolei",
    "sunli",
    "zhoumin",
    "caiwu",
    "zhengtao",
    "chuna",
    "zongjing",
    "shenji",
    "admin",
];

impl Bench {
    /// The company on 1 September 2026, ten o'clock, with its budget released and nothing spent.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let day: Date = "2026-09-01".parse().unwrap();
        let now = Timestamp(day.days() * 86_400_000 + 2 * 3_600_000);
        let store: Store<Authority> = testing::store(folder.path(), Clock::standing_at(now), &WriterLimits::default());
        store.writer.close();
        let connection = testing::database(folder.path()).open_for_writing().unwrap();
        testing::forgetful(&connection);
        let mut authority = Authority::load(&connection).unwrap();
        demo::publish(&mut authority, &connection, now, now).unwrap();
        let mut hands = BTreeMap::new();
        for login in LOGINS {
            identity::create_credential(&connection, person(login), login, "none").unwrap();
            hands.insert(login, Hand::enrol(&connection, now, person(login), "测试设备").unwrap());
        }
        Self { _folder: folder, connection, authority, now, hands }
    }

    /// A minute later.
    pub(crate) fn later(&mut self) -> Timestamp {
        self.now = self.now.plus(60_000);
        self.now
    }

    /// As after a restart of the server.
    pub(crate) fn restart(&mut self) {
        self.authority = Authority::load(&self.connection).unwrap();
    }

    pub(crate) fn with<T>(&mut self, login: &str, act: impl FnOnce(&mut Stage<'_>, &Hand, Timestamp) -> T) -> T {
        let now = self.later();
        let mut stage = Stage { authority: &mut self.authority, connection: &self.connection };
        act(&mut stage, &self.hands[login], now)
    }

    /// A claim of one line, written and not handed in.
    pub(crate) fn draft(&mut self, login: &str, yuan: &str, account: &str) -> RequestId {
        let department = match login {
            "zhangwei" | "lina" | "wangqiang" => "MKT",
            "sunli" | "zhoumin" => "ADM",
            _ => "RND",
        };
        self.with(login, |stage, hand, now| {
            let id = Draft::mint(now).unwrap();
            let draft = Draft {
                title: format!("{yuan} 元的报销"),
                purpose: String::new(),
                department: department.into(),
                lines: vec![line(yuan, account)],
            };
            stage.write(hand, now, DocumentKey::Claim(id), &draft.edits(now, hand.person).unwrap()).unwrap();
            id
        })
    }

    /// Writes another amount into a claim's only line.
    pub(crate) fn set_amount(&mut self, login: &str, id: RequestId, yuan: &str) -> Result<(), StageError> {
        self.with(login, |stage, hand, now| {
            let document = stage.document(hand, DocumentKey::Claim(id)).unwrap();
            let claim = sync::document::Claim::read(&document).unwrap();
            let amount = Scalar::Integer(Money::parse(yuan).unwrap().fen());
            let edit = Edit::set(Place::Line(claim.lines[0].id), Field::Amount, amount);
            stage.write(hand, now, DocumentKey::Claim(id), &[edit])
        })
    }

    pub(crate) fn submit(&mut self, login: &str, id: RequestId) -> Result<Pushed, StageError> {
        self.with(login, |stage, hand, now| stage.submit(hand, now, id))
    }

    /// A claim of one line that is handed in.
    pub(crate) fn claim(&mut self, login: &str, yuan: &str, account: &str) -> RequestId {
        let id = self.draft(login, yuan, account);
        self.submit(login, id).unwrap();
        id
    }

    pub(crate) fn decide(
        &mut self,
        login: &str,
        id: RequestId,
        verb: Verb,
        reason: &str,
    ) -> Result<Pushed, StageError> {
        self.with(login, |stage, hand, now| stage.decide(hand, now, id, verb, reason))
    }

    /// Everybody who is asked agrees.
    pub(crate) fn approve(&mut self, id: RequestId) {
        while self.view(id).state == RequestState::InApproval {
            let decider = self.view(id).deciders[0].person;
            let login = self.login(decider);
            self.decide(login, id, Verb::Approve, "").unwrap();
        }
        assert_eq!(self.view(id).state, RequestState::Approved);
    }

    pub(crate) fn pay(&mut self, login: &str, id: RequestId) -> Result<(), StageError> {
        self.with(login, |stage, hand, now| stage.pay(hand, now, id).map(|_| ()))
    }

    pub(crate) fn view(&self, id: RequestId) -> RequestView {
        self.authority.request(id).unwrap().view.clone()
    }

    pub(crate) fn balance(&self, line: &str) -> Balance {
        self.authority.ledger().balance(&Code::new(line).unwrap()).unwrap()
    }

    pub(crate) fn login(&self, id: PersonId) -> &'static str {
        self.hands.iter().find(|(_, hand)| hand.person == id).unwrap().0
    }

    /// Available, reserved and consumed, in yuan.
    #[track_caller]
    pub(crate) fn check(&self, line: &str, available: &str, reserved: &str, consumed: &str) {
        let balance = self.balance(line);
        let found = (balance.available().unwrap(), balance.reserved, balance.consumed);
        let wanted = [available, reserved, consumed].map(|yuan| Money::parse(yuan).unwrap());
        assert_eq!(found, (wanted[0], wanted[1], wanted[2]), "{line}");
        self.authority.ledger().check_invariants().unwrap();
        assert!(self.authority.prompts_are_right(), "somebody who is over budget was not told how it is");
    }

    /// Every check of the books passes, and loading again gives the same state.
    #[track_caller]
    pub(crate) fn all_holds(&mut self) {
        let report = crate::audit::fsck(&self.connection).unwrap();
        assert!(report.is_clean(), "{report}");
        let before: Vec<_> = self.authority.requests().cloned().collect();
        let balances: Vec<_> =
            self.authority.ledger().balances().map(|(line, balance)| (line.clone(), balance)).collect();
        self.restart();
        assert_eq!(before, self.authority.requests().cloned().collect::<Vec<_>>());
        let again: Vec<_> = self.authority.ledger().balances().map(|(line, balance)| (line.clone(), balance)).collect();
        assert_eq!(balances, again);
    }
}

/// A line on the day of the test.
pub(crate) fn line(yuan: &str, account: &str) -> DraftLine {
    DraftLine {
        description: "费用".into(),
        date: "2026-09-01".parse().unwrap(),
        amount: Money::parse(yuan).unwrap(),
        account: account.into(),
        project: None,
        invoice: None,
    }
}

/// The refusal in a result that has to be one.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, StageError>) -> Refused {
    match result {
        Err(StageError::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}
