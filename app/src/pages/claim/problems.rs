//! What is missing before a claim can be handed in, each thing one tap away.

use leptos::prelude::*;
use sync::document::{Claim, Problem};

use super::{Sight, conflicts};
use crate::parts::cell::{Cell, Group};
use crate::state::proof::{self, Trust};
use crate::state::surroundings;
use crate::text::{error, text};

/// One thing to mend: its words and the element to go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    words: String,
    target: String,
}

/// Whether an invoice is still being read: handing in now would leave it half empty.
pub(super) fn unread(sight: Sight) -> bool {
    let reading = sight.desk.reading.get_untracked();
    sight.content.with_untracked(|content| content.iter().flat_map(|c| &c.invoices).any(|i| reading.contains(&i.id)))
}

/// Everything that is missing, in the order of the page.
pub(super) fn of(sight: Sight) -> Vec<Missing> {
    let mut missing: Vec<Missing> = match sight.content.get() {
        Some(content) => content.problems().iter().map(|problem| one(&content, problem)).collect(),
        None => vec![Missing { words: String::from(error("claim_no_line")), target: String::new() }],
    };
    if let Some(spot) = sight.desk.mistyped(sight.id) {
        let target = crate::state::mended::line_of(&spot.place).map(|id| format!("line-{id}")).unwrap_or_default();
        let name = conflicts::field_word(&spot.place, spot.field);
        missing.push(Missing { words: (text().pages.claim.mistyped)(name), target });
    }
    if unread(sight) {
        missing.push(Missing { words: String::from(text().pages.claim.still_reading), target: String::new() });
    }
    missing.extend(sight.read(contradicted));
    missing
}

/// Invoices whose sources contradict each other and that nobody decided about.
fn contradicted(content: &Claim) -> Vec<Missing> {
    let open = content.invoices.iter().filter(|invoice| proof::trust(invoice) == Trust::Contradicted);
    let one = |invoice: &sync::document::ClaimInvoice| Missing {
        words: (text().pages.claim.contradicted)(&invoice.file_name),
        target: format!("invoice/{}", invoice.id),
    };
    open.map(one).collect()
}

fn one(content: &Claim, problem: &Problem) -> Missing {
    let words = &text().pages.claim;
    let line = match problem {
        Problem::NoAmount(line) | Problem::NoDate(line) | Problem::NoAccount(line) | Problem::MoreThanInvoice(line) => {
            Some(*line)
        }
        Problem::Conflict(conflict) => crate::state::mended::line_of(&conflict.place),
        _ => None,
    };
    let number = line.and_then(|id| content.lines.iter().position(|line| line.id == id)).map(|index| index + 1);
    let sentence = match problem {
        Problem::Conflict(conflict) => (text().source.differs)(conflicts::field_word(&conflict.place, conflict.field)),
        other => String::from(error(other.code())),
    };
    Missing {
        words: number.map_or_else(|| sentence.clone(), |number| format!("{} · {sentence}", (words.line)(number))),
        target: line.map(|id| format!("line-{id}")).unwrap_or_default(),
    }
}

/// The list, once handing in was tried.
#[component]
pub(super) fn Problems(sight: Sight) -> impl IntoView {
    let words = &text().pages.claim;
    let list = Memo::new(move |_| if sight.tried.get() { of(sight) } else { Vec::new() });
    let row = move |missing: Missing| {
        let target = missing.target.clone();
        let go = move || match target.strip_prefix("invoice/").map(str::parse) {
            Some(Ok(invoice)) => sight.invoice.set(Some(invoice)),
            _ => surroundings::go_to(&target),
        };
        view! { <Cell title=missing.words on_press=go test="problem"/> }
    };
    view! {
        <div id="problems" tabindex="-1" role="alert" data-test="problems">
            {move || {
                let list = list.get();
                (!list.is_empty()).then(|| view! {
                    <Group title=(words.missing)(list.len())>{list.into_iter().map(row).collect_view()}</Group>
                })
            }}
        </div>
    }
    .into_any()
}
