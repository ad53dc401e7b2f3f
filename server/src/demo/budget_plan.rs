//! The demo company's dimensions, budget lines and what is released to them.

use std::collections::{BTreeMap, BTreeSet};

use budget::coding::{Member, Tree};
use budget::ledger::Action;
use budget::scheme::{Control, Draft, TaxBasis};
use budget::{BudgetLine, Code, Currency, Date, Dimension, Money, Scheme};

use super::claim::code;
use super::stage::StageError;

/// A project with its tasks.
pub(super) struct Project {
    /// Its code.
    pub code: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Its manager's login.
    pub manager: &'static str,
    /// Its budget of the year, in yuan.
    pub yuan: i64,
}

/// Three projects.
pub(super) const PROJECTS: [Project; 3] = [
    Project { code: "P-APOLLO", name: "阿波罗平台", manager: "xujing", yuan: 3_300_000 },
    Project { code: "P-LIANG", name: "两江数据", manager: "chenjing", yuan: 1_200_000 },
    Project { code: "P-ORCHID", name: "兰花终端", manager: "chenjing", yuan: 800_000 },
];

const TASKS: [(&str, &str); 3] = [("HR", "人力"), ("EQ", "设备"), ("OS", "外包")];

impl Project {
    /// Its code and its tasks' codes, each with a name and the member above.
    pub(super) fn members(&self) -> Vec<(String, String, Option<String>)> {
        let task = |(code, name): &(&str, &str)| {
            (format!("{}-{code}", self.code), (*name).to_owned(), Some(self.code.to_owned()))
        };
        let mut members = vec![(self.code.to_owned(), self.name.to_owned(), None)];
        members.extend(TASKS.iter().map(task));
        members
    }
}

const DEPARTMENTS: [(&str, &str, Option<&str>); 5] = [
    ("ALL", "全公司", None),
    ("MKT", "市场部", Some("ALL")),
    ("RND", "研发部", Some("ALL")),
    ("FIN", "财务部", Some("ALL")),
    ("ADM", "综合管理部", Some("ALL")),
];
const COST_CENTRES: [(&str, &str, Option<&str>); 4] = [
    ("CC-SALES", "销售中心", None),
    ("CC-LAB", "研发中心", None),
    ("CC-OFFICE", "职能中心", None),
    ("CC-SHANGHAI", "上海办事处", Some("CC-SALES")),
];
const PRODUCT_LINES: [(&str, &str, Option<&str>); 3] =
    [("PL-CLOUD", "云产品", None), ("PL-DEVICE", "终端产品", None), ("PL-SERVICE", "服务", None)];
const ACCOUNTS: [(&str, &str, Option<&str>); 14] = [
    ("TRAVEL", "差旅费", None),
    ("TRAVEL-TRANSPORT", "交通", Some("TRAVEL")),
    ("TRAVEL-HOTEL", "住宿", Some("TRAVEL")),
    ("TRAVEL-MEALS", "餐补", Some("TRAVEL")),
    ("ENTERTAINMENT", "业务招待费", None),
    ("PROMOTION", "推广费", None),
    ("OFFICE", "办公费", None),
    ("OFFICE-SUPPLIES", "办公用品", Some("OFFICE")),
    ("OFFICE-COURIER", "快递费", Some("OFFICE")),
    ("OFFICE-PHONE", "通讯费", Some("OFFICE")),
    ("TRAINING", "培训费", None),
    ("EQUIPMENT", "设备费", None),
    ("OUTSOURCING", "外包费", None),
    ("LABOUR", "人力成本", None),
];

/// Yuan a quarter for each department and group of accounts.
const QUARTERLY: [(&str, &str, i64); 13] = [
    ("MKT", "TRAVEL", 60_000),
    ("MKT", "ENTERTAINMENT", 30_000),
    ("MKT", "PROMOTION", 200_000),
    ("MKT", "OFFICE", 8_000),
    ("RND", "TRAVEL", 50_000),
    ("RND", "OFFICE", 20_000),
    ("RND", "TRAINING", 30_000),
    ("RND", "EQUIPMENT", 120_000),
    ("FIN", "OFFICE", 6_000),
    ("FIN", "TRAINING", 10_000),
    ("ADM", "OFFICE", 12_000),
    ("ADM", "TRAVEL", 15_000),
    ("ADM", "ENTERTAINMENT", 10_000),
];
/// The company's limit of the year, in yuan.
const COMPANY_YUAN: i64 = 7_500_000;

