//! Choosing from the company's trees, the kind of a request, what it answers, and the invoice of a line. One sheet for all
//! fields of the page.

use budget::coding::Tree;
use budget::{Code, Dimension, LineId, RequestKind};
use leptos::prelude::*;
use sync::{Field, Place, Scalar};

use super::Sight;
use crate::parts::picker::{Picker, PickerOption};
use crate::state::Desk;
use crate::text::{format, text};

/// What is being chosen, and for which place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Picking {
    place: Place,
    what: What,
}

/// From what is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Member(Dimension),
    Invoice,
    Kind,
    PreApproval,
}

impl Picking {
    /// The department of the claim.
    pub(super) const fn department() -> Self {
        Self { place: Place::Header, what: What::Member(Dimension::Department) }
    }

    /// The kind of the request.
    pub(super) const fn kind() -> Self {
        Self { place: Place::Header, what: What::Kind }
    }

    /// The pre-approval that it answers.
    pub(super) const fn pre_approval() -> Self {
        Self { place: Place::Header, what: What::PreApproval }
    }

    /// A dimension of a line.
    pub(super) const fn line(line: LineId, dimension: Dimension) -> Self {
        Self { place: Place::Line(line), what: What::Member(dimension) }
    }

    /// The invoice of a line.
    pub(super) const fn invoice(line: LineId) -> Self {
        Self { place: Place::Line(line), what: What::Invoice }
    }

    const fn field(&self) -> Field {
        match self.what {
            What::Invoice => Field::LineInvoice,
            What::Kind => Field::RequestKind,
            What::PreApproval => Field::PreApproval,
            What::Member(Dimension::Period) => Field::Period,
            What::Member(Dimension::Department) => Field::Department,
            What::Member(Dimension::CostCentre) => Field::CostCentre,
            What::Member(Dimension::Project) => Field::Project,
            What::Member(Dimension::ProductLine) => Field::ProductLine,
            What::Member(Dimension::Account) => Field::Account,
        }
    }

    fn is_required(&self) -> bool {
        matches!(self.what, What::Kind | What::Member(Dimension::Department | Dimension::Account))
    }
}

/// What a member of a dimension is called, with where it belongs.
pub(in crate::pages) fn name(desk: Desk, dimension: Dimension, code: &Code) -> String {
    desk.company.with(|company| {
        let Some(tree) = company.as_ref().and_then(|company| company.scheme.tree(dimension)) else {
            return code.to_string();
        };
        let mut path: Vec<&str> = tree.path(code).map(|member| member.name.as_str()).collect();
        // The root stands for everything; it says nothing about one member.
        if path.len() > 2 || (path.len() > 1 && dimension == Dimension::Department) {
            path.pop();
        }
        path.reverse();
        if path.is_empty() { code.to_string() } else { path.join(" / ") }
    })
}

/// The sheet.
#[component]
pub(super) fn Pick(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(sight.picking.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && sight.picking.with_untracked(Option::is_some) {
            sight.picking.set(None);
        }
    });
    let title = move || match sight.picking.with(|picking| picking.as_ref().map(|picking| picking.what)) {
        Some(What::Member(Dimension::Account)) => words.account,
        Some(What::Member(Dimension::Project)) => words.project,
        Some(What::Member(Dimension::CostCentre)) => words.cost_centre,
        Some(What::Member(Dimension::ProductLine)) => words.product_line,
        Some(What::Member(Dimension::Department)) => words.department,
        Some(What::Kind) => words.kind,
        Some(What::PreApproval) => words.pre_approval,
        Some(What::Member(Dimension::Period) | What::Invoice) | None => words.invoice,
    };
    let options = Signal::derive(move || {
        let Some(picking) = sight.picking.get() else {
            return Vec::new();
        };
        let mut options = if picking.is_required() { Vec::new() } else { vec![nothing()] };
        match picking.what {
            What::Member(dimension) => options.extend(desk.company.with(|company| {
                let tree = company.as_ref().and_then(|company| company.scheme.tree(dimension));
                tree.map(|tree| of_tree(tree, dimension)).unwrap_or_default()
            })),
            What::Invoice => options.extend(invoices(sight)),
            What::Kind => options.extend(RequestKind::WRITTEN.map(|(kind, word)| option(word.into(), kind_name(kind)))),
            What::PreApproval => {
                options.extend(desk.pre_approvals().into_iter().map(|(id, title, left)| PickerOption {
                    note: format::money(left),
                    ..option(id.to_string(), &title)
                }));
            }
        }
        options
    });
    let chosen = Signal::derive(move || {
        let picking = sight.picking.get()?;
        sight.read(|content| match (&picking.place, picking.what) {
            (_, What::Kind) => content.kind.word().map(str::to_owned),
            (_, What::PreApproval) => content.pre_approval.map(|id| id.to_string()),
            (Place::Line(id), What::Member(dimension)) => {
                content.line(*id)?.block.get(dimension).map(ToString::to_string)
            }
            (Place::Line(id), What::Invoice) => content.line(*id)?.invoice.map(|invoice| invoice.to_string()),
            _ => content.department.as_ref().map(ToString::to_string),
        })
    });
    let choose = move |id: String| {
        let Some(picking) = sight.picking.get_untracked() else {
            return;
        };
        let field = picking.field();
        desk.put(sight.id, picking.place, vec![(field, Scalar::Text(id))]);
        sight.picking.set(None);
    };
    view! { <Picker open title options chosen on_choose=choose test="picker"/> }.into_any()
}

/// What a kind of request is called.
pub(super) fn kind_name(kind: RequestKind) -> &'static str {
    let words = &text().pages.claim;
    match kind {
        RequestKind::PreApproval => words.request_pre_approval,
        RequestKind::Advance => words.advance,
        RequestKind::Payment => words.payment,
        _ => words.expense_claim,
    }
}

fn nothing() -> PickerOption {
    option(String::new(), text().pages.claim.none)
}

fn option(id: String, label: &str) -> PickerOption {
    PickerOption {
        id,
        label: label.to_owned(),
        note: String::new(),
        keywords: String::new(),
        level: 0,
        selectable: true,
    }
}

fn invoices(sight: Sight) -> Vec<PickerOption> {
    let option = |invoice: &sync::document::ClaimInvoice| PickerOption {
        id: invoice.id.to_string(),
        label: if invoice.seller.is_empty() { invoice.file_name.clone() } else { invoice.seller.clone() },
        note: invoice.total.map(format::money).unwrap_or_default(),
        keywords: invoice.identity.clone(),
        level: 0,
        selectable: true,
    };
    sight.read(|content| content.invoices.iter().map(option).collect())
}

/// The rows of a tree, parents before children.
fn of_tree(tree: &Tree, dimension: Dimension) -> Vec<PickerOption> {
    let mut options = Vec::new();
    let mut open: Vec<(Code, u8)> = tree.children(None).map(|member| (member.code.clone(), 0)).collect();
    open.reverse();
    while let Some((code, level)) = open.pop() {
        let Some(member) = tree.get(&code) else {
            continue;
        };
        let children: Vec<Code> = tree.children(Some(&code)).map(|child| child.code.clone()).collect();
        options.push(PickerOption {
            id: code.to_string(),
            label: member.name.clone(),
            note: String::new(),
            keywords: code.to_string(),
            level: level.min(3),
            // A sum of accounts is no account.
            selectable: dimension != Dimension::Account || children.is_empty(),
        });
        let deeper = level.saturating_add(1);
        if usize::from(level) < budget::coding::DEEPEST {
            open.extend(children.into_iter().rev().map(|child| (child, deeper)));
        }
    }
    options
}
