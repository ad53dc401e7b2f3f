//! What an original is, judged by its first bytes; what the sender says is not believed.

/// The media type of bytes that begin with `head`.
pub(super) fn of(head: &[u8]) -> &'static str {
    let brand = head.get(4..12);
    match head {
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ if brand == Some(b"ftypheic") || brand == Some(b"ftypmif1") => "image/heic",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        // OFD (GB/T 33190) is a ZIP archive; so are other things, and nobody runs either.
        [b'P', b'K', 3, 4, ..] => "application/ofd",
        [b'<', ..] | [0xEF, 0xBB, 0xBF, b'<', ..] => "application/xml",
        _ => "application/octet-stream",
    }
}

/// Whether a browser may show it in place; anything else is only ever saved.
pub(super) fn is_shown(media_type: &str) -> bool {
    matches!(media_type, "image/jpeg" | "image/png" | "image/webp" | "application/pdf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_markup_is_never_shown() {
        assert_eq!(of(&[0xFF, 0xD8, 0xFF, 0xE0]), "image/jpeg");
        assert_eq!(of(b"%PDF-1.7"), "application/pdf");
        assert_eq!(of(b""), "application/octet-stream");
        for markup in [b"<svg onload=x>".as_slice(), b"\xEF\xBB\xBF<?xml?>", b"<html>"] {
            assert!(!is_shown(of(markup)));
        }
    }
}
