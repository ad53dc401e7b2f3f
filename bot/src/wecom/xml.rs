//! The XML of WeCom's callbacks: one level of elements with text. No document types, no entities of its own.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;

/// No message of WeCom is nested deeper.
const DEEPEST: usize = 8;

/// The text of each element directly below the root. Of a repeated element the first counts. `None` if it is no such XML,
/// has a document type, or nests deeper than any message.
pub fn fields(text: &str) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(text);
    let mut fields = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut ended = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if ended || path.len() >= DEEPEST {
                    return None;
                }
                path.push(start.name().0.to_owned());
                value.clear();
            }
            Event::End(_) => {
                let name = path.pop()?;
                if path.len() == 1 {
                    fields.entry(name).or_insert_with(|| std::mem::take(&mut value));
                }
                ended = path.is_empty();
            }
            Event::Empty(start) if path.len() == 1 => {
                let name = start.name().0.to_owned();
                fields.entry(name).or_default();
            }
            Event::Text(part) if path.len() == 2 => value.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(part) if path.len() == 2 => value.push_str(&part),
            Event::GeneralRef(part) if path.len() == 2 => value.push(entity(&part)?),
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Eof => return ended.then_some(fields),
            _ => {}
        }
    }
}

/// The five entities that XML has by itself, and characters by number.
fn entity(part: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Some(character) = part.resolve_char_ref().ok()? {
        return Some(character);
    }
    match &**part {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// A text between `<![CDATA[` and `]]>`. The end mark inside it is cut in two.
pub fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

#[cfg(test)]
mod tests {
    use super::{cdata, fields};
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_and_nested_ones_passed_over() {
        let text =
            "<xml><A><![CDATA[x<y]]></A><B>1 &lt; 2 &#20013;</B><C/><S><I><K>deep</K></I></S><A>second</A></xml>";
        let fields = fields(text).unwrap();
        assert_eq!(fields["A"], "x<y");
        assert_eq!(fields["B"], "1 < 2 中");
        assert_eq!(fields["C"], "");
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let deep = format!("{}x{}", "<a>".repeat(20), "</a>".repeat(20));
        for text in [
            "",
            "text",
            "<xml><A>",
            "<xml></xml><xml></xml>",
            "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>",
            "<xml><A>&a;</A></xml>",
            "<xml><A>&#xFFFFFFFF;</A></xml>",
            "<?php ?><xml></xml>",
            &deep,
        ] {
            assert_eq!(fields(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(<[a-z!\\[\\]/?&;#A-Z]{0,9}>|[a-z&;#<>]{0,6}){0,20}") {
            let _ = fields(&text);
        }

        #[test]
        fn cdata_comes_back(text in "[a-z\\]\\[>!<&中]{0,40}") {
            let xml = format!("<xml><A>{}</A></xml>", cdata(&text));
            prop_assert_eq!(&fields(&xml).unwrap()["A"], &text);
        }
    }
}
