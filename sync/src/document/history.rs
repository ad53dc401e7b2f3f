//! History: who changed which field, when, from what to what (谁在何时把 5,200 改为 9,200).
//!
//! Promise: it is read from the changes themselves, so it says what was written and what its author
//! saw there, also where two people wrote at the same time; nothing overwritten is left out.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ObjType, ScalarValue};
use budget::{DeviceId, PersonId, Timestamp};

use super::{Document, Edit, Field, Place, Scalar, is_actor_of, place};

/// One field that was written (修改记录).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The change that did it.
    pub change: [u8; 32],
    /// Under which actor; its device is [`Edited::is_by`]'s answer.
    pub actor: [u8; 16],
    /// When, by the writer's clock, to the second.
    pub at: Timestamp,
    /// Where.
    pub place: Place,
    /// Which field.
    pub field: Field,
    /// What stood there as the writer saw it: nothing, one value, or several that this one settled.
    pub before: Vec<Scalar>,
    /// What they wrote.
    pub after: Scalar,
}

impl Edited {
    /// Whether this device wrote it.
    pub fn is_by(&self, device: DeviceId) -> bool {
        is_actor_of(&self.actor, device)
    }
}

type Name = (u64, Vec<u8>);

fn name(id: &OpId) -> Name {
    (id.counter(), id.actor().to_bytes().to_vec())
}

#[derive(Clone)]
enum Map {
    Container(String),
    Place(Place),
}

/// What stands in the document as the changes go by.
#[derive(Default)]
struct Walk {
    maps: BTreeMap<Name, Map>,
    /// The values of each key of each map, each with the operation that wrote it.
    standing: BTreeMap<(Option<Name>, String), BTreeMap<Name, Scalar>>,
    history: Vec<Edited>,
}

impl Walk {
    /// What an operation wrote, if it wrote a field.
    fn operation(&mut self, me: Name, operation: &Op) -> Option<(Place, Field, Vec<Scalar>, Scalar)> {
        let Key::Map(key) = &operation.key else { return None };
        let object = match &operation.obj {
            ObjectId::Root => None,
            ObjectId::Id(id) => Some(name(id)),
        };
        let inside = match &object {
            None => None,
            Some(object) => Some(self.maps.get(object)?.clone()),
        };
        if let OpType::Make(ObjType::Map) = operation.action {
            let made = match inside {
                None => Map::Container(key.to_string()),
                Some(Map::Container(container)) => Map::Place(place::named(&container, key)?),
                Some(Map::Place(_)) => return None,
            };
            self.maps.insert(me, made);
            return None;
        }
        let place = match inside {
            None => Place::Header,
            Some(Map::Place(place)) => place,
            Some(Map::Container(_)) => return None,
        };
        let field = Field::find(&place, key)?;
        let standing = self.standing.entry((object, key.to_string())).or_default();
        let mut before: Vec<Scalar> = operation.pred.iter().filter_map(|id| standing.remove(&name(id))).collect();
        let after = match &operation.action {
            OpType::Put(value) => {
                let after = scalar(value)?;
                standing.insert(me, after.clone());
                after
            }
            // Somebody chose one of several values: the others were taken away.
            OpType::Delete => {
                let after = standing.values().next_back()?.clone();
                before.push(after.clone());
                after
            }
            _ => return None,
        };
        before.sort();
        before.dedup();
        Some((place, field, before, after))
    }
}

impl Document {
    /// Everything that was written, oldest first. What a reader of an older layout does not know is
    /// left out.
    pub fn history(&self) -> Vec<Edited> {
        let mut walk = Walk::default();
        for change in self.inner.get_changes(&[]) {
            let expanded = change.decode();
            let Ok(actor) = <[u8; 16]>::try_from(expanded.actor_id.to_bytes()) else {
                continue;
            };
            // Automerge's time is in seconds.
            let at = Timestamp(expanded.time.saturating_mul(1_000));
            for (number, operation) in (expanded.start_op.get()..).zip(&expanded.operations) {
                if let Some((place, field, before, after)) = walk.operation((number, actor.to_vec()), operation) {
                    walk.history.push(Edited { change: change.hash().0, actor, at, place, field, before, after });
                }
            }
        }
        walk.history
    }

    /// What somebody wanted with one change, so that it can be done again elsewhere.
    pub(crate) fn wanted(&self, change: &[u8; 32]) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        let (mut owner, mut begun) = (None::<PersonId>, None);
        for edited in self.history().into_iter().filter(|edited| edited.change == *change) {
            match (edited.field, &edited.after) {
                (Field::Owner, Scalar::Text(person)) => owner = person.parse().ok(),
                (Field::CreatedAt, Scalar::Integer(at)) => begun = Some(Timestamp(*at)),
                (field, _) if field.is_fixed() => {}
                (field, value) => match edits.last_mut() {
                    Some(Edit::Put { place, values }) if *place == edited.place => values.push((field, value.clone())),
                    _ => edits.push(Edit::set(edited.place, field, value.clone())),
                },
            }
        }
        if let (Some(owner), Some(at)) = (owner, begun) {
            edits.insert(0, Edit::CreateClaim { owner, at });
        }
        edits
    }
}

fn scalar(value: &ScalarValue) -> Option<Scalar> {
    match value {
        ScalarValue::Str(text) => Some(Scalar::Text(text.to_string())),
        ScalarValue::Int(number) => Some(Scalar::Integer(*number)),
        ScalarValue::Boolean(flag) => Some(Scalar::Flag(*flag)),
        _ => None,
    }
}
