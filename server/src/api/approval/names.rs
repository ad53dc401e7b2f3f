//! What rules may name, with the words that people know it by: for whoever writes them in a form.

use std::collections::BTreeMap;

use budget::coding::Tree;
use budget::{Code, Dimension, Organisation, PersonId, Scheme};
use serde::Serialize;

use crate::authority::Books;

/// People, places and members of dimensions, by code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Names {
    people: BTreeMap<PersonId, String>,
    departments: BTreeMap<Code, String>,
    accounts: BTreeMap<Code, String>,
    projects: BTreeMap<Code, String>,
    cost_centres: BTreeMap<Code, String>,
    product_lines: BTreeMap<Code, String>,
    project_types: BTreeMap<Code, String>,
    posts: BTreeMap<Code, String>,
}

impl Names {
    /// What there is to name in the company as it is; people who left keep their names.
    pub(super) fn of(books: &Books) -> Self {
        let (organisation, scheme): (&Organisation, &Scheme) = (&books.organisation, &books.scheme);
        let members = |dimension| {
            let all = scheme.tree(dimension).into_iter().flat_map(Tree::members);
            all.map(|member| (member.code.clone(), member.name.clone())).collect()
        };
        Self {
            people: organisation.people.values().map(|person| (person.id, person.name.clone())).collect(),
            departments: members(Dimension::Department),
            accounts: members(Dimension::Account),
            projects: members(Dimension::Project),
            cost_centres: members(Dimension::CostCentre),
            product_lines: members(Dimension::ProductLine),
            project_types: organisation.project_types.values().map(|code| (code.clone(), code.to_string())).collect(),
            posts: organisation.posts.iter().map(|(code, post)| (code.clone(), post.name.clone())).collect(),
        }
    }
}
