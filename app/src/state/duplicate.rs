//! Whether an invoice was claimed before: known at capture, offline, before anything is sent.
//!
//! Promise: of other people's claims nothing is said but the day. The authority decides; this only warns early.

use std::collections::BTreeMap;

use budget::{InvoiceId, RequestId};
use ocr::Identity;
use sync::document::Claim;
use sync::view::FingerprintView;

use super::mirror::Mirror;

/// Where an invoice was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// In another claim that this device has.
    Here {
        /// Which.
        request: RequestId,
        /// What it is called.
        title: String,
    },
    /// In a claim of somebody, handed in on this day.
    Elsewhere {
        /// The day, `2026-10-12`.
        on: String,
    },
}

/// The invoices of a claim of one's own that were seen before. Of others' claims the authority knows, and says so.
pub(crate) fn of(
    mirror: &Mirror,
    fingerprints: &FingerprintView,
    request: RequestId,
    claim: &Claim,
) -> BTreeMap<InvoiceId, Seen> {
    let own = claim.owner == mirror.person();
    let named = claim.invoices.iter().filter(|invoice| own && !invoice.identity.is_empty());
    named.filter_map(|invoice| Some((invoice.id, seen(mirror, fingerprints, request, &invoice.identity)?))).collect()
}

/// Where an invoice was seen, other than in `request`.
pub(crate) fn seen(
    mirror: &Mirror,
    fingerprints: &FingerprintView,
    request: RequestId,
    identity: &str,
) -> Option<Seen> {
    let same = |other: &Claim| other.invoices.iter().any(|invoice| invoice.identity == identity);
    for other in mirror.requests() {
        if other == request {
            continue;
        }
        if let Some(claim) = mirror.read(other).filter(|claim| claim.owner == mirror.person() && same(claim)) {
            return Some(Seen::Here { request: other, title: claim.title.clone() });
        }
    }
    let identity = Identity::try_from(identity.to_owned()).ok()?;
    let key = hex::decode(&fingerprints.key).ok().filter(|key| !key.is_empty())?;
    let sighting = fingerprints.seen.get(&hex::encode(identity.fingerprint(&key)))?;
    if sighting.request == Some(request) {
        return None;
    }
    Some(Seen::Elsewhere { on: sighting.on.clone() })
}
