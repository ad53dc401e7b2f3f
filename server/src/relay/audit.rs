//! The daily audit of the cursor: whether a device has what its person may read.
//!
//! Promise: the answer is counted from the log itself, from its beginning, for this one person; what
//! a device was told earlier plays no part in it.

use budget::RequestId;
use sync::DocumentKey;
use sync::inventory::Inventory;
use sync::view::RequestView;
use sync::wire::{Audited, Item};

use super::catch_up::Source;
use super::session::{End, Session};
use crate::authority::log;
use crate::store::StoreError;

/// Changes and statuses that are read at once.
const PAGE: usize = 1_024;

impl Session<'_> {
    /// Says whether the device has the same, or what there is.
    pub(super) async fn audit(&mut self, root: &[u8; 32]) -> Result<(), End> {
        // What is new goes out first, so that both count the same.
        self.catch_up(Source::Rows).await?;
        let mut inventory = Inventory::new();
        let mut cursor = 0;
        loop {
            let (person, company) = (self.caller.person, self.app.company.clone());
            let page = self.read(move |connection| {
                let books = company.books(connection)?;
                log::since(connection, &books, person, cursor, PAGE)
            });
            let page = page.await?;
            for item in &page.items {
                count(&mut inventory, item).map_err(|error| {
                    tracing::error!(%error, "an audit could not be counted");
                    End::Closing("unavailable")
                })?;
            }
            cursor = page.cursor;
            if !page.more || cursor >= self.cursor {
                break;
            }
        }
        for frame in Audited::frames(root, &inventory) {
            self.out.send(&frame).await?;
        }
        Ok(())
    }
}

fn count(inventory: &mut Inventory, item: &Item) -> Result<(), StoreError> {
    match item {
        Item::Changes { document, changes } => {
            let sum = inventory.entry(*document).or_default();
            for change in changes {
                sum.add(&change.hash);
            }
        }
        Item::Status { request, json } => {
            let view: RequestView =
                serde_json::from_slice(json).map_err(|error| StoreError::corrupt(format!("{request}: {error}")))?;
            inventory.entry(claim(*request)).or_default().status = Some(view.as_of);
        }
        Item::Gone { .. } => {}
    }
    Ok(())
}

const fn claim(request: RequestId) -> DocumentKey {
    DocumentKey::Claim(request)
}
