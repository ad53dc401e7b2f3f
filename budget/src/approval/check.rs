//! Rules are checked when they are saved, each fault with the example that breaks them.
//!
//! Promise: rules that pass route every request of every kind and amount to somebody, whoever of today's people
//! submits it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rule::{StepRule, Table, Tier, When};
use super::{Bounds, Facts, Language, Phase, RoutingError, RuleSet, Selector, route};
use crate::{Code, Dimension, Money, Organisation, PersonId, RequestKind, Scheme, Timestamp};

/// What is wrong with a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "code")]
pub enum Fault {
    /// A kind of request that no matrix covers whatever it is charged to.
    NoTable {
        /// The kind.
        kind: RequestKind,
    },
    /// A matrix behind one that takes everything.
    Unreachable {
        /// The matrix.
        table: String,
        /// The one before it.
        behind: String,
    },
    /// A tier has no step.
    NoStep {
        /// The matrix.
        table: String,
        /// An amount in the tier.
        example: Money,
    },
    /// A range names one end twice, such as `above` and `from`.
    BoundTwice {
        /// The matrix or addition.
        rule: String,
    },
    /// A range ends before it begins.
    BoundsReversed {
        /// The matrix or addition.
        rule: String,
        /// The upper end, which no amount above the lower one can reach.
        example: Money,
    },
    /// Two tiers hold one amount.
    TiersOverlap {
        /// The matrix.
        table: String,
        /// An amount in both.
        example: Money,
    },
    /// No tier holds an amount.
    TierGap {
        /// The matrix.
        table: String,
        /// An amount in none.
        example: Money,
    },
    /// A step stands before one of an earlier phase: 审核, 审批, 核准 is the order.
    PhaseOrder {
        /// The matrix.
        table: String,
        /// The step that comes too late.
        step: String,
    },
    /// A step asks for a place that nobody fills.
    Vacant {
        /// The step.
        step: String,
        /// The place.
        example: String,
    },
    /// A condition names something that does not exist.
    Unknown {
        /// The matrix or addition.
        rule: String,
        /// What.
        example: Code,
    },
    /// Nobody could decide on a request of this person.
    NobodyDecides {
        /// The step.
        step: String,
        /// The person who submits.
        claimant: PersonId,
        /// The amount.
        example: Money,
    },
    /// Counting together over no day, by no key or from fewer than two requests.
    Aggregate,
    /// A deadline of no day.
    Escalation,
}

impl Fault {
    /// The words of it, with the example.
    pub fn text(&self, language: Language, name: &dyn Fn(PersonId) -> String) -> String {
        let chinese = language == Language::Chinese;
        let say = |zh: String, en: String| if chinese { zh } else { en };
        match self {
            Self::NoTable { kind } => say(
                format!("没有适用于所有 {kind:?} 的审批表：例如不属于任何条件的一笔"),
                format!("no table covers every {kind:?}, such as one that meets no condition"),
            ),
            Self::Unreachable { table, behind } => say(
                format!("“{table}”永远用不到：“{behind}”已包含全部"),
                format!("“{table}” is never used: “{behind}” takes everything before it"),
            ),
            Self::NoStep { table, example } => say(
                format!("“{table}”中 {} 没有审批步骤", example.grouped()),
                format!("in “{table}” nobody is asked for {}", example.grouped()),
            ),
            Self::BoundTwice { rule } => say(
                format!("“{rule}”的同一端写了两次（above 与 from，或 below 与 upTo）"),
                format!("“{rule}” names one end twice (above and from, or below and upTo)"),
            ),
            Self::BoundsReversed { rule, example } => say(
                format!("“{rule}”的上限 {} 低于下限", example.grouped()),
                format!("“{rule}” ends at {} before it begins", example.grouped()),
            ),
            Self::TiersOverlap { table, example } => say(
                format!("“{table}”的档次重叠：{} 同时属于两档", example.grouped()),
                format!("tiers of “{table}” overlap: {} is in two", example.grouped()),
            ),
            Self::TierGap { table, example } => say(
                format!("“{table}”的档次有空缺：{} 不属于任何一档", example.grouped()),
                format!("“{table}” has a gap: {} is in no tier", example.grouped()),
            ),
            Self::PhaseOrder { table, step } => say(
                format!("“{table}”的“{step}”次序不对：先审核、再审批、后核准"),
                format!("“{step}” of “{table}” is out of order: review, approve, ratify"),
            ),
            Self::Vacant { step, example } => say(
                format!("“{step}”的审批人空缺：{example}"),
                format!("nobody fills the place that “{step}” asks: {example}"),
            ),
            Self::Unknown { rule, example } => say(
                format!("“{rule}”的条件中没有 {example}"),
                format!("“{rule}” names {example}, which does not exist"),
            ),
            Self::NobodyDecides { step, claimant, example } => say(
                format!("{}提交 {} 时，“{step}”无人可审批", name(*claimant), example.grouped()),
                format!("nobody could decide “{step}” on {} of {}", example.grouped(), name(*claimant)),
            ),
            Self::Aggregate => say(
                "合并计算至少要 1 天、2 笔和一个相同项".into(),
                "counting together needs a day, two requests and a key".into(),
            ),
            Self::Escalation => say("上报时限至少 1 个工作日".into(), "a deadline is one working day at least".into()),
        }
    }
}

