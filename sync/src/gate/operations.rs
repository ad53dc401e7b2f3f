//! Operations: which fields a change writes, read from the change itself.
//!
//! A difference of two documents is no gate: a write that loses a race shows no value, and a write
//! inside a deleted map shows nothing at all, yet both stay in the history. So every operation is
//! walked, and its predecessors must be exactly what its author saw.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{Change, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue};

use super::{Refusal, guarded};
use crate::document::{COMMENTS, INVOICES, LINES};
use crate::{Document, Field, Place, Scalar};

/// One thing that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    /// Where.
    pub(super) place: Place,
    /// Which field; `None` when the place itself is made.
    pub(super) field: Option<Field>,
    /// The new value, for fields that policy looks at.
    pub(super) value: Option<Scalar>,
    /// Whether the place was there before this change.
    pub(super) existed: bool,
}

/// A map that operations write into.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Root,
    Container(&'static str),
    Place(Place),
}

struct Walk<'a> {
    document: &'a Document,
    change: &'a Change,
    /// Maps made earlier in this change.
    made: BTreeMap<(u64, Vec<u8>), Node>,
    /// What stands at each place and key, as the author sees it at this operation.
    standing: BTreeMap<(Vec<u8>, String), Vec<OpId>>,
}

pub(super) fn check(document: &Document, change: &Change) -> Result<Vec<Write>, Refusal> {
    let expanded = guarded("expanding", || change.decode())?;
    let mut walk = Walk { document, change, made: BTreeMap::new(), standing: BTreeMap::new() };
    let mut writes = Vec::new();
    for (number, operation) in (expanded.start_op.get()..).zip(&expanded.operations) {
        let me = OpId::new(number, &expanded.actor_id);
        if operation.insert {
            return Err(Refusal::malformed("documents hold no lists"));
        }
        let Key::Map(key) = &operation.key else {
            return Err(Refusal::malformed("documents hold no lists"));
        };
        let (node, existing) = walk.node(&operation.obj)?;
        walk.predecessors(&operation.obj, existing.as_ref(), key, operation.pred.iter(), &operation.action, &me)?;
        writes.extend(walk.write(node, existing.is_some(), key, &operation.action, &me)?);
    }
    Ok(writes)
}

