//! OFD files (GB/T 33190): a ZIP of XML that holds one invoice up to five times over.
//!
//! Custom data in `OFD.xml`, an attached XML or XBRL instance, tags that point at the texts of the page, and the texts
//! themselves are read as separate statements, so that a file whose page was altered contradicts its own data.

use crate::archive::Archive;
use crate::error::ReadError;
use crate::limits;
use crate::photo;
use crate::qr::{self, QrPayload};
use crate::reading::{InvoiceKind, Source};
use crate::statement::Statement;
use crate::value;
use crate::xml::{Element, any};

mod page;
mod tags;

/// What an OFD file says, and the payload of its QR code.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Statement>, Option<QrPayload>), ReadError> {
    let mut archive = Archive::open(bytes)?;
    archive.refuse_declared_bomb()?;
    let names = archive.names().to_vec();
    let Some(root_name) = names.iter().find(|name| name.trim_start_matches('/').eq_ignore_ascii_case("OFD.xml")) else {
        return Err(ReadError::UnknownFormat);
    };
    let root = parse(&mut archive, root_name)?.ok_or(ReadError::MalformedArchive)?;
    let mut statements = Vec::new();
    let mut payload = None;

    for name in names.iter().filter(|name| may_be_attached_invoice(name)) {
        // A damaged attachment must not hide what the rest of the file says; a bomb must stop everything.
        let Some(element) = parse(&mut archive, name).or_else(unless_bomb)? else {
            continue;
        };
        if let Some((found, code)) = any::read(&element) {
            statements.extend(found);
            payload = payload.or(code);
        }
    }
    statements.push(custom_data(&root));

    let mut texts = Vec::new();
    for name in names.iter().filter(|name| name.contains("Pages/") && name.ends_with("Content.xml")) {
        if let Some(content) = parse(&mut archive, name).or_else(unless_bomb)? {
            texts.extend(page::texts(&content));
        }
    }
    for name in names.iter().filter(|name| name.contains("CustomTag") && !name.ends_with("CustomTags.xml")) {
        if let Some(tree) = parse(&mut archive, name).or_else(unless_bomb)? {
            statements.push(tags::read(&tree, &texts));
        }
    }
    statements.push(page::read(&texts));

    if payload.is_none() {
        payload = qr_code(&mut archive, &names)?;
    }
    statements.retain(|statement| !statement.is_empty());
    Ok((statements, payload))
}

fn parse(archive: &mut Archive<'_>, name: &str) -> Result<Option<Element>, ReadError> {
    archive.read(name)?.map(|bytes| Element::parse(&bytes)).transpose()
}

fn unless_bomb(error: ReadError) -> Result<Option<Element>, ReadError> {
    if error == ReadError::ArchiveBomb { Err(error) } else { Ok(None) }
}

/// The path of an attachment varies between issuers, so everything that is not one of OFD's own parts is tried.
fn may_be_attached_invoice(name: &str) -> bool {
    let own = ["/Pages/", "/Tpls/", "/Res/", "/Signs/", "/Annots/", "/Tags/"];
    let file = name.rsplit('/').next().unwrap_or(name);
    std::path::Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
        && !own.iter().any(|part| name.contains(part))
        && !["OFD.xml", "Document.xml", "DocumentRes.xml", "PublicRes.xml", "Attachments.xml"].contains(&file)
}

/// `OFD.xml`, DocInfo, CustomDatas: every issuer fills some of it.
fn custom_data(root: &Element) -> Statement {
    let mut statement = Statement::new(Source::Ofd);
    for data in root.descendants().into_iter().filter(|element| element.name == "CustomData") {
        let text = data.text.trim();
        match data.attribute("Name").unwrap_or("").trim() {
            "发票代码" => statement.code = value::digits(text),
            "发票号码" => statement.number = value::digits(text),
            "开票日期" => statement.issued_on = value::date(text),
            "校验码" => statement.check_code = value::digits(text),
            "合计金额" => statement.net = value::amount(text),
            "合计税额" => statement.tax = value::tax_amount(text),
            "价税合计" => statement.total = value::amount(text),
            "购买方名称" => statement.buyer_name = value::text(text),
            "购买方纳税人识别号" => statement.buyer_tax_id = value::text(text),
            "销售方名称" => statement.seller_name = value::text(text),
            "销售方纳税人识别号" => statement.seller_tax_id = value::text(text),
            "发票类型" | "发票名称" => {
                statement.kind = InvoiceKind::from_title(&value::compact(text));
            }
            _ => {}
        }
    }
    statement
}

fn qr_code(archive: &mut Archive<'_>, names: &[String]) -> Result<Option<QrPayload>, ReadError> {
    let pictures = names.iter().filter(|name| {
        let extension = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        matches!(extension.as_str(), "png" | "jpg" | "jpeg")
    });
    for name in pictures.take(limits::MAX_PICTURES) {
        let Some(bytes) = archive.read(name)? else {
            continue;
        };
        if let Some(found) = photo::decode(&bytes).ok().and_then(|picture| qr::find::drawn(&photo::on_white(&picture)))
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_data_gives_what_it_names() {
        let xml = "<OFD><DocBody><DocInfo><CustomDatas><CustomData Name='发票号码'>24112000000048542163</CustomData>\
            <CustomData Name='合计金额'>4197.17</CustomData><CustomData Name='开票日期'>2024年05月28日</CustomData>\
            <CustomData Name='other'>1</CustomData></CustomDatas></DocInfo></DocBody></OFD>";
        let statement = custom_data(&Element::parse(xml.as_bytes()).unwrap());
        assert_eq!(statement.number.as_deref(), Some("24112000000048542163"));
        assert_eq!(statement.net.unwrap().to_string(), "4197.17");
        assert_eq!(statement.issued_on.unwrap().to_string(), "2024-05-28");
        assert_eq!(statement.total, None);
    }

    #[test]
    fn attachments_are_found_wherever_they_are() {
        for name in ["Doc_0/Attachs/rai_issuer_1.xml", "Doc_0/Other/original_invoice.xml", "invoice.XML"] {
            assert!(may_be_attached_invoice(name), "{name}");
        }
        for name in ["OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Res/x.png"] {
            assert!(!may_be_attached_invoice(name), "{name}");
        }
    }
}
