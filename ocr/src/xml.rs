//! XML as a small tree, read without entities, without document types and within limits.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::error::ReadError;
use crate::limits;

pub(crate) mod any;
pub(crate) mod dialect;
pub(crate) mod einvoice;
pub(crate) mod legacy;
pub(crate) mod rail;
pub(crate) mod xbrl;

/// An element by its local name: prefixes vary between issuers and carry no meaning here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The tree of a whole document, or why it is refused.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let text = decode(bytes)?;
        let mut reader = Reader::from_str(&text);
        let mut open: Vec<Self> = vec![Self::default()];
        let mut elements = 0_usize;
        loop {
            match reader.read_event().map_err(|_| ReadError::MalformedXml)? {
                Event::Start(start) => {
                    elements += 1;
                    if open.len() > limits::MAX_XML_DEPTH || elements > limits::MAX_XML_ELEMENTS {
                        return Err(ReadError::MalformedXml);
                    }
                    open.push(Self::from_start(&start)?);
                }
                Event::Empty(start) => {
                    elements += 1;
                    if elements > limits::MAX_XML_ELEMENTS {
                        return Err(ReadError::MalformedXml);
                    }
                    let element = Self::from_start(&start)?;
                    open.last_mut().ok_or(ReadError::MalformedXml)?.children.push(element);
                }
                Event::End(_) => {
                    let closed = open.pop().ok_or(ReadError::MalformedXml)?;
                    open.last_mut().ok_or(ReadError::MalformedXml)?.children.push(closed);
                }
                Event::Text(text) => push_text(&mut open, &text.xml10_content()),
                Event::CData(text) => push_text(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name: String = reference.xml10_content().into_owned();
                    let c = match reference.resolve_char_ref() {
                        Ok(Some(c)) => c,
                        Ok(None) => predefined(&name)?,
                        Err(_) => return Err(ReadError::MalformedXml),
                    };
                    push_text(&mut open, c.encode_utf8(&mut [0; 4]));
                }
                // A document type is where entities and external files come from; no invoice has one.
                Event::DocType(_) => return Err(ReadError::MalformedXml),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        let root = open.pop().filter(|_| open.is_empty()).ok_or(ReadError::MalformedXml)?;
        root.children.into_iter().next().ok_or(ReadError::MalformedXml)
    }

    fn from_start(start: &BytesStart<'_>) -> Result<Self, ReadError> {
        let mut element = Self { name: start.local_name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| ReadError::MalformedXml)?;
            if element.attributes.len() == limits::MAX_XML_ATTRIBUTES {
                return Err(ReadError::MalformedXml);
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| ReadError::MalformedXml)?;
            element.attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    /// An attribute by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at a path such as `EInvoiceData/SellerInformation`.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The trimmed text at a path, when there is any.
    pub(crate) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    /// This element and everything below it, in document order.
    pub(crate) fn descendants(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut next = 0;
        while let Some(element) = all.get(next).copied() {
            next += 1;
            all.splice(next..next, element.children.iter());
        }
        all
    }

    /// The first element of a name anywhere below.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        self.descendants().into_iter().find(|element| element.name == name)
    }
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn predefined(name: &str) -> Result<char, ReadError> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(ReadError::MalformedXml),
    }
}

/// UTF-8, or UTF-16 with its mark; the declared encoding is not believed, because issuers leave it wrong.
fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    let pairs = |big: bool| -> Vec<u16> {
        let (pairs, _) = bytes.get(2..).unwrap_or(&[]).as_chunks::<2>();
        pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) }).collect()
    };
    match bytes {
        [0xFE, 0xFF, ..] => String::from_utf16(&pairs(true)).map_err(|_| ReadError::MalformedXml),
        [0xFF, 0xFE, ..] => String::from_utf16(&pairs(false)).map_err(|_| ReadError::MalformedXml),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| ReadError::MalformedXml)?;
            Ok(text.trim_start_matches('\u{FEFF}').to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_entities_are_read() {
        let root = Element::parse(
            "\u{FEFF}<a:r xmlns:a='x' n='1&amp;2'><b:c>x &lt; &#21326;<![CDATA[<]]></b:c></a:r>".as_bytes(),
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.attribute("n")), ("r", Some("1&2")));
        assert_eq!(root.text_at("c"), Some("x < 华<"));
    }

    #[test]
    fn what_could_hurt_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        let attributes: Vec<String> = (0..100).map(|n| format!("b{n}='1'")).collect();
        let wide = format!("<a {}/>", attributes.join(" "));
        for text in [
            "<!DOCTYPE r [<!ENTITY e 'x'>]><r>&e;</r>",
            "<r>&other;</r>",
            "<r><open></r>",
            "<r>",
            "",
            "plain",
            deep.as_str(),
            wide.as_str(),
        ] {
            assert_eq!(Element::parse(text.as_bytes()).map(|e| e.name), Err(ReadError::MalformedXml), "{text:.40}");
        }
    }

    #[test]
    fn utf16_is_understood() {
        let bytes: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("<甲/>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(Element::parse(&bytes).unwrap().name, "甲");
    }
}
