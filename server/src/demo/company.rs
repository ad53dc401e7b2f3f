//! The demo company's people, departments, rules and delegation.

use std::collections::{BTreeMap, BTreeSet};

use budget::approval::RuleSet;
use budget::organisation::{Delegation, Post};
use budget::{Money, Organisation, Person, PersonId, Role, Timestamp, tax_id as tax};

use super::budget_plan::PROJECTS;
use super::claim::code;
use super::stage::StageError;
use crate::random::sha256;

/// The company's name.
pub(super) const NAME: &str = "算盘示例科技有限公司";
/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// Somebody of the demo company.
pub(super) struct Someone {
    /// What they type to sign in.
    pub login: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Where they work.
    pub department: &'static str,
    /// Beside being an employee.
    pub roles: &'static [Role],
    /// What they are, in Chinese.
    pub title: &'static str,
}

const fn someone(
    login: &'static str,
    name: &'static str,
    department: &'static str,
    roles: &'static [Role],
    title: &'static str,
) -> Someone {
    Someone { login, name, department, roles, title }
}

/// Everybody, in the order in which they are shown.
pub(super) const PEOPLE: [Someone; 15] = [
    someone("zhangwei", "张伟", "MKT", &[], "市场部员工"),
    someone("lina", "李娜", "MKT", &[], "市场部员工"),
    someone("wangqiang", "王强", "MKT", &[Role::DepartmentHead], "市场部负责人"),
    someone("liuyang", "刘洋", "RND", &[], "研发部员工"),
    someone("chenjing", "陈静", "RND", &[Role::ProjectManager], "项目经理（两江、兰花）"),
    someone("xujing", "徐静", "RND", &[Role::ProjectManager], "项目经理（阿波罗），代赵磊审批"),
    someone("zhaolei", "赵磊", "RND", &[Role::DepartmentHead], "研发部负责人，休假委托徐静"),
    someone("sunli", "孙丽", "ADM", &[], "综合管理部员工"),
    someone("zhoumin", "周敏", "ADM", &[Role::DepartmentHead], "综合管理部负责人"),
    someone("caiwu", "吴芳", "FIN", &[Role::Finance], "财务"),
    someone("zhengtao", "郑涛", "FIN", &[Role::Finance, Role::DepartmentHead], "财务部负责人"),
    someone("chuna", "钱进", "FIN", &[Role::Cashier], "出纳"),
    someone("zongjing", "林海", "ALL", &[Role::Executive], "总经理"),
    someone("shenji", "何清", "FIN", &[Role::Auditor], "审计"),
    someone("admin", "高远", "ADM", &[Role::Administrator], "系统管理员"),
];

const HEADS: [(&str, &str); 5] =
    [("ALL", "zongjing"), ("MKT", "wangqiang"), ("RND", "zhaolei"), ("FIN", "zhengtao"), ("ADM", "zhoumin")];

/// The person of a login; the same in every demo company.
pub fn person(login: &str) -> PersonId {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(sha256(&[b"suanpan demo person\0", login.as_bytes()])) {
        *to = from;
    }
    PersonId(id)
}

/// A unified social credit code (统一社会信用代码) with both of its check characters, from the
/// authority and region (8 characters) and the organisation (8 characters).
pub(super) fn unified_code(region: &str, organisation: &str) -> String {
    let organisation_digit = tax::organisation_check_digit(organisation).unwrap_or('0');
    let body = format!("{region}{organisation}{organisation_digit}");
    let digit = tax::unified_check_character(&body).unwrap_or('0');
    format!("{body}{digit}")
}

/// The company's unified social credit code.
pub(super) fn tax_id() -> String {
    unified_code("91110108", "MADEM0X6")
}

/// The company as it is at `now`.
pub(super) fn organisation(now: Timestamp) -> Result<Organisation, StageError> {
    let mut people = BTreeMap::new();
    for someone in &PEOPLE {
        let mut roles = BTreeSet::from([Role::Employee]);
        roles.extend(someone.roles);
        let id = person(someone.login);
        let entry = Person {
            id,
            login: someone.login.into(),
            name: someone.name.into(),
            department: code(someone.department)?,
            roles,
            active: true,
        };
        people.insert(id, entry);
    }
    let mut department_heads = BTreeMap::new();
    let mut department_parents = BTreeMap::new();
    for (department, head) in HEADS {
        department_heads.insert(code(department)?, person(head));
        if department != "ALL" {
            department_parents.insert(code(department)?, code("ALL")?);
        }
    }
    let mut project_managers = BTreeMap::new();
    for project in &PROJECTS {
        for member in project.members() {
            project_managers.insert(code(&member.0)?, person(project.manager));
        }
    }
    Ok(Organisation {
        name: NAME.into(),
        tax_id: tax_id(),
        people,
        department_heads,
        department_parents,
        project_managers,
        delegations: vec![Delegation {
            cap: Money::from_yuan(20_000),
            ..Delegation::new(person("zhaolei"), person("xujing"), now.plus(-2 * DAY), now.plus(5 * DAY))
        }],
        posts: BTreeMap::from([(
            code(Organisation::LAST_RESORT)?,
            // What the chief claims is decided by the head of finance.
            Post { name: "最后审批人".into(), holders: BTreeSet::from([person("zhengtao")]) },
        )]),
        ..Organisation::default()
    })
}

/// Who has to agree: the project's manager, the head, finance above 1,000, an executive above 5,000.
pub(super) fn rules() -> Result<RuleSet, StageError> {
    RuleSet::parse(include_str!("company/rules.toml")).map_err(|error| StageError::Content(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tax_id_holds_and_every_role_is_played() {
        assert_eq!(tax::check(&tax_id()).code(), tax::check("91110000600037341L").code(), "{}", tax_id());
        let played: BTreeSet<Role> = PEOPLE.iter().flat_map(|someone| someone.roles.iter().copied()).collect();
        assert_eq!(played.len(), 7, "all but plain employees, whom everybody is");
        assert!(PEOPLE.len() >= 12);
    }
}
