//! The invoice as an OFD file (GB/T 33190): custom data, a page of texts, tags that point at them, and for a rail ticket
//! its XBRL instance.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::page::{Page, advance};
use super::record::InvoiceRecord;
use super::xml::escaped;
use crate::fault::Result;

const NAMESPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// OFD measures in millimetres.
const MILLIMETRES_A_POINT: f32 = 25.4 / 72.0;
const FIRST_TEXT: usize = 100;

impl InvoiceRecord {
    /// The invoice as an OFD file.
    pub fn ofd(&self) -> Result<Vec<u8>> {
        let page = Page::of(self);
        let mut parts = vec![
            ("OFD.xml", self.ofd_root()),
            ("Doc_0/Document.xml", document(&page, self.journey.is_some())),
            ("Doc_0/PublicRes.xml", resources()),
            ("Doc_0/Pages/Page_0/Content.xml", content(&page)),
            ("Doc_0/Tags/CustomTags.xml", tag_index()),
            ("Doc_0/Tags/CustomTag.xml", tags(&page)),
        ];
        if let Some(xbrl) = self.rail_xbrl() {
            parts.push(("Doc_0/Attachs/Attachments.xml", attachments()));
            parts.push(("Doc_0/Attachs/rai_issuer_0.xml", xbrl));
        }
        archive(parts.iter().map(|(name, text)| (*name, text.as_bytes())))
    }

    fn ofd_root(&self) -> String {
        let mut data = String::new();
        let mut add = |name: &str, value: &str| {
            // Writing into a String cannot fail.
            let _ = write!(data, "<ofd:CustomData Name=\"{name}\">{}</ofd:CustomData>", escaped(value));
        };
        add("发票号码", &self.number);
        add("开票日期", &self.issued_on_printed());
        add("购买方纳税人识别号", &self.buyer.tax_id);
        if self.journey.is_none() {
            add("合计金额", &self.net.to_string());
            add("合计税额", &self.tax.to_string());
            add("销售方纳税人识别号", &self.seller.tax_id);
        }
        format!(
            "{HEAD}<ofd:OFD {NAMESPACE} DocType=\"OFD\" Version=\"1.0\"><ofd:DocBody><ofd:DocInfo>\
             <ofd:DocID>{}</ofd:DocID><ofd:Creator>Suanpan sample documents</ofd:Creator><ofd:CustomDatas>{data}\
             </ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
            self.number
        )
    }
}

fn document(page: &Page, attached: bool) -> String {
    let attachments = if attached { "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" } else { "" };
    format!(
        "{HEAD}<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>{}</ofd:MaxUnitID><ofd:PageArea>\
         <ofd:PhysicalBox>0 0 {:.2} {:.2}</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>\
         </ofd:CommonData><ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages>\
         <ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>{attachments}</ofd:Document>",
        FIRST_TEXT + page.texts.len(),
        page.width * MILLIMETRES_A_POINT,
        page.height * MILLIMETRES_A_POINT,
    )
}

fn resources() -> String {
    format!(
        "{HEAD}<ofd:Res {NAMESPACE}><ofd:Fonts><ofd:Font ID=\"2\" FontName=\"宋体\" FamilyName=\"SimSun\"/></ofd:Fonts></ofd:Res>"
    )
}

fn content(page: &Page) -> String {
    let mut objects = String::new();
    for (index, text) in page.texts.iter().enumerate() {
        let size = text.size * MILLIMETRES_A_POINT;
        let steps: Vec<String> = text.content.chars().map(|c| format!("{:.4}", advance(c) * size)).collect();
        let steps = steps.split_last().map(|(_, but_last)| but_last.join(" ")).unwrap_or_default();
        let width: f32 = text.content.chars().map(|c| advance(c) * size).sum();
        let _ = write!(
            objects,
            "<ofd:TextObject ID=\"{}\" Boundary=\"{:.4} {:.4} {width:.4} {:.4}\" Font=\"2\" Size=\"{size:.4}\">\
             <ofd:TextCode X=\"0\" Y=\"{size:.4}\" DeltaX=\"{steps}\">{}</ofd:TextCode></ofd:TextObject>",
            FIRST_TEXT + index,
            text.x * MILLIMETRES_A_POINT,
            text.y * MILLIMETRES_A_POINT,
            size * 1.2,
            escaped(&text.content),
        );
    }
    format!(
        "{HEAD}<ofd:Page {NAMESPACE}><ofd:Content><ofd:Layer ID=\"3\">{objects}</ofd:Layer></ofd:Content></ofd:Page>"
    )
}

fn tag_index() -> String {
    format!(
        "{HEAD}<ofd:CustomTags {NAMESPACE}><ofd:CustomTag TypeID=\"root\"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc>\
         </ofd:CustomTag></ofd:CustomTags>"
    )
}

/// One tag a field, pointing at its text objects.
fn tags(page: &Page) -> String {
    const NAMES: [(&str, &str); 15] = [
        ("number", "InvoiceNo"),
        ("date", "IssueDate"),
        ("buyer", "BuyerName"),
        ("buyer_id", "BuyerTaxID"),
        ("seller", "SellerName"),
        ("seller_id", "SellerTaxID"),
        ("net", "TaxExclusiveTotalAmount"),
        ("tax", "TaxTotalAmount"),
        ("total", "TaxInclusiveTotalAmount"),
        ("item", "Item"),
        ("quantity", "Quantity"),
        ("price", "Price"),
        ("line_net", "Amount"),
        ("rate", "TaxScheme"),
        ("line_tax", "TaxAmount"),
    ];
    let mut tree = String::new();
    for (field, tag) in NAMES {
        for (index, text) in page.texts.iter().enumerate() {
            // A ticket prints label and value as one text, which no tag can point into.
            if text.field == Some(field) && !text.content.contains(':') {
                let id = FIRST_TEXT + index;
                let _ = write!(tree, "<ofd:{tag}><ofd:ObjectRef PageRef=\"1\">{id}</ofd:ObjectRef></ofd:{tag}>");
            }
        }
    }
    format!("{HEAD}<ofd:root {NAMESPACE} version=\"1.0\">{tree}</ofd:root>")
}

fn attachments() -> String {
    format!(
        "{HEAD}<ofd:Attachments {NAMESPACE}><ofd:Attachment ID=\"4\" Name=\"rai_issuer_0\" Format=\"xml\">\
         <ofd:FileLoc>rai_issuer_0.xml</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"
    )
}

/// A ZIP file with fixed times, so that the same parts give the same bytes.
pub(crate) fn archive<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, bytes) in parts {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
