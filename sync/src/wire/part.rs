//! Views that are larger than a frame, in pieces.

use budget::Timestamp;

use super::{LARGEST_FRAME, ServerFrame, ViewFrame};

/// A piece of a view that is larger than a frame; pieces come in order.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ViewPart {
    /// Its name, see [`crate::view`].
    #[n(0)]
    pub name: String,
    /// When the authority computed it.
    #[n(1)]
    pub as_of: Timestamp,
    /// Where in the whole JSON this piece begins.
    #[n(2)]
    pub offset: u64,
    /// How long the whole JSON is.
    #[n(3)]
    pub total: u64,
    /// The piece.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub json: Vec<u8>,
    /// The signature of the whole view, as in [`ViewFrame`].
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
    /// The mark of the whole view, as in [`ViewFrame`].
    #[cbor(n(6), with = "minicbor::bytes", skip_if = "Vec::is_empty")]
    pub mark: Vec<u8>,
}

impl ViewPart {
    /// Whether `next` is the piece after this one.
    pub(crate) fn continues_with(&self, next: &Self) -> bool {
        (&self.name, self.as_of, self.total, &self.signature) == (&next.name, next.as_of, next.total, &next.signature)
            && next.offset == self.json.len() as u64
    }
}

/// Bytes of a view's JSON that go into one piece.
const PART: usize = LARGEST_FRAME / 2;

impl ViewFrame {
    /// The frames that tell this view: one, or as many pieces as it needs.
    pub fn frames(self) -> Vec<ServerFrame> {
        if self.json.len() <= PART {
            return vec![ServerFrame::View(self)];
        }
        let total = self.json.len() as u64;
        let pieces = (0u64..).step_by(PART).zip(self.json.chunks(PART));
        let part = |(offset, json): (u64, &[u8])| {
            ServerFrame::ViewPart(ViewPart {
                name: self.name.clone(),
                as_of: self.as_of,
                offset,
                total,
                json: json.to_vec(),
                signature: self.signature.clone(),
                mark: self.mark.clone(),
            })
        };
        pieces.map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_of_any_size_is_told_in_frames_that_fit() {
        for length in [0, 10, PART, PART + 1, 3 * PART + 7] {
            let json: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let view = ViewFrame {
                name: "budget".into(),
                as_of: Timestamp(7),
                json: json.clone(),
                signature: vec![1; 64],
                mark: vec![5; 4],
            };
            let frames = view.clone().frames();
            assert_eq!(frames.len(), length.div_ceil(PART).max(1));
            let mut replica = crate::Replica::new(budget::DeviceId([1; 16]), budget::PersonId([1; 16]));
            for frame in frames {
                let bytes = super::super::encode(&frame);
                assert!(bytes.len() <= LARGEST_FRAME);
                assert_eq!(replica.view("budget"), None, "not before it is whole");
                replica.receive(super::super::decode(&bytes).unwrap());
            }
            assert_eq!(replica.view("budget"), Some(&view));
        }
    }

    #[test]
    fn pieces_of_different_views_are_never_put_together() {
        let view = |as_of: i64| ViewFrame {
            name: "budget".into(),
            as_of: Timestamp(as_of),
            json: vec![7; PART + 1],
            signature: vec![u8::try_from(as_of).unwrap(); 64],
            mark: Vec::new(),
        };
        let (old, new) = (view(1).frames(), view(2).frames());
        let mut replica = crate::Replica::new(budget::DeviceId([1; 16]), budget::PersonId([1; 16]));
        for frame in [&old[0], &new[1], &old[1], &new[0], &new[1]] {
            replica.receive(frame.clone());
        }
        assert_eq!(replica.view("budget"), Some(&view(2)));
    }
}
