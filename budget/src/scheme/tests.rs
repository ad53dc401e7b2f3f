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