/// Everything that is wrong with the rules, for today's people and dimensions.
pub fn check(rules: &RuleSet, organisation: &Organisation, scheme: &Scheme, now: Timestamp) -> Vec<Fault> {
    let mut faults: Vec<Fault> = kinds_without_table(rules).into_iter().map(|kind| Fault::NoTable { kind }).collect();
    faults.extend(unreachable(rules));
    for table in &rules.tables {
        check_tiers(table, &mut faults);
        check_when(&table.name, &table.when, organisation, scheme, &mut faults);
        for step in table.tiers.iter().flat_map(|tier| &tier.steps) {
            check_place(step, organisation, &mut faults);
        }
    }
    for addition in &rules.additions {
        let ends = [addition.above, addition.from, addition.below, addition.up_to];
        check_ends(&addition.name, ends, addition.bounds(), &mut faults);
        check_when(&addition.name, &addition.when, organisation, scheme, &mut faults);
        check_place(&addition.step, organisation, &mut faults);
    }
    if rules.aggregate.as_ref().is_some_and(|a| a.days == 0 || a.at_least < 2 || a.same.is_empty()) {
        faults.push(Fault::Aggregate);
    }
    if rules.escalation.is_some_and(|escalation| escalation.working_days == 0) {
        faults.push(Fault::Escalation);
    }
    // Only rules that are whole can be tried out on people.
    if faults.is_empty() {
        faults.extend(nobody_decides(rules, organisation, now));
    }
    faults
}

/// The kinds of request that could meet no matrix.
pub fn kinds_without_table(rules: &RuleSet) -> Vec<RequestKind> {
    let covered = |kind: &RequestKind| {
        let takes = |when: &When| when.only_kinds() && (when.kinds.is_empty() || when.kinds.contains(kind));
        rules.tables.iter().any(|table| takes(&table.when))
    };
    RequestKind::ALL.into_iter().filter(|kind| !covered(kind)).collect()
}

fn unreachable(rules: &RuleSet) -> Option<Fault> {
    let all: BTreeSet<RequestKind> = RequestKind::ALL.into();
    for (at, table) in rules.tables.iter().enumerate() {
        let kinds = if table.when.kinds.is_empty() { &all } else { &table.when.kinds };
        let behind = rules.tables.iter().take(at).find(|before| {
            before.when.only_kinds() && (before.when.kinds.is_empty() || kinds.is_subset(&before.when.kinds))
        });
        if let Some(behind) = behind {
            return Some(Fault::Unreachable { table: table.name.clone(), behind: behind.name.clone() });
        }
    }
    None
}

fn check_ends(rule: &str, [above, from, below, up_to]: [Option<Money>; 4], bounds: Bounds, faults: &mut Vec<Fault>) {
    if (above.is_some() && from.is_some()) || (below.is_some() && up_to.is_some()) {
        faults.push(Fault::BoundTwice { rule: rule.into() });
    }
    let (low, high) = bounds.fen();
    if let Some((example, _)) = bounds.upper.filter(|_| low >= high) {
        faults.push(Fault::BoundsReversed { rule: rule.into(), example });
    }
}

