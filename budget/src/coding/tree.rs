//! The tree of one dimension, with the days on which each member is valid.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Code, Date};

/// One node of a dimension's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its code, unique inside the dimension.
    pub code: Code,
    /// What people call it.
    pub name: String,
    /// The node above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Code>,
    /// The first day on which something may be charged to it; open when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which something may be charged to it; open when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Member {
    /// A member that is always valid.
    pub fn new(code: Code, name: impl Into<String>, parent: Option<Code>) -> Self {
        Self { code, name: name.into(), parent, from: None, until: None }
    }

    /// The same member for some days only (有效期); both ends are included.
    #[must_use]
    pub const fn valid(mut self, from: Option<Date>, until: Option<Date>) -> Self {
        self.from = from;
        self.until = until;
        self
    }
}

/// The tree of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    members: BTreeMap<Code, Member>,
}

/// Deepest tree, in levels; deeper data is cut here instead of looping.
pub const DEEPEST: usize = 12;

impl Tree {
    /// The tree of these members; a later member with the same code replaces an earlier one.
    pub fn new(members: impl IntoIterator<Item = Member>) -> Self {
        Self { members: members.into_iter().map(|m| (m.code.clone(), m)).collect() }
    }

    /// The member with this code.
    pub fn get(&self, code: &Code) -> Option<&Member> {
        self.members.get(code)
    }

    /// Every member, by code.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Every member with the code under which it stands.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Code, &Member)> {
        self.members.iter()
    }

    /// The member and everything above it, nearest first.
    pub fn path<'a>(&'a self, code: &Code) -> impl Iterator<Item = &'a Member> {
        core::iter::successors(self.members.get(code), |member| {
            member.parent.as_ref().and_then(|parent| self.members.get(parent))
        })
        .take(DEEPEST)
    }

    /// Whether `code` is `ancestor` or lies below it.
    pub fn is_within(&self, code: &Code, ancestor: &Code) -> bool {
        self.path(code).any(|member| member.code == *ancestor)
    }

    /// How many levels lie above this member; 0 for a root or an unknown code.
    pub fn depth(&self, code: &Code) -> usize {
        self.path(code).count().saturating_sub(1)
    }

    /// The members whose parent is `parent`.
    pub fn children<'a>(&'a self, parent: Option<&'a Code>) -> impl Iterator<Item = &'a Member> {
        self.members.values().filter(move |member| member.parent.as_ref() == parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(code: &str, parent: Option<&str>) -> Member {
        Member::new(Code::new(code).unwrap(), code, parent.map(|p| Code::new(p).unwrap()))
    }

    #[test]
    fn a_path_leads_to_the_root() {
        let tree = Tree::new([member("2026", None), member("2026Q3", Some("2026")), member("2026-09", Some("2026Q3"))]);
        let month = Code::new("2026-09").unwrap();
        let path: Vec<_> = tree.path(&month).map(|m| m.code.as_str()).collect();
        assert_eq!(path, ["2026-09", "2026Q3", "2026"]);
        assert!(tree.is_within(&month, &Code::new("2026").unwrap()));
        assert!(!tree.is_within(&Code::new("2026").unwrap(), &month));
        assert_eq!(tree.depth(&month), 2);
    }

    #[test]
    fn a_loop_in_the_data_ends() {
        let tree = Tree::new([member("A", Some("B")), member("B", Some("A"))]);
        assert_eq!(tree.path(&Code::new("A").unwrap()).count(), DEEPEST);
    }
}
