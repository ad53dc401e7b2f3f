//! One request as a device shows it: everything that a page needs of a [`Replica`], without the merge engine.
//!
//! Promise: it holds no decision of its own. It is copied out of the replica, may be kept for a fast first paint, and is
//! made anew from the replica whenever that changed.

use budget::RequestId;

use crate::document::Content;
use crate::replica::{RefusedWork, Replica, Work};
use crate::view::RequestView;
use crate::{DocumentKey, Record};

/// One request of a replica.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Shown {
    /// Which.
    #[n(0)]
    pub request: RequestId,
    /// The claim, accepted and pending together; empty when the device has only its status.
    #[n(1)]
    pub claim: Content,
    /// The comments.
    #[n(2)]
    pub thread: Content,
    /// JSON of a [`RequestView`]: how it stands with the authority; empty when that was never told.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub status: Vec<u8>,
    /// Bodies of the records that wait for the relay's answer.
    #[n(4)]
    pub records: Vec<minicbor::bytes::ByteVec>,
    /// Whether anything of it waits for the relay.
    #[n(5)]
    pub waiting: bool,
    /// What came back, by its number in the replica, oldest first.
    #[n(6)]
    pub refused: Vec<(u64, RefusedWork)>,
}

impl Shown {
    /// Nothing is known of this request yet.
    pub fn nothing(request: RequestId) -> Self {
        Self {
            request,
            claim: Content::default(),
            thread: Content::default(),
            status: Vec::new(),
            records: Vec::new(),
            waiting: false,
            refused: Vec::new(),
        }
    }

    /// One request of a replica.
    pub fn of(replica: &Replica, request: RequestId) -> Self {
        let content = |key| replica.document(&key).map(Content::of).unwrap_or_default();
        let body = |work: &Work| match work {
            Work::Record(record) => Some(record.body.clone().into()),
            Work::Change { .. } => None,
        };
        let waiting: Vec<&Work> = replica.work_of(request).collect();
        Self {
            request,
            claim: content(DocumentKey::Claim(request)),
            thread: content(DocumentKey::Thread(request)),
            status: replica.status(request).and_then(|status| serde_json::to_vec(status).ok()).unwrap_or_default(),
            records: waiting.iter().copied().filter_map(body).collect(),
            waiting: !waiting.is_empty(),
            refused: replica
                .refused()
                .filter(|(_, work)| work.request() == Some(request))
                .map(|(order, work)| (order, work.clone()))
                .collect(),
        }
    }

    /// Whether the device knows anything of it.
    pub fn is_nothing(&self) -> bool {
        self.claim.is_empty() && self.status.is_empty() && !self.waiting && self.refused.is_empty()
    }

    /// How it stands with the authority, if that was told.
    pub fn status(&self) -> Option<RequestView> {
        serde_json::from_slice(&self.status).ok()
    }

    /// The records that wait for the relay's answer.
    pub fn records(&self) -> Vec<Record> {
        self.records.iter().filter_map(|body| Record::parse(body).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Claim, Thread};
    use crate::{Edit, Field, Place, Scalar};
    use budget::{DeviceId, PersonId, Timestamp};

    #[test]
    fn a_page_sees_what_the_replica_has() {
        let (device, me, request) = (DeviceId([1; 16]), PersonId([2; 16]), RequestId([3; 16]));
        let key = DocumentKey::Claim(request);
        let mut replica = Replica::new(device, me);
        let check = |replica: &Replica| {
            let shown = Shown::of(replica, request);
            assert_eq!(Claim::of(&shown.claim), replica.claim(request));
            assert_eq!(Thread::of(&shown.thread), replica.thread(request));
            assert_eq!(shown.records(), replica.waiting_records(request).collect::<Vec<_>>());
            assert_eq!(shown.waiting, replica.waiting().contains(&request));
            let bytes = minicbor::to_vec(&shown).unwrap();
            assert_eq!(minicbor::decode::<Shown>(&bytes).unwrap(), shown);
            shown
        };
        assert!(check(&replica).is_nothing());
        let line = Place::Line(budget::LineId([4; 16]));
        let values = vec![
            (Field::Amount, Scalar::Integer(100)),
            (Field::Date, Scalar::Text("2026-06-02".into())),
            (Field::Account, Scalar::Text("TAXI".into())),
        ];
        let header = vec![(Field::Title, Scalar::Text("打车".into())), (Field::Department, Scalar::Text("MKT".into()))];
        for edit in [
            Edit::CreateClaim { owner: me, at: Timestamp(1) },
            Edit::Put { place: Place::Header, values: header },
            Edit::Put { place: line, values },
        ] {
            let unsigned = replica.edit(key, edit, Timestamp(1), [5; 8]).unwrap().unwrap();
            let _ = replica.signed(unsigned.order, vec![0; 64]);
        }
        assert!(check(&replica).waiting);
        let unsigned = replica.submission(request, Timestamp(2), [6; 16]).unwrap();
        let _ = replica.queue_record(&unsigned, vec![0; 64]);
        assert_eq!(check(&replica).records(), [unsigned.record]);
    }
}
