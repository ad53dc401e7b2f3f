//! The rescue file (救援文件): what this device has and the server does not, as a page that any browser shows.
//!
//! Promise: it is read without a server and without this program: words, amounts and originals are in it. This app takes all
//! of it back, into new drafts: what was handed in and never arrived is handed in anew by its person. Taken back twice it
//! makes one draft, and an original whose bytes do not have the hash of its name is not taken.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{PersonId, RequestId, Timestamp};
use serde::{Deserialize, Serialize};
use sync::document::{Claim, ClaimInvoice};
use sync::{Edit, Field, Scalar};

use super::mended;
use crate::text::format;
use crate::text::{language, text};

/// The element of the page with what the app takes back.
pub(crate) const ELEMENT: &str = "suanpan-rescue";
/// Raised when an older app could not take back what a newer one writes.
const VERSION: u32 = 1;
/// Pictures that every browser shows. Anything else is a file to save: a page must not run what it carries.
const PICTURES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// A request of the person that is to be rescued.
pub(crate) struct Unsent {
    /// Which.
    pub(crate) request: RequestId,
    /// What stands in it.
    pub(crate) claim: Claim,
    /// What was refused of it.
    pub(crate) refused: Vec<Edit>,
}

impl Unsent {
    /// The edits that make its content anew.
    fn edits(&self) -> Vec<Edit> {
        let edits = mended::new_draft(self.claim.owner, self.claim.created_at, Some(&self.claim), &self.refused);
        edits.into_iter().filter(|edit| matches!(edit, Edit::Put { .. })).collect()
    }
}

/// Why nothing could be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RescueError {
    /// It is no rescue file, or was changed.
    #[error("no rescue file")]
    Unreadable,
    /// A newer app wrote it.
    #[error("a rescue file of a newer app")]
    Newer,
    /// It is another person's.
    #[error("a rescue file of another person")]
    OfAnother,
}

impl RescueError {
    /// The stable code, for the table of texts.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "rescue_unreadable",
            Self::Newer => "newer_app",
            Self::OfAnother => "rescue_of_another",
        }
    }
}

/// What the app takes back.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    person: PersonId,
    requests: Vec<(RequestId, String)>,
}

/// A request out of a rescue file: which it was, and the edits that make its content anew.
pub(crate) type Rescued = (RequestId, Vec<Edit>);

/// The requests of a person out of what stands in [`ELEMENT`].
pub(crate) fn read(json: &str, person: PersonId) -> Result<Vec<Rescued>, RescueError> {
    let kept: Kept = serde_json::from_slice(json.as_bytes()).map_err(|_| RescueError::Unreadable)?;
    if kept.version > VERSION {
        return Err(RescueError::Newer);
    }
    if kept.person != person {
        return Err(RescueError::OfAnother);
    }
    let request = |(request, edits): (RequestId, String)| {
        let bytes = STANDARD.decode(edits).ok()?;
        let edits: Vec<Edit> = minicbor::decode(&bytes).ok()?;
        // Only what writes content: a file from outside begins nothing and upgrades nothing.
        edits.iter().all(|edit| matches!(edit, Edit::Put { .. })).then_some((request, edits))
    };
    kept.requests.into_iter().map(request).collect::<Option<_>>().ok_or(RescueError::Unreadable)
}

/// Whether a claim says the same as what is taken back.
pub(crate) fn says_same(claim: &Claim, edits: &[Edit]) -> bool {
    Unsent { request: RequestId::default(), claim: claim.clone(), refused: Vec::new() }.edits() == edits
}

/// The originals and previews that these edits name, by their hashes in hex, with the media type.
pub(crate) fn originals(edits: &[Edit]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for edit in edits {
        let Edit::Put { values, .. } = edit else { continue };
        let text = |wanted| values.iter().find(|(field, _)| *field == wanted).and_then(|(_, value)| value.text());
        let media_type = text(Field::MediaType).unwrap_or("application/octet-stream");
        found.extend(text(Field::Blob).map(|sha256| (sha256.to_owned(), media_type.to_owned())));
        found.extend(text(Field::Preview).map(|sha256| (sha256.to_owned(), "image/jpeg".to_owned())));
    }
    found
}

/// A piece of the page: text, or an original that is written there in base64.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it is.
    Text(String),
    /// The original of this hash in hex.
    Original(String),
}

