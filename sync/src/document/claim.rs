//! A claim as people read it: typed values, and whatever two devices disagree on.

use std::collections::BTreeSet;

use budget::ledger::Charge;
use budget::settlement::Choice;
use budget::{Code, CodingBlock, Date, InvoiceId, LineId, Money, PersonId, RequestId, RequestKind, Timestamp, coding};

use super::{Content, Document, Field, Place, Scalar, migration};

/// The content of a request (单据).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose it is.
    pub owner: PersonId,
    /// What kind of request it is; a claim unless it says otherwise.
    pub kind: RequestKind,
    /// The pre-approval that it answers.
    pub pre_approval: Option<RequestId>,
    /// The advances that it is set against.
    pub advances: Choice,
    /// Whether nothing more answers the pre-approval or settles the advances.
    pub last: bool,
    /// Who gets the money, of a payment.
    pub payee: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// What it is called.
    pub title: String,
    /// What it was for.
    pub purpose: String,
    /// Which department it is charged to.
    pub department: Option<Code>,
    /// Its lines that were not taken out, in their order.
    pub lines: Vec<ClaimLine>,
    /// Its invoices that were not taken out.
    pub invoices: Vec<ClaimInvoice>,
    /// Fields with more than one value.
    pub conflicts: Vec<Conflict>,
    /// False when a newer app wrote it, so that this one must not.
    pub understood: bool,
}

/// A line of a claim (明细).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimLine {
    /// Its id.
    pub id: LineId,
    /// What it was for.
    pub description: String,
    /// When it was spent.
    pub date: Option<Date>,
    /// How much, tax included.
    pub amount: Option<Money>,
    /// What it is for; department and period are filled in from the claim and the date.
    pub block: CodingBlock,
    /// The invoice that proves it.
    pub invoice: Option<InvoiceId>,
    /// Its place in the list.
    pub order: i64,
}

/// An attached invoice (发票).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimInvoice {
    /// Its id.
    pub id: InvoiceId,
    /// SHA-256 of the original file, in hex.
    pub blob: String,
    /// SHA-256 of the preview picture, in hex; empty when there is none.
    pub preview: String,
    /// The file's name.
    pub file_name: String,
    /// The file's media type.
    pub media_type: String,
    /// The file's size in bytes.
    pub size: i64,
    /// What was read from it: JSON of `ocr::Reading`; empty until it was read.
    pub reading: String,
    /// What makes it the same invoice in any file; empty when unknown.
    pub identity: String,
    /// Total with tax.
    pub total: Option<Money>,
    /// Where the total came from.
    pub total_source: String,
    /// When it was issued.
    pub issued_on: Option<Date>,
    /// Who issued it.
    pub seller: String,
    /// Whether a person confirmed the amount.
    pub confirmed: bool,
}

/// A field that several devices wrote at the same time (冲突).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where.
    pub place: Place,
    /// Which field.
    pub field: Field,
    /// Every value; writing one of them settles it.
    pub values: Vec<Scalar>,
}

/// What has to be mended before a claim can be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It has no line.
    NoLine,
    /// It has no title.
    NoTitle,
    /// It is charged to no department.
    NoDepartment,
    /// It is a payment to nobody.
    NoPayee,
    /// A line has no amount, or none above zero.
    NoAmount(LineId),
    /// A line has no date.
    NoDate(LineId),
    /// A line has no account.
    NoAccount(LineId),
    /// Two devices disagree on a field.
    Conflict(Conflict),
    /// A line claims more than its invoice says.
    MoreThanInvoice(LineId),
    /// The sum leaves the range of money.
    TooLarge,
    /// A newer app wrote it.
    NewerApp,
}

impl Problem {
    /// The stable code that texts use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoLine => "claim_no_line",
            Self::NoTitle => "claim_no_title",
            Self::NoDepartment => "claim_no_department",
            Self::NoPayee => "claim_no_payee",
            Self::NoAmount(_) => "claim_no_amount",
            Self::NoDate(_) => "claim_no_date",
            Self::NoAccount(_) => "claim_no_account",
            Self::Conflict(_) => "claim_conflict",
            Self::MoreThanInvoice(_) => "claim_more_than_invoice",
            Self::TooLarge => "amount_too_large",
            Self::NewerApp => "newer_app",
        }
    }
}

