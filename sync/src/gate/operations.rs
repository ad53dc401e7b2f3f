//! Operations: which fields a change writes, read from the change itself.
//!
//! A difference of two documents is no gate: a write that loses a race shows no value, and a write
//! inside a deleted map shows nothing at all, yet both stay in the history. So every operation is
//! walked, and its predecessors must be exactly what its author saw.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{ActorId, Change, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue, Value};

use super::{Refusal, guarded};
use crate::document::place::{container_named, named as place_named};
use crate::view::codes;
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
        writes.extend(walk.write(node, existing.as_ref(), key, &operation.action, &me)?);
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
        let mut standing = standing;
        let mut given: Vec<OpId> = given.cloned().collect();
        in_order(&mut standing);
        in_order(&mut given);
        let left = match action {
            OpType::Put(_) | OpType::Make(ObjType::Map) if given == standing => vec![me.clone()],
            OpType::Put(_) | OpType::Make(ObjType::Map) => {
                return Err(Refusal::malformed("the change does not follow what its author saw"));
            }
            // Whoever chooses the value that the engine shows already only takes the others away.
            OpType::Delete => {
                let left: Vec<OpId> = standing.iter().filter(|id| !given.contains(id)).cloned().collect();
                let all_stand = given.iter().all(|id| standing.contains(id));
                if given.is_empty() || left.is_empty() || !all_stand {
                    return Err(Refusal::malformed("nothing is deleted but what lost against another value"));
                }
                left
            }
            _ => return Err(Refusal::malformed("documents hold maps and plain values")),
        };
        self.standing.insert(slot, left);
        Ok(())
    }

    fn write(
        &mut self,
        node: Node,
        existing: Option<&ObjId>,
        key: &str,
        action: &OpType,
        me: &OpId,
    ) -> Result<Option<Write>, Refusal> {
        let existed = existing.is_some();
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
                if !self.is_made(container, key) {
                    self.made.insert((me.counter(), me.actor().to_bytes().to_vec()), Node::Place(place.clone()));
                    return Ok(Some(Write { place, field: None, value: None, existed: false }));
                }
                Err(Refusal { code: codes::EXISTS, message: "an entry is made once".into() })
            }
            (Node::Root, OpType::Delete) => self.chosen(Place::Header, existed, &ROOT, key),
            (Node::Place(place), OpType::Delete) => match existing {
                Some(object) => self.chosen(place, existed, object, key),
                None => Err(Refusal::malformed("nothing was there to choose from")),
            },
            (Node::Root, OpType::Put(value)) => {
                Self::field(Place::Header, existed && !self.change.deps().is_empty(), key, value)
            }
            (Node::Place(place), OpType::Put(value)) => Self::field(place, existed, key, value),
            _ => Err(Refusal::malformed("the change does not keep the document's layout")),
        }
    }

    /// A conflict that is settled for one of the values that stand there.
    fn chosen(&self, place: Place, existed: bool, object: &ObjId, key: &str) -> Result<Option<Write>, Refusal> {
        let slot = (object_name(object), key.to_owned());
        let left = self.standing.get(&slot).map(Vec::as_slice).unwrap_or_default();
        let values =
            guarded("reading the past of", || self.document.inner().get_all_at(object, key, self.change.deps()))?
                .unwrap_or_default();
        let stays = |id: &ObjId| {
            left.iter().any(|left| matches!(id, ObjId::Id(counter, actor, _) if *counter == left.counter() && actor == left.actor()))
        };
        let value = values.iter().rev().find(|(_, id)| stays(id)).map(|(value, _)| value);
        match value {
            Some(Value::Scalar(value)) => Self::field(place, existed, key, value.as_ref()),
            _ => Err(Refusal::malformed("only plain values are chosen from")),
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

    /// Whether an entry with this key is in a container already, whether its author saw it or not:
    /// of two maps under one key the engine would hide one with everything in it.
    fn is_made(&self, container: &'static str, key: &str) -> bool {
        let inner = self.document.inner();
        let stands =
            matches!(inner.get(ROOT, container), Ok(Some((_, id))) if matches!(inner.get(&id, key), Ok(Some(_))));
        let made = self.place_made(container, key);
        stands || made
    }

    /// Whether this very change made the entry before.
    fn place_made(&self, container: &str, key: &str) -> bool {
        let place = place_named(container, key).map(Node::Place);
        place.is_some_and(|place| self.made.values().any(|made| *made == place))
    }
}

fn object_bytes(object: &ObjectId) -> Vec<u8> {
    match object {
        ObjectId::Root => Vec::new(),
        ObjectId::Id(id) => name(id.counter(), id.actor()),
    }
}

fn object_name(object: &ObjId) -> Vec<u8> {
    match object {
        ObjId::Root => Vec::new(),
        ObjId::Id(counter, actor, _) => name(*counter, actor),
    }
}

fn name(counter: u64, actor: &ActorId) -> Vec<u8> {
    let mut bytes = counter.to_be_bytes().to_vec();
    bytes.extend_from_slice(actor.to_bytes());
    bytes
}

fn in_order(ids: &mut [OpId]) {
    ids.sort_by(|a, b| (a.counter(), a.actor().to_bytes()).cmp(&(b.counter(), b.actor().to_bytes())));
}
