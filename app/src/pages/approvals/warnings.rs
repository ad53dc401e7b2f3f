//! What does not fit, before anything else: contradictions with their values side by side, the rest by kind.

use budget::{InvoiceId, Money};
use leptos::prelude::*;
use sync::view::{Warning, codes};

use crate::pages::claim::Sight;
use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::conflict::{Conflict, Side};
use crate::parts::icon::Icon;
use crate::parts::notice::Notice;
use crate::text::{error, format, text};

/// Warnings, compared as a whole.
#[derive(Clone, PartialEq)]
struct Listed(Vec<Warning>);

/// All warnings of a request, most important first.
#[component]
pub(super) fn Warnings(sight: Sight) -> impl IntoView {
    let warnings = Memo::new(move |_| {
        Listed(sight.status.with(|status| status.as_ref().map(|status| status.warnings.clone()).unwrap_or_default()))
    });
    move || {
        let all = warnings.get().0;
        let (conflicts, rest): (Vec<Warning>, Vec<Warning>) =
            all.into_iter().partition(|warning| warning.code == codes::WARNING_CONFLICT && warning.values.len() > 1);
        let mut kinds: Vec<(String, Vec<Warning>)> = Vec::new();
        for warning in rest {
            match kinds.iter_mut().find(|(code, _)| *code == warning.code) {
                Some((_, of_kind)) => of_kind.push(warning),
                None => kinds.push((warning.code.clone(), vec![warning])),
            }
        }
        view! {
            {conflicts.into_iter().map(|warning| conflict(sight, warning)).collect_view()}
            {kinds.into_iter().map(|(code, warnings)| kind(sight, code, warnings)).collect_view()}
        }
    }
}

fn file(sight: Sight, invoice: Option<InvoiceId>) -> Option<String> {
    let invoice = invoice?;
    sight.content.with(|content| content.as_ref()?.invoice(invoice).map(|invoice| invoice.file_name.clone()))
}

fn conflict(sight: Sight, warning: Warning) -> AnyView {
    let side = |(index, (from, value)): (usize, &(String, String))| Side {
        id: index.to_string(),
        from: source_words(from),
        value: Money::parse(value).map_or_else(|_| value.clone(), format::money),
    };
    let sides: Vec<Side> = warning.values.iter().enumerate().map(side).collect();
    let field = file(sight, warning.invoice).unwrap_or_else(|| String::from(text().pages.claim.invoice_total));
    let open = warning.invoice.map(|id| {
        view! {
            <Button
                label=text().action.open_original kind=ButtonKind::Quiet icon=Icon::File wide=true
                on_press=move || sight.invoice.set(Some(id))
            />
        }
    });
    view! {
        <section class="card stack" data-test="warning" data-code=warning.code>
            <Conflict field sides/>
            {open}
        </section>
    }
    .into_any()
}

/// Warnings of one kind: one notice, and what it is about line by line.
fn kind(sight: Sight, code: String, warnings: Vec<Warning>) -> AnyView {
    let title = error(&code);
    let rows: Vec<AnyView> = warnings
        .into_iter()
        .map(|warning| {
            let values = warning.values.iter().map(|(what, value)| {
                let value = Money::parse(value).map_or_else(|_| value.clone(), format::money);
                format!("{} {value}", source_words(what))
            });
            let words: Vec<String> = file(sight, warning.invoice).into_iter().chain(values).collect();
            let words = words.join(" · ");
            match warning.invoice {
                Some(id) => view! {
                    <li>
                        <button type="button" class="warning-open" on:click=move |_| sight.invoice.set(Some(id))>{words}</button>
                    </li>
                }
                .into_any(),
                None => view! { <li>{words}</li> }.into_any(),
            }
        })
        .collect();
    view! {
        <section class="card warning" data-test="warning" data-code=code>
            <Notice tone=Tone::Warn title/>
            <ul class="warning-list">{rows}</ul>
        </section>
    }
    .into_any()
}

/// Where a value comes from, as the authority writes it (`total.qr`), in words; anything else as it is.
fn source_words(from: &str) -> String {
    let (field, source) = from.rsplit_once('.').unwrap_or(("", from));
    let words = &text().source;
    let source = match source {
        "xml" => words.xml,
        "ofd" => words.ofd,
        "pdfInformation" | "pdfText" => words.pdf,
        "qr" => words.qr,
        "ocr" => words.recognised,
        "typed" => words.typed,
        _ => return from.to_owned(),
    };
    let words = &text().pages.claim;
    let field = match field {
        "total" => words.invoice_total,
        "totalInWords" => words.in_words,
        "net" => words.net,
        "tax" => words.tax,
        "number" => words.number,
        "issuedOn" => words.date,
        _ => return String::from(source),
    };
    format!("{field} · {source}")
}