/// The page. `here` are the originals that this device has.
pub(crate) fn page(
    person: (PersonId, &str),
    at: Timestamp,
    unsent: &[Unsent],
    here: &BTreeSet<String>,
) -> Result<Vec<Piece>, serde_json::Error> {
    let words = &text().pages.rescue;
    let edits = |unsent: &Unsent| STANDARD.encode(minicbor::to_vec(unsent.edits()).unwrap_or_default());
    let requests = unsent.iter().map(|unsent| (unsent.request, edits(unsent))).collect();
    let kept = serde_json::to_string(&Kept { version: VERSION, person: person.0, requests })?;
    let title = escaped(&(words.page_title)(person.1));
    let mut pieces = vec![Piece::Text(format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{} · {}</p>",
        language().tag(),
        at.china_date(),
        escaped(words.page_words),
    ))];
    let mut written = BTreeSet::new();
    for unsent in unsent {
        request(&mut pieces, unsent, here, &mut written);
    }
    pieces.push(Piece::Text(format!("<script type=\"application/json\" id=\"{ELEMENT}\">{kept}</script></html>")));
    Ok(pieces)
}

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.3rem .5rem;text-align:left}\
    .amount{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}section{margin:2rem 0}";

fn request(pieces: &mut Vec<Piece>, unsent: &Unsent, here: &BTreeSet<String>, written: &mut BTreeSet<String>) {
    let words = &text().pages.rescue;
    let claim = &unsent.claim;
    let title = if claim.title.is_empty() { text().pages.frame.untitled } else { &claim.title };
    let mut write = |html: String| pieces.push(Piece::Text(html));
    write(format!("<section><h2>{}</h2><p>{}</p><table>", escaped(title), escaped(&claim.purpose)));
    for heading in [words.date, words.description, words.account, words.amount] {
        write(format!("<th>{}</th>", escaped(heading)));
    }
    for line in &claim.lines {
        let date = line.date.map(|date| date.to_string()).unwrap_or_default();
        let account = line.block.account.as_ref().map(ToString::to_string).unwrap_or_default();
        let amount = line.amount.map(format::money).unwrap_or_default();
        write(format!(
            "<tr><td>{date}</td><td>{}</td><td>{}</td><td class=\"amount\">{amount}</td></tr>",
            escaped(&line.description),
            escaped(&account),
        ));
    }
    write("</table>".to_owned());
    for invoice in &claim.invoices {
        original(pieces, invoice, here, written);
    }
    for edit in &unsent.refused {
        pieces.extend(refused(edit).map(Piece::Text));
    }
    pieces.push(Piece::Text("</section>".to_owned()));
}

/// What was typed and refused, in plain sight.
fn refused(edit: &Edit) -> Option<String> {
    let Edit::Put { values, .. } = edit else { return None };
    let said = values.iter().map(|(field, value)| {
        let value = match value {
            Scalar::Text(text) => text.clone(),
            Scalar::Integer(number) => number.to_string(),
            Scalar::Flag(flag) => flag.to_string(),
        };
        format!("{}: {}", field.name(), escaped(&value))
    });
    Some(format!("<p>{}: {}</p>", escaped(text().pages.rescue.refused), said.collect::<Vec<_>>().join("; ")))
}

/// An original once, wherever it is named first; its preview is made from it and goes along for this app alone.
fn original(pieces: &mut Vec<Piece>, invoice: &ClaimInvoice, here: &BTreeSet<String>, written: &mut BTreeSet<String>) {
    let mut words: Vec<String> = vec![escaped(&invoice.file_name), escaped(&invoice.seller)];
    words.extend(invoice.total.map(format::money));
    words.retain(|word| !word.is_empty());
    pieces.push(Piece::Text(format!("<p>{}</p>", words.join(" · "))));
    if !here.contains(&invoice.blob) {
        pieces.push(Piece::Text(format!("<p>{}</p>", escaped(text().pages.rescue.elsewhere))));
    } else if written.insert(invoice.blob.clone()) {
        let media_type = invoice.media_type.as_str();
        let (before, after) = if PICTURES.contains(&media_type) {
            (format!("<img id=\"{}\" alt=\"\" src=\"data:{media_type};base64,", invoice.blob), "\">".to_owned())
        } else {
            let name = escaped(&invoice.file_name);
            let before = format!(
                "<p><a id=\"{}\" download=\"{name}\" href=\"data:application/octet-stream;base64,",
                invoice.blob
            );
            (before, format!("\">{name}</a></p>"))
        };
        pieces.extend([Piece::Text(before), Piece::Original(invoice.blob.clone()), Piece::Text(after)]);
    }
    if here.contains(&invoice.preview) && written.insert(invoice.preview.clone()) {
        let before = format!("<img hidden id=\"{}\" alt=\"\" src=\"data:image/jpeg;base64,", invoice.preview);
        pieces.extend([Piece::Text(before), Piece::Original(invoice.preview.clone()), Piece::Text("\">".to_owned())]);
    }
}

/// Text as it may stand in a page and in its attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
