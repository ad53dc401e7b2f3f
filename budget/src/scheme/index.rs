//! The compiled scheme: from a block to its lines without looking at the others.
//!
//! Each line fixes a subset of the dimensions, its *shape*. For a block, the ancestors of its
//! members are tried in each shape that exists; only ancestors that some line of the shape fixes
//! are tried. Members and positions are numbered from 1; 0 means open.

use std::collections::{BTreeMap, BTreeSet};

use super::BudgetLine;
use crate::coding::Tree;
use crate::{Code, CodingBlock, Dimension};

/// A member's number inside its dimension.
pub(crate) type Place = u32;

/// One member per dimension, in the order of [`Dimension::ALL`]; 0 where none is named.
pub(crate) type Resolved = [Place; 6];

/// The lines that fix the same dimensions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Shape {
    /// For each dimension that is fixed, the members that some line fixes.
    fixed: Vec<(usize, BTreeSet<Place>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Members {
    places: BTreeMap<Code, Place>,
    /// The place above each place; the first belongs to place 0.
    parents: Vec<Place>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    members: [Members; 6],
    shapes: Vec<Shape>,
    lines: BTreeMap<Resolved, Code>,
}

impl Members {
    fn new(tree: &Tree) -> Self {
        let places: BTreeMap<Code, Place> =
            tree.members().zip(1..).map(|(member, place)| (member.code.clone(), place)).collect();
        let above = |member: &crate::coding::Member| {
            member.parent.as_ref().and_then(|parent| places.get(parent)).copied().unwrap_or(0)
        };
        let parents = core::iter::once(0).chain(tree.members().map(above)).collect();
        Self { places, parents }
    }

    fn above(&self, place: Place) -> Place {
        usize::try_from(place).ok().and_then(|at| self.parents.get(at)).copied().unwrap_or(0)
    }
}

impl Index {
    pub(super) fn new(trees: &BTreeMap<Dimension, Tree>, lines: &BTreeMap<Code, BudgetLine>) -> Self {
        let members = Dimension::ALL.map(|dimension| trees.get(&dimension).map(Members::new).unwrap_or_default());
        let mut index = Self { members, ..Self::default() };
        let mut shapes: BTreeMap<[bool; 6], Shape> = BTreeMap::new();
        for line in lines.values() {
            let mut block = CodingBlock::default();
            for (dimension, node) in &line.fixes {
                block.set(*dimension, Some(node.clone()));
            }
            let (key, _) = index.resolve(&block);
            let shape = shapes.entry(key.map(|place| place != 0)).or_insert_with(|| Shape {
                fixed: (0..).zip(key).filter(|(_, place)| *place != 0).map(|(at, _)| (at, BTreeSet::new())).collect(),
            });
            for (at, places) in &mut shape.fixed {
                places.extend(key.get(*at));
            }
            index.lines.insert(key, line.code.clone());
        }
        index.shapes = shapes.into_values().collect();
        index
    }

    /// The places of a block's members, and the first dimension in which one is unknown.
    pub(super) fn resolve(&self, block: &CodingBlock) -> (Resolved, Option<Dimension>) {
        let mut resolved = Resolved::default();
        let mut unknown = None;
        for ((dimension, members), slot) in Dimension::ALL.into_iter().zip(&self.members).zip(&mut resolved) {
            let Some(member) = block.get(dimension) else { continue };
            match members.places.get(member) {
                Some(place) => *slot = *place,
                None => unknown = unknown.or(Some(dimension)),
            }
        }
        (resolved, unknown)
    }

    /// The codes of the lines that cover these members, sorted.
    pub(super) fn lines(&self, resolved: &Resolved) -> Vec<&Code> {
        let mut found = Vec::new();
        for shape in &self.shapes {
            self.probe(&shape.fixed, resolved, &mut Resolved::default(), &mut found);
        }
        found.sort_unstable();
        found
    }

    /// Tries every combination of ancestors in the remaining dimensions of a shape.
    fn probe<'a>(
        &'a self,
        rest: &[(usize, BTreeSet<Place>)],
        resolved: &Resolved,
        key: &mut Resolved,
        found: &mut Vec<&'a Code>,
    ) {
        let Some(((at, fixed), rest)) = rest.split_first() else {
            found.extend(self.lines.get(key));
            return;
        };
        let (Some(start), Some(members)) = (resolved.get(*at), self.members.get(*at)) else { return };
        let mut place = *start;
        // Published trees have no loops; the bound is the depth of the deepest.
        for _ in 0..crate::coding::DEEPEST {
            if place == 0 {
                break;
            }
            if fixed.contains(&place) {
                if let Some(slot) = key.get_mut(*at) {
                    *slot = place;
                }
                self.probe(rest, resolved, key, found);
            }
            place = members.above(place);
        }
        if let Some(slot) = key.get_mut(*at) {
            *slot = 0;
        }
    }
}