/// The tiers hold every amount from one fen on, each once, and each asks somebody.
fn check_tiers(table: &Table, faults: &mut Vec<Fault>) {
    let name = || table.name.clone();
    for tier in &table.tiers {
        let Tier { above, from, below, up_to, .. } = *tier;
        check_ends(&table.name, [above, from, below, up_to], tier.bounds(), faults);
        let (low, _) = tier.bounds().fen();
        if tier.steps.is_empty() {
            faults.push(Fault::NoStep { table: name(), example: Money::from_fen(low.max(1)) });
        }
        let mut phase = Phase::Review;
        for step in &tier.steps {
            if step.phase < phase {
                faults.push(Fault::PhaseOrder { table: name(), step: step.name.clone() });
            }
            phase = phase.max(step.phase);
        }
    }
    let mut ranges: Vec<(i64, i64)> = table.tiers.iter().map(|tier| tier.bounds().fen()).collect();
    ranges.retain(|(low, high)| low < high);
    ranges.sort_unstable();
    let mut next = 1;
    for (low, high) in ranges {
        if low > next {
            faults.push(Fault::TierGap { table: name(), example: Money::from_fen(next) });
        }
        if low.max(1) < next {
            faults.push(Fault::TiersOverlap { table: name(), example: Money::from_fen(low.max(1)) });
        }
        next = next.max(high);
    }
    if next < i64::MAX {
        faults.push(Fault::TierGap { table: name(), example: Money::from_fen(next) });
    }
}

fn check_when(rule: &str, when: &When, organisation: &Organisation, scheme: &Scheme, faults: &mut Vec<Fault>) {
    let members = [
        (Dimension::Account, &when.accounts),
        (Dimension::Project, &when.projects),
        (Dimension::CostCentre, &when.cost_centres),
        (Dimension::ProductLine, &when.product_lines),
    ];
    let mut unknown: Vec<&Code> = Vec::new();
    for (dimension, codes) in members {
        let known = |code: &Code| scheme.tree(dimension).is_some_and(|tree| tree.get(code).is_some());
        unknown.extend(codes.iter().filter(|code| !known(code)));
    }
    let department = |code: &Code| {
        organisation.department_heads.contains_key(code)
            || organisation.department_parents.contains_key(code)
            || scheme.tree(Dimension::Department).is_some_and(|tree| tree.get(code).is_some())
    };
    unknown.extend(when.departments.iter().filter(|code| !department(code)));
    let types: BTreeSet<&Code> = organisation.project_types.values().collect();
    unknown.extend(when.project_types.iter().filter(|code| !types.contains(code)));
    faults.extend(unknown.into_iter().map(|code| Fault::Unknown { rule: rule.into(), example: code.clone() }));
}

/// A place that a rule names has to be filled when the rule is saved; later vacancies go upward.
fn check_place(step: &StepRule, organisation: &Organisation, faults: &mut Vec<Fault>) {
    let vacant = match &step.by {
        Selector::Role(role) | Selector::EntityRole(role) => {
            organisation.with_role(*role).next().is_none().then(|| format!("{role:?}"))
        }
        Selector::Post(post) => {
            let holders = organisation.posts.get(post).map(|post| &post.holders);
            let filled = holders.is_some_and(|all| all.iter().any(|person| organisation.active(*person).is_some()));
            (!filled).then(|| post.to_string())
        }
        Selector::Person(person) => organisation.active(*person).is_none().then(|| person.to_string()),
        Selector::Head(_) => {
            let departments: BTreeSet<&Code> =
                organisation.people.values().filter(|person| person.active).map(|person| &person.department).collect();
            let headless = departments.into_iter().find(|department| organisation.heads_upward(department).is_empty());
            headless.map(Code::to_string)
        }
        Selector::ProjectManager => None,
    };
    faults.extend(vacant.map(|example| Fault::Vacant { step: step.name.clone(), example }));
}

/// Tries every matrix and tier out on everybody as the claimant.
fn nobody_decides(rules: &RuleSet, organisation: &Organisation, now: Timestamp) -> Option<Fault> {
    for person in organisation.people.values().filter(|person| person.active) {
        for table in &rules.tables {
            for tier in &table.tiers {
                let example = Money::from_fen(tier.bounds().fen().0.max(1));
                let kind = table.when.kinds.first().copied().unwrap_or(RequestKind::ExpenseClaim);
                let facts = Facts::new(kind, person.id, person.department.clone(), example);
                let only = Table { when: When::default(), ..table.clone() };
                let rules = RuleSet { tables: vec![only], additions: rules.additions.clone(), ..RuleSet::default() };
                if let Err(RoutingError::NobodyDecides(step)) = route(&rules, organisation, &facts, now) {
                    return Some(Fault::NobodyDecides { step, claimant: person.id, example });
                }
            }
        }
    }
    None
}