struct Reader<'a> {
    content: &'a Content,
    place: &'a Place,
    conflicts: &'a mut Vec<Conflict>,
}

impl Reader<'_> {
    fn value(&mut self, field: Field) -> Option<Scalar> {
        let values = self.content.values(self.place, field);
        if values.len() > 1 {
            self.conflicts.push(Conflict { place: self.place.clone(), field, values: values.to_vec() });
        }
        values.last().cloned()
    }

    fn text(&mut self, field: Field) -> String {
        self.value(field).and_then(|value| value.text().map(str::to_owned)).unwrap_or_default()
    }

    fn integer(&mut self, field: Field) -> Option<i64> {
        self.value(field).and_then(|value| value.integer())
    }

    fn code(&mut self, field: Field) -> Option<Code> {
        Code::new(&self.text(field)).ok()
    }

    fn flag(&mut self, field: Field) -> bool {
        self.value(field) == Some(Scalar::Flag(true))
    }
}

impl Claim {
    /// The claim in a document, or `None` when it holds none.
    pub fn read(document: &Document) -> Option<Self> {
        Self::of(&Content::of(document))
    }

    /// The claim in this content, or `None` when it holds none.
    pub fn of(content: &Content) -> Option<Self> {
        let mut conflicts = Vec::new();
        let mut header = Reader { content, place: &Place::Header, conflicts: &mut conflicts };
        let owner = header.text(Field::Owner).parse().ok()?;
        let kind = RequestKind::written(&header.text(Field::RequestKind));
        let pre_approval = header.text(Field::PreApproval).parse().ok();
        let advances = choice(&header.text(Field::Advances));
        let last = header.flag(Field::Last);
        let payee = header.text(Field::Payee);
        let understood = migration::is_understood(content.layout()) && kind.is_some() && advances.is_some();
        let (kind, advances) = (kind.unwrap_or(RequestKind::ExpenseClaim), advances.unwrap_or_default());
        let created_at = Timestamp(header.integer(Field::CreatedAt).unwrap_or_default());
        let title = header.text(Field::Title);
        let purpose = header.text(Field::Purpose);
        let department = header.code(Field::Department);
        let (mut lines, mut invoices) = (Vec::new(), Vec::new());
        for place in content.places() {
            let mut reader = Reader { content, place, conflicts: &mut conflicts };
            match place {
                Place::Line(id) => lines.extend(read_line(&mut reader, *id, department.as_ref())),
                Place::Invoice(id) => invoices.extend(read_invoice(&mut reader, *id)),
                Place::Header | Place::Comment(_) => {}
            }
        }
        lines.sort_by_key(|line: &ClaimLine| (line.order, line.id));
        Some(Self {
            owner,
            kind,
            pre_approval,
            advances,
            last,
            payee,
            created_at,
            title,
            purpose,
            department,
            lines,
            invoices,
            conflicts,
            understood,
        })
    }

    /// What it asks for; `None` when the sum leaves the range of money.
    pub fn total(&self) -> Option<Money> {
        Money::checked_sum(self.lines.iter().filter_map(|line| line.amount))
    }

    /// What it asks of the budget: each line with an amount, and the tax in it as far as its invoice proves it; nothing
    /// when it only lends.
    pub fn charges(&self) -> Vec<Charge> {
        let taxes = self.taxes();
        let lines = self.lines.iter().filter(|_| self.kind.holds_budget());
        lines
            .filter_map(|line| {
                let amount = line.amount.filter(|amount| *amount > Money::ZERO)?;
                let tax = taxes.get(&line.id).copied().unwrap_or_default();
                Some(Charge { on: line.date, tax, ..Charge::new(line.id, line.block.clone(), amount) })
            })
            .collect()
    }

    /// The projects that it is charged to.
    pub fn projects(&self) -> BTreeSet<Code> {
        self.lines.iter().filter_map(|line| line.block.project.clone()).collect()
    }

