//! Which budget lines a person may see, and how much of them.

use std::collections::BTreeSet;

use budget::{BudgetLine, Code, Dimension, PersonId, Role};

use crate::authority::Books;

/// Roles that see every line and who holds its money.
const SEE_ALL: [Role; 4] = [Role::Finance, Role::Executive, Role::Auditor, Role::Administrator];

/// What a person may know of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SightOf {
    /// Not even that it has money.
    Nothing,
    /// The sums.
    Balance,
    /// The sums and whose they are.
    Holders,
}

/// What one person may know.
pub struct Sight<'a> {
    books: &'a Books,
    all: bool,
    department: Option<&'a Code>,
    heads: BTreeSet<&'a Code>,
    manages: BTreeSet<&'a Code>,
}

impl<'a> Sight<'a> {
    /// The sight of one person; of somebody who left, nothing.
    pub fn of(books: &'a Books, person: PersonId) -> Self {
        let organisation = &books.organisation;
        let active = organisation.active(person);
        let answers_for =
            |(code, holder): (&'a Code, &PersonId)| (*holder == person && active.is_some()).then_some(code);
        Self {
            books,
            all: active.is_some_and(|person| SEE_ALL.iter().any(|role| person.roles.contains(role))),
            department: active.map(|person| &person.department),
            heads: organisation.department_heads.iter().filter_map(answers_for).collect(),
            manages: organisation.project_managers.iter().filter_map(answers_for).collect(),
        }
    }

    /// What they may know of a line.
    pub fn on(&self, line: &Code) -> SightOf {
        self.books.scheme.line(line).map_or(SightOf::Nothing, |line| self.on_line(line))
    }

    fn on_line(&self, line: &BudgetLine) -> SightOf {
        if self.all {
            return SightOf::Holders;
        }
        let department = line.fixes.get(&Dimension::Department);
        let project = line.fixes.get(&Dimension::Project);
        let answers = department
            .is_some_and(|fixed| self.heads.iter().any(|own| self.within(Dimension::Department, fixed, own)))
            || project.is_some_and(|fixed| self.manages.iter().any(|own| self.within(Dimension::Project, fixed, own)));
        if answers {
            return SightOf::Holders;
        }
        let own = department.is_some_and(|fixed| {
            !self.is_root(fixed) && self.department.is_some_and(|own| self.within(Dimension::Department, own, fixed))
        });
        // A project's money inside a department is the project's to know.
        if own && project.is_none() { SightOf::Balance } else { SightOf::Nothing }
    }

    fn within(&self, dimension: Dimension, code: &Code, ancestor: &Code) -> bool {
        self.books.scheme.tree(dimension).map_or(code == ancestor, |tree| tree.is_within(code, ancestor))
    }

    fn is_root(&self, department: &Code) -> bool {
        self.books.scheme.tree(Dimension::Department).is_some_and(|tree| tree.depth(department) == 0)
    }
}
