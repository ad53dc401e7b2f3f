//! The documents of a claim: a strip of small pictures, the ways to add one, and what has to be said about files.

use budget::InvoiceId;
use leptos::prelude::*;
use sync::document::ClaimInvoice;

use super::Sight;
use crate::parts::Tone;
use crate::parts::button::IconButton;
use crate::parts::file_pick::{FilePick, FileSource};
use crate::parts::icon::{Glyph, Icon, IconSize};
use crate::parts::notice::Notice;
use crate::parts::photo::{Photos, Thumbnail};
use crate::state::capture::Remark;
use crate::state::duplicate::Seen;
use crate::text::{error, text};

/// The strip.
#[component]
pub(in crate::pages) fn Invoices(
    sight: Sight,
    /// Documents may be added.
    editable: bool,
) -> impl IntoView {
    let desk = sight.desk;
    let keys = move || {
        // A picture that arrives later draws its own tile anew.
        sight.read(|content| {
            content.invoices.iter().map(|invoice| (invoice.id, invoice.preview.clone())).collect::<Vec<_>>()
        })
    };
    let seen = Memo::new(move |_| {
        let content = sight.content.get();
        content.map(|content| desk.duplicates(sight.id, &content)).unwrap_or_default()
    });
    let take = move |event: leptos::ev::Event| {
        desk.capture_chosen(sight.id, &event);
    };
    let way = move |source, icon, label: &'static str, test| {
        view! { <FilePick source class="invoice-way" on_pick=take test><Glyph icon size=IconSize::Medium/>{label}</FilePick> }
    };
    let ways = move || {
        editable.then(|| {
            view! {
                <div class="invoice-ways">
                    {way(FileSource::Camera, Icon::Camera, text().action.take_photo, "add-camera")}
                    {way(FileSource::Gallery, Icon::Picture, text().action.from_gallery, "add-gallery")}
                    {way(FileSource::Files, Icon::File, text().action.from_file, "add-file")}
                </div>
            }
        })
    };
    let some = Memo::new(move |_| sight.read(|content| !content.invoices.is_empty()));
    let photos = move || {
        some.get().then(|| {
            view! {
                <Photos>
                    <For
                        each=keys key=|key| key.clone()
                        children=move |(id, _)| view! { <Tile sight id seen/> }
                    />
                </Photos>
            }
        })
    };
    let strip = move || (editable || some.get()).then(|| view! { <div class="card card-flush">{photos}{ways()}</div> });
    view! {
        {strip}
        {move || editable.then(|| view! { <Remarks sight/> })}
        {move || warnings(sight, &seen.get())}
    }
    .into_any()
}

#[component]
fn Tile(sight: Sight, id: InvoiceId, seen: Memo<std::collections::BTreeMap<InvoiceId, Seen>>) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let invoice: Option<ClaimInvoice> = sight.content.with_untracked(|content| content.as_ref()?.invoice(id).cloned());
    let invoice = invoice?;
    let number = sight.read(|content| content.invoices.iter().position(|other| other.id == id)).unwrap_or_default() + 1;
    let kind = kind_word(&invoice);
    let note = Signal::derive(move || {
        if desk.reading.with(|reading| reading.contains(&id)) {
            Some(String::from(words.reading))
        } else {
            seen.with(|seen| seen.contains_key(&id)).then(|| String::from(text().pages.claims.duplicate))
        }
    });
    let label = format!("{} {}", (text().device.photo)(number), invoice.file_name);
    Some(view! {
        <span data-test="invoice">
            <Thumbnail label src=desk.picture(&invoice.preview) kind note on_press=move || sight.invoice.set(Some(id))/>
        </span>
    })
}

/// The kind of file in a word: `PDF`.
pub(super) fn kind_word(invoice: &ClaimInvoice) -> String {
    let ending = invoice.file_name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    if (1..=4).contains(&ending.len()) { ending.to_ascii_uppercase() } else { String::new() }
}

/// What has to be said about files that were just captured.
#[component]
fn Remarks(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let here = move || {
        desk.remarks
            .with(|remarks| remarks.iter().filter(|remark| remark.request == sight.id).cloned().collect::<Vec<_>>())
    };
    let one = move |remark: Remark| {
        // Another file of the same invoice is good news; a file that was not taken is not.
        let tone = if remark.code == "same_invoice" { Tone::Neutral } else { Tone::Warn };
        let sentence = remark.words.clone().unwrap_or_else(|| String::from(error(&remark.code)));
        let title = remark.file.clone();
        let gone = remark.clone();
        let dismiss = move || desk.remarks.update(|remarks| remarks.retain(|other| *other != gone));
        view! {
            <div data-test="remark" data-code=remark.code>
                <Notice
                    tone title words=sentence
                    action=move || view! { <IconButton label=text().action.close icon=Icon::Close on_press=dismiss/> }
                />
            </div>
        }
    };
    move || here().into_iter().map(one).collect_view()
}

/// Invoices that were seen before, whether captured now or long ago.
fn warnings(sight: Sight, seen: &std::collections::BTreeMap<InvoiceId, Seen>) -> Vec<AnyView> {
    let words = &text().pages.claim;
    let named = |id: &InvoiceId| {
        sight.content.with_untracked(|content| {
            let invoice = content.as_ref()?.invoice(*id)?;
            Some(if invoice.seller.is_empty() { invoice.file_name.clone() } else { invoice.seller.clone() })
        })
    };
    seen.iter()
        .map(|(id, seen)| {
            let title = (words.seen_title)(&named(id).unwrap_or_default());
            let sentence = match seen {
                Seen::Here { title, .. } => (words.seen_here)(&super::super::frame::named(title.clone())),
                Seen::Elsewhere { on } => (words.seen_elsewhere)(on),
            };
            view! { <div data-test="duplicate"><Notice tone=Tone::Bad title words=sentence/></div> }.into_any()
        })
        .collect()
}