    /// The line, if it is there.
    pub fn line(&self, id: LineId) -> Option<&ClaimLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The invoice, if it is there.
    pub fn invoice(&self, id: InvoiceId) -> Option<&ClaimInvoice> {
        self.invoices.iter().find(|invoice| invoice.id == id)
    }

    /// Everything that keeps it from being submitted, in the order in which to mend it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.understood {
            problems.push(Problem::NewerApp);
        }
        problems.extend(self.conflicts.iter().cloned().map(Problem::Conflict));
        if self.title.trim().is_empty() {
            problems.push(Problem::NoTitle);
        }
        if self.department.is_none() {
            problems.push(Problem::NoDepartment);
        }
        if self.kind == RequestKind::Payment && self.payee.trim().is_empty() {
            problems.push(Problem::NoPayee);
        }
        if self.lines.is_empty() {
            problems.push(Problem::NoLine);
        }
        for line in &self.lines {
            if line.amount.is_none_or(|amount| amount <= Money::ZERO) {
                problems.push(Problem::NoAmount(line.id));
            }
            if line.date.is_none() {
                problems.push(Problem::NoDate(line.id));
            }
            if line.block.account.is_none() && self.kind.holds_budget() {
                problems.push(Problem::NoAccount(line.id));
            }
        }
        for invoice in &self.invoices {
            let claimed = Money::checked_sum(
                self.lines.iter().filter(|line| line.invoice == Some(invoice.id)).filter_map(|line| line.amount),
            );
            let over = matches!((claimed, invoice.total), (Some(claimed), Some(total)) if claimed > total);
            if let Some(line) = self.lines.iter().find(|line| over && line.invoice == Some(invoice.id)) {
                problems.push(Problem::MoreThanInvoice(line.id));
            }
        }
        if self.total().is_none() {
            problems.push(Problem::TooLarge);
        }
        problems
    }
}

/// The advances that a field names; `None` when this app does not understand it.
fn choice(text: &str) -> Option<Choice> {
    match text {
        "" => Some(Choice::OldestFirst),
        "none" => Some(Choice::Nothing),
        ids => ids.split(',').map(|id| id.parse().ok()).collect::<Option<_>>().map(Choice::Chosen),
    }
}

fn read_line(reader: &mut Reader<'_>, id: LineId, department: Option<&Code>) -> Option<ClaimLine> {
    if reader.flag(Field::LineDeleted) {
        return None;
    }
    let date: Option<Date> = reader.text(Field::Date).parse().ok();
    let period = reader.code(Field::Period).or_else(|| date.map(coding::month_code));
    Some(ClaimLine {
        id,
        description: reader.text(Field::Description),
        date,
        amount: reader.integer(Field::Amount).map(Money::from_fen),
        block: CodingBlock {
            period,
            department: department.cloned(),
            cost_centre: reader.code(Field::CostCentre),
            project: reader.code(Field::Project),
            product_line: reader.code(Field::ProductLine),
            account: reader.code(Field::Account),
        },
        invoice: reader.text(Field::LineInvoice).parse().ok(),
        order: reader.integer(Field::LineOrder).unwrap_or_default(),
    })
}

fn read_invoice(reader: &mut Reader<'_>, id: InvoiceId) -> Option<ClaimInvoice> {
    if reader.flag(Field::InvoiceDeleted) {
        return None;
    }
    Some(ClaimInvoice {
        id,
        blob: reader.text(Field::Blob),
        preview: reader.text(Field::Preview),
        file_name: reader.text(Field::FileName),
        media_type: reader.text(Field::MediaType),
        size: reader.integer(Field::Size).unwrap_or_default(),
        reading: reader.text(Field::Reading),
        identity: reader.text(Field::Identity),
        total: reader.integer(Field::Total).map(Money::from_fen),
        total_source: reader.text(Field::TotalSource),
        issued_on: reader.text(Field::IssuedOn).parse().ok(),
        seller: reader.text(Field::Seller),
        confirmed: reader.flag(Field::Confirmed),
    })
}
