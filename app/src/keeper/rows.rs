//! Where rows of a replica, and what a page shows of it, lie in the database.

use budget::PersonId;
use sync::Shown;
use sync::view::{BUDGET, COMPANY, FINGERPRINTS};
use sync::wire::ViewFrame;

use crate::device::store::{self, Store, StoreError, Write};

/// The stores that hold replica rows.
pub(super) const ROW_STORES: [Store; 5] = [Store::Documents, Store::Outbox, Store::Pending, Store::Views, Store::Meta];

/// The prefixes of replica rows in their stores; anything else beside them is not the replica's.
pub(super) const ROW_PREFIXES: [&str; 6] = ["change/", "outgoing/", "refused/", "status/", "view/", "cursor"];

/// Beside the replica's rows: each request as a page shows it, for a first paint without the replica.
pub(super) const SHOWN: &str = "shown/";

/// The key of a person's row in the database.
pub(crate) fn own(person: PersonId, key: &str) -> String {
    format!("{person}/{key}")
}

/// The store that holds a replica's row.
pub(super) fn store_of(key: &str) -> Store {
    match key.split('/').next().unwrap_or_default() {
        "change" => Store::Documents,
        "outgoing" => Store::Outbox,
        "refused" => Store::Pending,
        "status" | "view" => Store::Views,
        _ => Store::Meta,
    }
}

/// The write that keeps a request as it is shown.
pub(super) fn keep_shown(person: PersonId, shown: &Shown) -> Write {
    let key = own(person, &format!("{SHOWN}{}", shown.request));
    if shown.is_nothing() {
        Write::Delete(Store::Views, key)
    } else {
        Write::put(Store::Views, key, minicbor::to_vec(shown).unwrap_or_default())
    }
}

/// What a page shows before the keeper has opened the replica.
pub(crate) struct First {
    pub(crate) requests: Vec<Shown>,
    pub(crate) views: Vec<ViewFrame>,
    /// Whether this is all there is; if not, the keeper is waited for.
    pub(crate) whole: bool,
}

/// Reads what a page shows first.
pub(crate) async fn first(person: PersonId) -> Result<First, StoreError> {
    let found = store::scan(Store::Views, &own(person, SHOWN)).await?;
    let requests: Vec<Shown> = found.iter().filter_map(|(_, bytes)| minicbor::decode(&bytes.to_vec()).ok()).collect();
    let mut views = Vec::new();
    for name in [COMPANY, BUDGET, FINGERPRINTS] {
        if let Some(bytes) = store::get(Store::Views, &own(person, &format!("view/{name}"))).await?
            && let Ok(frame) = minicbor::decode::<ViewFrame>(&bytes.to_vec())
        {
            views.push(frame);
        }
    }
    // A device that kept rows before it kept these has more to show than is found here.
    let whole = !requests.is_empty() || store::keys(Store::Documents, &own(person, "")).await?.is_empty();
    Ok(First { requests, views, whole })
}