impl Walk<'_> {
    /// What the map is, and its object when it was there before this change.
    fn node(&self, object: &ObjectId) -> Result<(Node, Option<ObjId>), Refusal> {
        let id = match object {
            ObjectId::Root => return Ok((Node::Root, Some(ROOT))),
            ObjectId::Id(id) => id,
        };
        if let Some(node) = self.made.get(&(id.counter(), id.actor().to_bytes().to_vec())) {
            return Ok((node.clone(), None));
        }
        let unknown = || Refusal::malformed("the change writes into a map that is not there");
        let inner = self.document.inner();
        // The engine panics on actors that it has never seen.
        let known = inner.get_changes_meta(&[]).iter().any(|meta| *meta.actor == *id.actor());
        if !known {
            return Err(unknown());
        }
        let object = ObjId::Id(id.counter(), id.actor().clone(), 0);
        let kind = guarded("finding a map of", || inner.object_type(&object))?;
        if !matches!(kind, Ok(ObjType::Map)) {
            return Err(unknown());
        }
        let parents: Vec<_> =
            guarded("finding a map of", || inner.parents_at(&object, self.change.deps()).map(Iterator::collect))?
                .map_err(|_| unknown())?;
        // The engine tells the nearest first; the path reads from the root.
        let mut path: Vec<&str> = Vec::new();
        for parent in parents.iter().rev() {
            let Prop::Map(key) = &parent.prop else {
                return Err(unknown());
            };
            path.push(key);
        }
        let node = match path.as_slice() {
            [container] => Node::Container(container_named(container).ok_or_else(unknown)?),
            [container, key] => Node::Place(place_named(container, key).ok_or_else(unknown)?),
            _ => return Err(unknown()),
        };
        Ok((node, Some(object)))
    }

    /// The predecessors must be exactly what stood there when the author wrote.
    fn predecessors<'p>(
        &mut self,
        object: &ObjectId,
        existing: Option<&ObjId>,
        key: &str,
        given: impl Iterator<Item = &'p OpId>,
        action: &OpType,
        me: &OpId,
    ) -> Result<(), Refusal> {
        let slot = (object_bytes(object), key.to_owned());
        let standing = match self.standing.get(&slot) {
            Some(standing) => standing.clone(),
            None => match existing {
                None => Vec::new(),
                Some(existing) => guarded("reading the past of", || {
                    self.document.inner().get_all_at(existing, key, self.change.deps())
                })?
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(_, id)| match id {
                    ObjId::Id(counter, actor, _) => Some(OpId::new(counter, &actor)),
                    ObjId::Root => None,
                })
                .collect(),
            },
        };
        let order = |ids: &mut Vec<OpId>| {
            ids.sort_by(|a, b| (a.counter(), a.actor().to_bytes()).cmp(&(b.counter(), b.actor().to_bytes())));
        };
        let mut standing = standing;
        let mut given: Vec<OpId> = given.cloned().collect();
        order(&mut standing);
        order(&mut given);
        if given != standing {
            return Err(Refusal::malformed("the change does not follow what its author saw"));
        }
        if !matches!(action, OpType::Put(_) | OpType::Make(ObjType::Map)) {
            return Err(Refusal::malformed("documents hold maps and plain values, and nothing is deleted"));
        }
        self.standing.insert(slot, vec![me.clone()]);
        Ok(())
    }

    fn write(
        &mut self,
        node: Node,
        existed: bool,
        key: &str,
        action: &OpType,
        me: &OpId,
    ) -> Result<Option<Write>, Refusal> {
        match (node, action) {
            (Node::Root, OpType::Make(_)) => {
                let container = container_named(key).ok_or_else(|| Refusal::malformed("there is no such list"))?;
                if !self.change.deps().is_empty() {
                    return Err(Refusal::malformed("lists are made when the document is made"));
                }
                self.made.insert((me.counter(), me.actor().to_bytes().to_vec()), Node::Container(container));
                Ok(None)
            }
            (Node::Container(container), OpType::Make(_)) => {
                let place = place_named(container, key)
                    .ok_or_else(|| Refusal::malformed("the name of the entry is no identifier"))?;
                if !self.standing_before(container, key) {
                    self.made.insert((me.counter(), me.actor().to_bytes().to_vec()), Node::Place(place.clone()));
                    return Ok(Some(Write { place, field: None, value: None, existed: false }));
                }
                Err(Refusal::malformed("an entry is made once"))
            }
            (Node::Root, OpType::Put(value)) => {
                Self::field(Place::Header, existed && !self.change.deps().is_empty(), key, value)
            }
            (Node::Place(place), OpType::Put(value)) => Self::field(place, existed, key, value),
            _ => Err(Refusal::malformed("the change does not keep the document's layout")),
        }
    }

    fn field(place: Place, existed: bool, key: &str, value: &ScalarValue) -> Result<Option<Write>, Refusal> {
        let field = Field::find(&place, key).ok_or_else(|| Refusal::malformed(format!("there is no field {key:?}")))?;
        let value = match value {
            ScalarValue::Str(text) => Scalar::Text(text.to_string()),
            ScalarValue::Int(number) => Scalar::Integer(*number),
            ScalarValue::Boolean(flag) => Scalar::Flag(*flag),
            _ => {
                return Err(Refusal::malformed(format!("{key:?} has a value of an unknown type")));
            }
        };
        if !field.accepts(&value) {
            return Err(Refusal::malformed(format!("{key:?} cannot have this value")));
        }
        Ok(Some(Write { place, field: Some(field), value: Some(value), existed }))
    }

    /// Whether the author saw an entry with this key in a container already.
    fn standing_before(&self, container: &str, key: &str) -> bool {
        let inner = self.document.inner();
        let deps = self.change.deps();
        match inner.get_at(ROOT, container, deps) {
            Ok(Some((_, id))) if !deps.is_empty() => {
                matches!(inner.get_at(&id, key, deps), Ok(Some(_)))
            }
            _ => false,
        }
    }
}

fn container_named(key: &str) -> Option<&'static str> {
    [LINES, INVOICES, COMMENTS].into_iter().find(|container| *container == key)
}

fn place_named(container: &str, key: &str) -> Option<Place> {
    // One spelling of an id only, so that two keys cannot mean one line.
    let canonical = |text: String| text == key;
    match container {
        LINES => key.parse().ok().filter(|id: &budget::LineId| canonical(id.to_string())).map(Place::Line),
        INVOICES => key.parse().ok().filter(|id: &budget::InvoiceId| canonical(id.to_string())).map(Place::Invoice),
        COMMENTS => key.parse().ok().map(Place::Comment),
        _ => None,
    }
}

fn object_bytes(object: &ObjectId) -> Vec<u8> {
    match object {
        ObjectId::Root => Vec::new(),
        ObjectId::Id(id) => {
            let mut bytes = id.counter().to_be_bytes().to_vec();
            bytes.extend_from_slice(id.actor().to_bytes());
            bytes
        }
    }
}
