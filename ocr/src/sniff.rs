//! What a file is, by its first bytes. Names lie.

/// A format, as far as reading is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML text.
    Xml,
    /// A ZIP archive, which may be an OFD file.
    Ofd,
    /// PDF.
    Pdf,
    /// JPEG or PNG.
    Picture,
    /// A picture of a format that is not decoded here: HEIC, WebP, GIF, TIFF, BMP.
    OtherPicture,
}

impl Format {
    /// The format of a file's content; `None` when it is nothing that invoices come in.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let at = |place: usize, magic: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(magic));
        if starts(b"\xFF\xD8\xFF") || starts(b"\x89PNG\r\n\x1A\n") {
            return Some(Self::Picture);
        }
        if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
            return Some(Self::Ofd);
        }
        // Mail programs and scanners put bytes before the header; the standard's readers look at the first kilobyte.
        let head = bytes.get(..1024).unwrap_or(bytes);
        if head.windows(5).any(|window| window == b"%PDF-") {
            return Some(Self::Pdf);
        }
        if at(4, b"ftyp") || starts(b"GIF8") || starts(b"BM") || starts(b"II*\0") || starts(b"MM\0*") || at(8, b"WEBP")
        {
            return Some(Self::OtherPicture);
        }
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        let wide = starts(b"\xFF\xFE<\0") || starts(b"\xFE\xFF\0<");
        if first == Some(&b'<') || wide { Some(Self::Xml) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        for (bytes, format) in [
            (&b"\xFF\xD8\xFF\xE0"[..], Some(Format::Picture)),
            (b"PK\x03\x04", Some(Format::Ofd)),
            (b"junk before\n%PDF-1.7", Some(Format::Pdf)),
            (b"\xEF\xBB\xBF \n<?xml", Some(Format::Xml)),
            (b"\0\0\0\x18ftypheic", Some(Format::OtherPicture)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(Format::OtherPicture)),
            (b"hello", None),
            (b"", None),
        ] {
            assert_eq!(Format::of(bytes), format, "{bytes:?}");
        }
    }
}
