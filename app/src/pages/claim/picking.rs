//! Choosing from the company's trees, and the invoice of a line. One sheet for all fields of the page.

use budget::coding::Tree;
use budget::{Code, Dimension, LineId};
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
    /// `None` chooses an invoice.
    dimension: Option<Dimension>,
}

impl Picking {
    /// The department of the claim.
    pub(super) const fn department() -> Self {
        Self { place: Place::Header, dimension: Some(Dimension::Department) }
    }

    /// A dimension of a line.
    pub(super) const fn line(line: LineId, dimension: Dimension) -> Self {
        Self { place: Place::Line(line), dimension: Some(dimension) }
    }

    /// The invoice of a line.
    pub(super) const fn invoice(line: LineId) -> Self {
        Self { place: Place::Line(line), dimension: None }
    }

    const fn field(&self) -> Field {
        match self.dimension {
            None => Field::LineInvoice,
            Some(Dimension::Period) => Field::Period,
            Some(Dimension::Department) => Field::Department,
            Some(Dimension::CostCentre) => Field::CostCentre,
            Some(Dimension::Project) => Field::Project,
            Some(Dimension::ProductLine) => Field::ProductLine,
            Some(Dimension::Account) => Field::Account,
        }
    }

    fn is_required(&self) -> bool {
        matches!(self.dimension, Some(Dimension::Department | Dimension::Account))
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
    let title = move || match sight.picking.with(|picking| picking.as_ref().and_then(|picking| picking.dimension)) {
        Some(Dimension::Account) => words.account,
        Some(Dimension::Project) => words.project,
        Some(Dimension::CostCentre) => words.cost_centre,
        Some(Dimension::ProductLine) => words.product_line,
        Some(Dimension::Department) => words.department,
        Some(Dimension::Period) | None => words.invoice,
    };
    let options = Signal::derive(move || {
        let Some(picking) = sight.picking.get() else {
            return Vec::new();
        };
        let mut options = if picking.is_required() { Vec::new() } else { vec![nothing()] };
        match picking.dimension {
            Some(dimension) => options.extend(desk.company.with(|company| {
                let tree = company.as_ref().and_then(|company| company.scheme.tree(dimension));
                tree.map(|tree| of_tree(tree, dimension)).unwrap_or_default()
            })),
            None => options.extend(invoices(sight)),
        }
        options
    });
    let chosen = Signal::derive(move || {
        let picking = sight.picking.get()?;
        sight.read(|content| match (&picking.place, picking.dimension) {
            (Place::Line(id), Some(dimension)) => content.line(*id)?.block.get(dimension).map(ToString::to_string),
            (Place::Line(id), None) => content.line(*id)?.invoice.map(|invoice| invoice.to_string()),
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

fn nothing() -> PickerOption {
    PickerOption {
        id: String::new(),
        label: String::from(text().pages.claim.none),
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
