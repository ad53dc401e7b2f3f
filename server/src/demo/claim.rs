//! What somebody writes into a claim, as the edits that the app would make.

use budget::{Code, Date, InvoiceId, LineId, Money, PersonId, RequestId, Timestamp};
use sync::{Edit, Field, Place, Scalar};

use super::stage::{StageError, mint};

/// A claim to be written.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What it is called.
    pub title: String,
    /// What it was for.
    pub purpose: String,
    /// Which department it is charged to.
    pub department: String,
    /// Its lines.
    pub lines: Vec<DraftLine>,
}

/// A line to be written.
#[derive(Debug, Clone)]
pub struct DraftLine {
    /// What it was for.
    pub description: String,
    /// When it was spent.
    pub date: Date,
    /// How much.
    pub amount: Money,
    /// The account.
    pub account: String,
    /// The project or task.
    pub project: Option<String>,
    /// The invoice that proves it.
    pub invoice: Option<DraftInvoice>,
}

/// An invoice to be attached.
#[derive(Debug, Clone)]
pub struct DraftInvoice {
    /// SHA-256 of the file.
    pub blob: [u8; 32],
    /// The file's size in bytes.
    pub size: u64,
    /// The file's name.
    pub file_name: String,
    /// What was read from it.
    pub reading: ocr::Reading,
}

impl Draft {
    /// The edits that begin this claim and fill it in.
    pub fn edits(&self, now: Timestamp, owner: PersonId) -> Result<Vec<Edit>, StageError> {
        let mut edits = vec![Edit::CreateClaim { owner, at: now }, self.header()];
        for (line, order) in self.lines.iter().zip(0..) {
            edits.extend(line.edits(now, order)?);
        }
        Ok(edits)
    }

    fn header(&self) -> Edit {
        Edit::Put {
            place: Place::Header,
            values: vec![
                (Field::Title, text(&self.title)),
                (Field::Purpose, text(&self.purpose)),
                (Field::Department, text(&self.department)),
            ],
        }
    }

    /// A new request's id.
    pub fn mint(now: Timestamp) -> Result<RequestId, StageError> {
        Ok(RequestId(mint(now)?))
    }
}

impl DraftLine {
    /// The edits that add this line, with its invoice.
    pub fn edits(&self, now: Timestamp, order: i64) -> Result<Vec<Edit>, StageError> {
        let mut edits = Vec::new();
        let mut values = vec![
            (Field::Description, text(&self.description)),
            (Field::Date, text(&self.date.to_string())),
            (Field::Amount, Scalar::Integer(self.amount.fen())),
            (Field::Account, text(&self.account)),
            (Field::LineOrder, Scalar::Integer(order)),
        ];
        values.extend(self.project.as_deref().map(|project| (Field::Project, text(project))));
        if let Some(invoice) = &self.invoice {
            let id = InvoiceId(mint(now)?);
            edits.push(invoice.edit(id)?);
            values.push((Field::LineInvoice, text(&id.to_string())));
        }
        edits.push(Edit::Put { place: Place::Line(LineId(mint(now)?)), values });
        Ok(edits)
    }
}

impl DraftInvoice {
    fn edit(&self, id: InvoiceId) -> Result<Edit, StageError> {
        let reading = serde_json::to_string(&self.reading).map_err(|error| StageError::Content(error.to_string()))?;
        let mut values = vec![
            (Field::Blob, text(&hex::encode(self.blob))),
            (Field::FileName, text(&self.file_name)),
            (Field::MediaType, text("application/xml")),
            (Field::Size, Scalar::Integer(i64::try_from(self.size).unwrap_or(i64::MAX))),
            (Field::Reading, text(&reading)),
            (Field::TotalSource, text("xml")),
        ];
        let fields = &self.reading.fields;
        values.extend(self.reading.identity.as_ref().map(|identity| (Field::Identity, text(identity.as_str()))));
        values.extend(self.reading.total().map(|total| (Field::Total, Scalar::Integer(total.fen()))));
        values.extend(fields.issued_on.as_ref().map(|date| (Field::IssuedOn, text(&date.value.to_string()))));
        values.extend(fields.seller_name.as_ref().map(|name| (Field::Seller, text(&name.value))));
        Ok(Edit::Put { place: Place::Invoice(id), values })
    }
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.to_owned())
}

/// A code that is written down in this program.
pub(super) fn code(value: &str) -> Result<Code, StageError> {
    Code::new(value).map_err(|error| StageError::Content(error.to_string()))
}
