//! Who is there, what they may spend, and who has to agree.

use std::collections::BTreeSet;

use budget::approval::RuleSet;
use budget::coding::{Member, Tree};
use budget::ledger::Action;
use budget::scheme::{Draft, TaxBasis};
use budget::{
    BudgetLine, Code, Command, CommandId, Control, Currency, Dimension, Money, Organisation, Person, PersonId, Role,
    Scheme,
};

use crate::http::AppState;
use crate::identity;
use crate::store::Stop;

/// Everybody's.
pub(crate) const PASSWORD: &str = "a long password";

/// The clerk of marketing, who claims.
pub(crate) const ZHANG: PersonId = PersonId([1; 16]);
/// The head of marketing, who decides.
pub(crate) const LI: PersonId = PersonId([2; 16]);
/// Finance, who decides what is above ¥1,000.
pub(crate) const WANG: PersonId = PersonId([3; 16]);
/// The cashier.
pub(crate) const ZHAO: PersonId = PersonId([4; 16]);
/// An engineer of another department.
pub(crate) const SUN: PersonId = PersonId([5; 16]);

/// Everybody: id, login, name, department, role.
pub(crate) const PEOPLE: [(PersonId, &str, &str, &str, Role); 5] = [
    (ZHANG, "zhang", "张三", "MKT", Role::Employee),
    (LI, "li", "李四", "MKT", Role::DepartmentHead),
    (WANG, "wang", "王五", "FIN", Role::Finance),
    (ZHAO, "zhao", "赵六", "FIN", Role::Cashier),
    (SUN, "sun", "孙七", "RND", Role::Employee),
];

/// The budget line of marketing.
pub(crate) const LINE: &str = "MKT-2026";
pub(crate) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn yuan(amount: i64) -> Money {
    Money::from_yuan(amount).unwrap()
}

fn organisation() -> Organisation {
    let people = PEOPLE.map(|(id, login, name, department, role)| {
        let roles = [Role::Employee, role].into();
        (id, Person { id, login: login.into(), name: name.into(), department: code(department), roles, active: true })
    });
    Organisation {
        name: "示例公司".into(),
        people: people.into(),
        department_heads: [(code("MKT"), LI)].into(),
        department_parents: ["MKT", "FIN", "RND"].map(|department| (code(department), code("ALL"))).into(),
        ..Organisation::default()
    }
}

fn scheme() -> Scheme {
    let member = |text: &str, name: &str, parent: Option<&str>| Member::new(code(text), name, parent.map(code));
    let departments = Tree::new([
        member("ALL", "全公司", None),
        member("MKT", "市场部", Some("ALL")),
        member("FIN", "财务部", Some("ALL")),
        member("RND", "研发部", Some("ALL")),
    ]);
    let accounts = Tree::new([member("TRAVEL", "差旅费", None)]);
    let periods = Tree::new([member("2026", "2026年", None), member("2026-11", "11月", Some("2026"))]);
    let line = BudgetLine {
        code: code(LINE),
        name: "市场部 2026".into(),
        fixes: [(Dimension::Department, code("MKT"))].into(),
        control: Control::Hard,
        tax_basis: TaxBasis::Inclusive,
        currency: Currency::CNY,
        thresholds: BTreeSet::new(),
    };
    Scheme::publish(Draft {
        trees: [(Dimension::Department, departments), (Dimension::Account, accounts), (Dimension::Period, periods)]
            .into(),
        lines: vec![line],
        ..Draft::default()
    })
    .unwrap()
}

/// The head decides; finance too above ¥1,000.
const RULES: &str = r#"
[[table]]
name = "费用"

[[table.tier]]
upTo = 1000
steps = [{ name = "部门负责人", by = { head = 0 } }]

[[table.tier]]
above = 1000
steps = [
  { name = "部门负责人", by = { head = 0 } },
  { name = "财务", by = { role = "finance" } },
]
"#;

/// Founds the company, unless the folder holds it already.
pub(super) async fn found(app: &AppState) {
    let hash = identity::password_hash(PASSWORD).unwrap();
    let done = app.store.writer.run(move |turn| {
        let (connection, now) = (turn.connection, turn.now);
        if !turn.state.books().organisation.people.is_empty() {
            return Ok::<_, Stop<std::convert::Infallible>>(());
        }
        turn.state.publish_organisation(connection, now, None, organisation())?.outcome.unwrap();
        turn.state.publish_scheme(connection, now, None, scheme())?.outcome.unwrap();
        turn.state.publish_rules(connection, now, None, RuleSet::parse(RULES).unwrap())?.outcome.unwrap();
        let release = Action::Appropriate { line: code(LINE), amount: yuan(50_000) };
        let command = Command::new(CommandId([9; 16]), release);
        turn.state.command(connection, now, WANG, &command)?.outcome.unwrap();
        for (person, login, ..) in PEOPLE {
            identity::create_credential(connection, person, login, &hash)?;
        }
        Ok(())
    });
    done.await.unwrap();
}
