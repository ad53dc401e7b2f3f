//! A company whose people all spend from one line, and companies with many lines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use budget::coding::{Member, Tree};
use budget::ledger::{Action, Charge};
use budget::scheme::Draft;
use budget::{
    BudgetLine, Code, CodingBlock, Command, CommandId, Control, Currency, Dimension, DocumentId, LineId, Money,
    Organisation, Person, PersonId, Role, Scheme,
};
use server::authority::{Answer, Authority, Refused};
use server::store::Store;

use crate::Result;

/// Who keeps the books.
pub(crate) const FINANCE: PersonId = PersonId([1; 16]);
/// How many people of the finance department there are: each may ask so much and no more.
pub(crate) const CLERKS: u8 = 64;
/// The team on whose line everything is reserved.
pub(crate) const HOT: &str = "T0";
/// Enough for every reservation of every run, in fen.
const LIMIT: i64 = 1_000_000_000_000_000;

/// Teams under a department, departments under the company: each has a line.
const TEAMS_PER_DEPARTMENT: usize = 100;

/// The sixteen bytes of a new id, in the order in which they are made, as ids of devices are.
pub(crate) fn new_id() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut bytes = [0; 16];
    // The other half is another for each run of this program.
    for (to, from) in bytes.iter_mut().zip(number.to_be_bytes().into_iter().chain(std::process::id().to_be_bytes())) {
        *to = from;
    }
    bytes
}

/// A scheme of so many budget lines in three levels.
pub(crate) fn scheme(lines: usize) -> Result<Scheme> {
    let teams = lines.saturating_sub(1 + lines / (TEAMS_PER_DEPARTMENT + 1)).max(1);
    let departments = teams.div_ceil(TEAMS_PER_DEPARTMENT);
    let mut members = vec![Member::new(Code::new("ALL")?, "全公司", None)];
    for number in 0..departments {
        members.push(Member::new(Code::new(&format!("D{number}"))?, "部门", Some(Code::new("ALL")?)));
    }
    for number in 0..teams {
        let above = Code::new(&format!("D{}", number / TEAMS_PER_DEPARTMENT))?;
        members.push(Member::new(Code::new(&format!("T{number}"))?, "小组", Some(above)));
    }
    let line = |member: &Member| {
        Ok(BudgetLine {
            code: Code::new(&format!("2026-{}", member.code))?,
            name: member.name.clone(),
            fixes: BTreeMap::from([(Dimension::Department, member.code.clone())]),
            control: Control::Hard,
            tax_basis: budget::scheme::TaxBasis::Inclusive,
            currency: Currency::CNY,
            thresholds: BTreeSet::from([80, 100]),
        })
    };
    let lines = members.iter().map(line).collect::<Result<Vec<_>>>()?;
    let trees = BTreeMap::from([(Dimension::Department, Tree::new(members))]);
    Ok(Scheme::publish(Draft { trees, lines, ..Draft::default() })?)
}

/// Gives a line its money.
pub(crate) fn release(line: &Code) -> Command {
    let amount = Money::from_fen(LIMIT);
    Command::new(CommandId(new_id()), Action::Appropriate { line: line.clone(), amount })
}

/// A request of one yuan a line, charged to a team.
pub(crate) fn reserve(team: &Code, lines: u8) -> Command {
    let block = CodingBlock { department: Some(team.clone()), ..CodingBlock::default() };
    let charge = |number: u8| Charge::new(LineId([number; 16]), block.clone(), Money::from_fen(100));
    let charges = (1..=lines).map(charge).collect();
    let document = DocumentId(new_id());
    Command::new(CommandId(new_id()), Action::Reserve { document, charges })
}

/// A person of the finance department and what they type to sign in.
pub(crate) fn clerk(number: u8) -> (PersonId, String) {
    (PersonId([number.saturating_add(1); 16]), format!("finance{number}"))
}

/// Publishes the company of one team and gives its lines their money.
pub(crate) fn found(store: &Store<Authority>) -> Result<()> {
    let department = Code::new("ALL")?;
    let person = |number| {
        let ((id, login), roles) = (clerk(number), BTreeSet::from([Role::Employee, Role::Finance]));
        (id, Person { id, login, name: "财务".into(), department: department.clone(), roles, active: true })
    };
    let organisation =
        Organisation {
            name: "示例公司".into(), people: (0..CLERKS).map(person).collect(), ..Organisation::default()
        };
    let scheme = scheme(3)?;
    let releases: Vec<Command> = scheme.lines().map(|line| release(&line.code)).collect();
    let founded = store.writer.run_blocking(move |turn| {
        done(turn.state.publish_organisation(turn.connection, turn.now, None, organisation)?)?;
        done(turn.state.publish_scheme(turn.connection, turn.now, None, scheme)?)?;
        for command in &releases {
            done(turn.state.command(turn.connection, turn.now, FINANCE, command)?)?;
        }
        Ok(())
    });
    founded.map_err(|error: server::store::WriteError<Refused>| error.to_string().into())
}

fn done<T>(answer: Answer<T>) -> std::result::Result<T, server::store::Stop<Refused>> {
    answer.outcome.map_err(server::store::Stop::Refused)
}
