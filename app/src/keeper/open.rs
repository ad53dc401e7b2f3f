//! Opening: from the rows on the disk to a replica, and to everything that the page shows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use budget::{DeviceId, PersonId, RequestId};
use sync::view::{BUDGET, COMPANY, FINGERPRINTS};
use sync::{Replica, Shown};

use super::program::{Keeper, tell};
use super::rows::{self, ROW_PREFIXES, ROW_STORES};
use super::word::Tell;
use crate::device::key::DeviceKey;
use crate::device::store::{self, StoreError, Write};
use crate::device::{random, task};

impl Keeper {
    /// Opens what this device has of a person, and tells it.
    pub(super) async fn open(login: &str, device: DeviceId, person: PersonId) -> Option<Rc<Self>> {
        let Ok(Some(key)) = DeviceKey::load(login).await else {
            tell(&[Tell::Failed("key_missing".to_owned())]);
            return None;
        };
        let (rows, kept) = match read(person).await {
            Ok(read) => read,
            Err(error) => {
                tell(&[Tell::Failed(error.code().to_owned())]);
                return None;
            }
        };
        let (mut replica, damaged) = Replica::open(device, person, rows);
        for name in damaged {
            task::log(&format!("a row on this device cannot be read and is left where it is: {name}"));
        }
        replica.number_in(u64::from_be_bytes(random::bytes()));
        let requests: Vec<Shown> = replica.requests().into_iter().map(|request| Shown::of(&replica, request)).collect();
        let keeper = Self::new(person, key, replica);
        keeper.tell_views();
        keeper.write(mended(person, &requests, &kept));
        tell(&[Tell::Opened { requests }]);
        Some(keeper)
    }

    fn tell_views(&self) {
        let held = self.held.borrow();
        for name in [COMPANY, BUDGET, FINGERPRINTS] {
            if let Some(view) = held.replica.view(name) {
                tell(&[Tell::View(view.clone())]);
            }
        }
    }
}

type Rows = Vec<(String, Vec<u8>)>;

/// The replica's rows, and beside them the requests as they were kept for the page.
async fn read(person: PersonId) -> Result<(Rows, Rows), StoreError> {
    let prefix = rows::own(person, "");
    let (mut replica, mut shown) = (Rows::new(), Rows::new());
    for from in ROW_STORES {
        for (name, bytes) in store::scan(from, &prefix).await? {
            let name = name.strip_prefix(&prefix).unwrap_or_default();
            if ROW_PREFIXES.iter().any(|kind| name.starts_with(kind)) {
                replica.push((name.to_owned(), bytes.to_vec()));
            } else if let Some(request) = name.strip_prefix(rows::SHOWN) {
                shown.push((request.to_owned(), bytes.to_vec()));
            }
        }
    }
    Ok((replica, shown))
}

/// The writes that bring what was kept for the page to what it is.
fn mended(person: PersonId, requests: &[Shown], kept: &[(String, Vec<u8>)]) -> Vec<Write> {
    let mut kept: BTreeMap<&str, &[u8]> = kept.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let mut writes = Vec::new();
    for shown in requests {
        let bytes = minicbor::to_vec(shown).unwrap_or_default();
        if kept.remove(shown.request.to_string().as_str()) != Some(bytes.as_slice()) {
            writes.push(rows::keep_shown(person, shown));
        }
    }
    let gone: BTreeSet<RequestId> = kept.keys().filter_map(|name| name.parse().ok()).collect();
    writes.extend(gone.into_iter().map(|request| rows::keep_shown(person, &Shown::nothing(request))));
    writes
}
