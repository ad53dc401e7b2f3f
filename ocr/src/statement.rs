//! What one source says about the invoice, before anything is compared.

use std::collections::BTreeMap;

use budget::{Date, Money};

use crate::reading::{InvoiceKind, Item, Place, Source, Travel};

/// One source's words. Empty where the source is silent; never filled from another source.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) source: Source,
    pub(crate) kind: InvoiceKind,
    pub(crate) number: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) issued_on: Option<Date>,
    pub(crate) seller_name: Option<String>,
    pub(crate) seller_tax_id: Option<String>,
    pub(crate) buyer_name: Option<String>,
    pub(crate) buyer_tax_id: Option<String>,
    pub(crate) net: Option<Money>,
    pub(crate) tax: Option<Money>,
    pub(crate) total: Option<Money>,
    pub(crate) total_in_words: Option<String>,
    pub(crate) check_code: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) travel: Option<Travel>,
    /// Where the values stand, by the JSON names of the fields.
    pub(crate) places: BTreeMap<&'static str, Place>,
    /// How sure text recognition is of each value, in percent, by the JSON names of the fields.
    pub(crate) confidences: BTreeMap<&'static str, u8>,
}

impl Statement {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            kind: InvoiceKind::Unknown,
            number: None,
            code: None,
            issued_on: None,
            seller_name: None,
            seller_tax_id: None,
            buyer_name: None,
            buyer_tax_id: None,
            net: None,
            tax: None,
            total: None,
            total_in_words: None,
            check_code: None,
            items: Vec::new(),
            travel: None,
            places: BTreeMap::new(),
            confidences: BTreeMap::new(),
        }
    }

    /// True when the source says nothing that an invoice would say.
    pub(crate) fn is_empty(&self) -> bool {
        self.number.is_none()
            && self.net.is_none()
            && self.total.is_none()
            && self.total_in_words.is_none()
            && self.kind == InvoiceKind::Unknown
    }
}
