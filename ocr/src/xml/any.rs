//! Any of the XML forms that an invoice comes in, told by the root element.

use super::{Element, dialect, einvoice, legacy, rail, xbrl};
use crate::qr::QrPayload;
use crate::statement::Statement;

/// What the document says, and the payload of a QR code if it carries one; `None` when it is no invoice.
pub(crate) fn read(root: &Element) -> Option<(Vec<Statement>, Option<QrPayload>)> {
    if let Some(statements) = einvoice::read(root) {
        return Some((statements, None));
    }
    if let Some((statement, payload)) = legacy::read(root) {
        return Some((vec![statement], payload));
    }
    let other = rail::read(root).or_else(|| xbrl::read(root)).or_else(|| dialect::read(root));
    other.map(|statement| (vec![statement], None))
}
