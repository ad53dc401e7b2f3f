//! What is published, what is refused, and what a block must fit.

use super::*;
use crate::coding::Member;

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn trees() -> BTreeMap<Dimension, Tree> {
    let tree =
        |rows: &[(&str, Option<&str>)]| Tree::new(rows.iter().map(|(c, p)| Member::new(code(c), *c, p.map(code))));
    BTreeMap::from([
        (Dimension::Period, tree(&[("2026", None), ("2026Q3", Some("2026")), ("2026-09", Some("2026Q3"))])),
        (Dimension::Department, tree(&[("ALL", None), ("MKT", Some("ALL")), ("RND", Some("ALL"))])),
    ])
}

fn line(name: &str, fixes: &[(Dimension, &str)]) -> BudgetLine {
    BudgetLine {
        code: code(name),
        name: name.into(),
        fixes: fixes.iter().map(|(d, c)| (*d, code(c))).collect(),
        control: Control::Hard,
        tax_basis: TaxBasis::Inclusive,
        currency: Currency::CNY,
        thresholds: BTreeSet::new(),
    }
}

#[test]
fn a_block_must_fit_every_line_that_covers_it() {
    use Dimension::{Department, Period};
    let scheme = Scheme::publish(Draft {
        trees: trees(),
        lines: vec![
            line("Q3-MKT", &[(Period, "2026Q3"), (Department, "MKT")]),
            line("COMPANY", &[(Period, "2026"), (Department, "ALL")]),
            line("Q3-RND", &[(Period, "2026Q3"), (Department, "RND")]),
        ],
        ..Draft::default()
    })
    .unwrap();
    let block = CodingBlock { period: Some(code("2026-09")), department: Some(code("MKT")), ..CodingBlock::default() };
    let set: Vec<_> = scheme.control_set(&block).into_iter().map(|l| l.code.as_str()).collect();
    assert_eq!(set, ["COMPANY", "Q3-MKT"]);
    let elsewhere = CodingBlock { department: Some(code("MKT")), ..CodingBlock::default() };
    assert!(scheme.control_set(&elsewhere).is_empty());
}

#[test]
fn what_would_be_ambiguous_cannot_be_published() {
    use Dimension::Department;
    let publish = |lines| Scheme::publish(Draft { trees: trees(), lines, ..Draft::default() }).unwrap_err();
    assert_eq!(
        publish(vec![line("A", &[(Department, "MKT")]), line("B", &[(Department, "MKT")])]),
        SchemeError::SameCharges(code("A"), code("B"))
    );
    assert_eq!(
        publish(vec![line("A", &[(Department, "MKT")]), line("A", &[(Department, "RND")])]),
        SchemeError::DuplicateCode(code("A"))
    );
    assert_eq!(publish(vec![line("A", &[])]), SchemeError::CoversEverything(code("A")));
    assert!(matches!(publish(vec![line("A", &[(Department, "HR")])]), SchemeError::UnknownMember { .. }));
}

/// A department's tree beside the periods, with one line on its first member.
fn departments(rows: &[(&str, Option<&str>)]) -> Draft {
    let members = rows.iter().map(|(name, parent)| Member::new(code(name), *name, parent.map(code)));
    let mut trees = trees();
    trees.insert(Dimension::Department, Tree::new(members));
    let lines = vec![line("A", &[(Dimension::Department, rows[0].0)])];
    Draft { trees, lines, ..Draft::default() }
}

#[test]
fn a_tree_that_is_none_cannot_be_published() {
    let refused = |rows: &[(&str, Option<&str>)]| Scheme::publish(departments(rows)).unwrap_err();
    let dimension = Dimension::Department;
    assert_eq!(refused(&[("A", Some("A"))]), SchemeError::Cycle { dimension, member: code("A") });
    let ring = refused(&[("A", Some("C")), ("B", Some("A")), ("C", Some("B"))]);
    assert!(matches!(ring, SchemeError::Cycle { .. }), "{ring}");
    let hung_on_a_ring = refused(&[("X", Some("A")), ("A", Some("B")), ("B", Some("A"))]);
    assert!(matches!(hung_on_a_ring, SchemeError::Cycle { .. }), "{hung_on_a_ring}");
    let (member, parent) = (code("A"), code("NOWHERE"));
    assert_eq!(refused(&[("A", Some("NOWHERE"))]), SchemeError::UnknownParent { dimension, member, parent });
    let names: Vec<String> = (0..=crate::coding::DEEPEST).map(|level| format!("L{level:02}")).collect();
    let above = core::iter::once(None).chain(names.iter().map(|name| Some(name.as_str())));
    let deep: Vec<(&str, Option<&str>)> = names.iter().map(String::as_str).zip(above).collect();
    assert!(matches!(refused(&deep), SchemeError::TooDeep { .. }), "{}", refused(&deep));
    Scheme::publish(departments(&deep[..crate::coding::DEEPEST])).unwrap();
}

#[test]
fn lines_over_one_block_count_one_currency() {
    let mut draft = departments(&[("ALL", None), ("MKT", Some("ALL"))]);
    let dollars = Currency::new("USD").unwrap();
    draft.lines.push(BudgetLine { currency: dollars, ..line("B", &[(Dimension::Department, "MKT")]) });
    let refused = Scheme::publish(draft).unwrap_err();
    assert!(matches!(refused, SchemeError::MixedCurrency { .. }), "{refused}");
}

#[test]
fn a_scheme_survives_its_text_form() {
    let scheme = Scheme::publish(Draft {
        trees: trees(),
        lines: vec![line("A", &[(Dimension::Department, "MKT")])],
        ..Draft::default()
    })
    .unwrap();
    let json = serde_json::to_string(&scheme).unwrap();
    assert_eq!(serde_json::from_str::<Scheme>(&json).unwrap(), scheme);
}
