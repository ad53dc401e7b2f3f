//! What the authority tells a person, counted for them and signed.
//!
//! Promise: a view is read from committed rows at the moment that it names; one that says nothing new
//! is not sent; and everybody can check that it is ours.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::{PersonId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use sync::view::{BUDGET, COMPANY, FINGERPRINTS, FingerprintView};
use sync::wire::{self, LARGEST_FRAME, ViewFrame};

use super::session::{End, Session};
use crate::authority::view;
use crate::company::Company;
use crate::random::sha256;
use crate::store::StoreError;

/// Bytes of fingerprints that every device keeps at most.
const LARGEST_VIEW: usize = LARGEST_FRAME - 1024;

/// The views, in the order in which a device needs them.
pub(super) const NAMES: [&str; 3] = [COMPANY, BUDGET, FINGERPRINTS];

impl Session<'_> {
    /// Sends those of these views that differ from what the device has.
    pub(super) async fn send_views(&mut self, wanted: BTreeSet<&'static str>) -> Result<(), End> {
        let views = self.differing_views(wanted).await?;
        self.tell_views(views).await
    }

    /// Those of these views that differ from what the device has.
    pub(super) async fn differing_views(&mut self, wanted: BTreeSet<&'static str>) -> Result<Vec<Told>, End> {
        let (person, now, company) = (self.caller.person, self.now(), self.app.company.clone());
        let views = self.read(move |connection| read_views(connection, &company, &wanted, person, now)).await?;
        let Some(views) = views else {
            return Err(End::Closing("revoked"));
        };
        let differ = views.into_iter().filter(|(name, _, mark)| self.views.get(name) != Some(mark));
        Ok(differ.map(|(name, json, mark)| Told { name, now, json, mark }).collect())
    }

    /// Sends them, each in as many frames as it needs.
    pub(super) async fn tell_views(&mut self, views: Vec<Told>) -> Result<(), End> {
        for told in views {
            for frame in signed(&self.relay.0.key, &told).frames() {
                self.out.send(&frame).await?;
            }
            self.views.insert(told.name, told.mark);
        }
        Ok(())
    }
}

/// A view that is to be told.
pub(super) struct Told {
    name: &'static str,
    now: Timestamp,
    json: Vec<u8>,
    mark: [u8; 4],
}

/// The views that a device says it has, as far as they are views of ours.
pub(super) fn known_views(known: &[u8]) -> BTreeMap<&'static str, [u8; 4]> {
    let view = |entry: &[u8]| {
        let (number, mark) = entry.split_first()?;
        let name = NAMES.into_iter().find(|name| wire::view_number(name) == Some(*number))?;
        Some((name, mark.try_into().ok()?))
    };
    known.chunks(5).filter_map(view).collect()
}

type Read = (&'static str, Vec<u8>, [u8; 4]);

/// `None` when the person is no longer with the company.
fn read_views(
    connection: &Connection,
    company: &Company,
    wanted: &BTreeSet<&'static str>,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<Vec<Read>>, StoreError> {
    let books = company.books(connection)?;
    let mut views = Vec::with_capacity(wanted.len());
    for name in NAMES.into_iter().filter(|name| wanted.contains(name)) {
        // The mark leaves the as-of time out: counting again and finding the same is no news.
        let (json, steady) = match name {
            COMPANY => match view::company(&books, person) {
                Some(view) => twice(&view)?,
                None => return Ok(None),
            },
            BUDGET => {
                let mut view = view::budget(connection, &books, now, person)?;
                let json = spelled(&view)?;
                view.as_of = Timestamp::default();
                (json, spelled(&view)?)
            }
            _ => twice(&newest(view::fingerprints(connection, person)?))?,
        };
        views.push((name, json, mark(&steady)));
    }
    Ok(Some(views))
}

/// As many of the newest invoices as a device keeps. Old ones are not forgotten: the authority knows all.
fn newest(mut view: FingerprintView) -> FingerprintView {
    // A fingerprint, a day, a request's id and the punctuation of JSON.
    const ENTRY: usize = 120;
    let most = LARGEST_VIEW / ENTRY;
    if view.seen.len() > most {
        let mut days: Vec<String> = view.seen.values().map(|sighting| sighting.on.clone()).collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        let oldest = days.get(most).cloned().unwrap_or_default();
        view.seen.retain(|_, sighting| sighting.on > oldest);
    }
    view
}

/// The JSON to send, and the same for comparing.
fn twice(view: &impl serde::Serialize) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
    let json = spelled(view)?;
    Ok((json.clone(), json))
}

fn spelled(view: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(view).map_err(|error| StoreError::corrupt(format!("a view cannot be written: {error}")))
}

fn mark(bytes: &[u8]) -> [u8; 4] {
    let mut short = [0; 4];
    for (to, from) in short.iter_mut().zip(sha256(&[bytes])) {
        *to = from;
    }
    short
}

fn signed(key: &SigningKey, told: &Told) -> ViewFrame {
    let signature = key.sign(&wire::view_message(told.name, told.now, &told.json)).to_bytes().to_vec();
    let (name, as_of, json) = (told.name.to_owned(), told.now, told.json.clone());
    ViewFrame { name, as_of, json, signature, mark: told.mark.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use budget::RequestId;
    use sync::view::Sighting;

    #[test]
    fn many_invoices_are_cut_to_the_newest_that_fit() {
        let sighting = |number: u32| {
            let on = format!("2026-{:02}-{:02}", number / 1_000 % 12 + 1, number / 36 % 28 + 1);
            (format!("{number:032x}"), Sighting { request: Some(RequestId([1; 16])), on })
        };
        let all = FingerprintView { key: "00".repeat(32), seen: (0..12_000).map(sighting).collect() };
        let cut = newest(all.clone());
        let json = spelled(&cut).unwrap();
        assert!(json.len() <= LARGEST_VIEW, "{}", json.len());
        assert!(cut.seen.len() > 8_000, "{}", cut.seen.len());
        let oldest = cut.seen.values().map(|sighting| &sighting.on).min();
        assert!(
            all.seen.iter().filter(|(name, _)| !cut.seen.contains_key(*name)).all(|(_, left)| Some(&left.on) < oldest)
        );
        assert_eq!(newest(cut.clone()), cut);
    }
}