/// A scheme and the releases that fill it.
pub(super) struct Plan {
    /// Dimensions and lines.
    pub scheme: Scheme,
    /// One release for each line.
    pub releases: Vec<Action>,
}

/// The plan of the year of `today`.
pub(super) fn plan(today: Date) -> Result<Plan, StageError> {
    let year = today.year();
    let mut lines = Vec::new();
    let mut releases = Vec::new();
    let mut add = |line: BudgetLine, yuan: i64| {
        let amount = Money::from_yuan(yuan).unwrap_or_default();
        releases.push(Action::Appropriate { line: line.code.clone(), amount });
        lines.push(line);
    };
    let named = |members: &[(&str, &str, Option<&str>)], wanted: &str| {
        members
            .iter()
            .find(|(code, ..)| *code == wanted)
            .map_or_else(|| wanted.to_owned(), |(_, name, _)| (*name).to_owned())
    };
    for quarter in 1..=4 {
        for (department, account, yuan) in QUARTERLY {
            let period = format!("{year}Q{quarter}");
            let name = format!("{} {period} {}", named(&DEPARTMENTS, department), named(&ACCOUNTS, account));
            let fixes = [
                (Dimension::Period, period.as_str()),
                (Dimension::Department, department),
                (Dimension::Account, account),
            ];
            add(line(&format!("{period}-{department}-{account}"), &name, &fixes)?, yuan);
        }
    }
    let year_code = year.to_string();
    for project in &PROJECTS {
        let fixes = [(Dimension::Period, year_code.as_str()), (Dimension::Project, project.code)];
        let name = format!("{} {year}", project.name);
        add(line(&format!("{year}-{}", project.code), &name, &fixes)?, project.yuan);
    }
    let fixes = [(Dimension::Period, year_code.as_str()), (Dimension::Department, "ALL")];
    add(line(&format!("{year}-COMPANY"), &format!("全公司 {year} 费用"), &fixes)?, COMPANY_YUAN);
    let scheme = Scheme::publish(Draft { trees: trees(year)?, lines, ..Draft::default() })
        .map_err(|error| StageError::Content(error.to_string()))?;
    Ok(Plan { scheme, releases })
}

fn line(name: &str, title: &str, fixes: &[(Dimension, &str)]) -> Result<BudgetLine, StageError> {
    let fixes = fixes.iter().map(|(dimension, member)| Ok((*dimension, code(member)?)));
    Ok(BudgetLine {
        code: code(name)?,
        name: title.into(),
        fixes: fixes.collect::<Result<_, StageError>>()?,
        control: Control::Hard,
        tax_basis: TaxBasis::Inclusive,
        currency: Currency::CNY,
        thresholds: BTreeSet::from([80, 100]),
    })
}

fn trees(year: i16) -> Result<BTreeMap<Dimension, Tree>, StageError> {
    let mut periods = vec![member(&year.to_string(), &format!("{year}年"), None)?];
    for quarter in 1..=4u8 {
        let parent = format!("{year}Q{quarter}");
        periods.push(member(&parent, &format!("{year}年第{quarter}季度"), Some(&year.to_string()))?);
        for month in (quarter * 3 - 2)..=(quarter * 3) {
            periods.push(member(&format!("{year}-{month:02}"), &format!("{year}年{month}月"), Some(&parent))?);
        }
    }
    let of = |rows: &[(&str, &str, Option<&str>)]| -> Result<Tree, StageError> {
        let members: Result<Vec<Member>, StageError> =
            rows.iter().map(|(code, name, parent)| member(code, name, *parent)).collect();
        Ok(Tree::new(members?))
    };
    let projects: Result<Vec<Member>, StageError> = PROJECTS
        .iter()
        .flat_map(Project::members)
        .map(|(code, name, parent)| member(&code, &name, parent.as_deref()))
        .collect();
    Ok(BTreeMap::from([
        (Dimension::Period, Tree::new(periods)),
        (Dimension::Department, of(&DEPARTMENTS)?),
        (Dimension::CostCentre, of(&COST_CENTRES)?),
        (Dimension::Project, Tree::new(projects?)),
        (Dimension::ProductLine, of(&PRODUCT_LINES)?),
        (Dimension::Account, of(&ACCOUNTS)?),
    ]))
}

fn member(name: &str, title: &str, parent: Option<&str>) -> Result<Member, StageError> {
    let parent: Option<Code> = parent.map(code).transpose()?;
    Ok(Member::new(code(name)?, title, parent))
}
