//! The invoice as a PDF 1.7 written by hand: text in the predefined CMap `UniGB-UCS2-H` with a font that is not embedded,
//! as most issuers do, and a QR code drawn as rectangles.

use std::fmt::Write;

use super::page::Page;
use super::record::InvoiceRecord;

impl InvoiceRecord {
    /// The invoice as a PDF file.
    pub fn pdf(&self) -> Vec<u8> {
        Page::of(self).pdf()
    }
}

impl Page {
    /// The page as a PDF file.
    pub fn pdf(&self) -> Vec<u8> {
        document(&[(self.content(), self.width, self.height)], "")
    }

    /// A file of several pages.
    pub fn pdf_of(pages: &[Self]) -> Vec<u8> {
        let pages: Vec<(String, f32, f32)> =
            pages.iter().map(|page| (page.content(), page.width, page.height)).collect();
        document(&pages, "")
    }

    /// PDF counts from the lower left corner.
    fn content(&self) -> String {
        let mut content = String::from("0.5 0 0 RG 0.7 w\n");
        // Writing into a String cannot fail.
        for [x, y, to_x, to_y] in &self.rules {
            let _ = writeln!(content, "{x:.2} {:.2} m {to_x:.2} {:.2} l S", self.height - y, self.height - to_y);
        }
        let _ = writeln!(content, "0 g");
        for [left, top, right, bottom] in self.qr_rectangles() {
            let (y, width, height) = (self.height - bottom, right - left, bottom - top);
            let _ = writeln!(content, "{left:.3} {y:.3} {width:.3} {height:.3} re f");
        }
        for text in &self.texts {
            // The baseline lies a little above the lower edge of the characters.
            let baseline = self.height - text.y - text.size * 0.88;
            let units: Vec<u8> = text.content.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let hex = hex::encode_upper(units);
            let _ = writeln!(content, "BT /F1 {:.2} Tf {:.2} {baseline:.2} Td <{hex}> Tj ET", text.size, text.x);
        }
        content
    }
}

/// A page without any text, as a scan has none.
pub(crate) fn without_text() -> Vec<u8> {
    document(&[("0.5 0 0 RG 0.7 w\n15 100 m 580 100 l S\n15 300 m 580 300 l S\n".to_owned(), 595.0, 397.0)], "")
}

impl Page {
    /// The page in a file that says it is encrypted and whose password is not the empty one.
    pub(crate) fn locked_pdf(&self) -> Vec<u8> {
        let noise: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(37).wrapping_add(11)).collect();
        let noise = hex::encode_upper(noise);
        let encryption =
            format!("/Encrypt<</Filter/Standard/V 1/R 2/O<{noise}>/U<{noise}>/P -4>>/ID[<{noise}><{noise}>]");
        document(&[(self.content(), self.width, self.height)], &encryption)
    }
}

/// The number of the first object after those of a file of one page.
const MORE_PAGES: usize = 9;

fn document(pages: &[(String, f32, f32)], trailer: &str) -> Vec<u8> {
    let number = |index: usize| if index == 0 { 3 } else { MORE_PAGES + 2 * (index - 1) };
    let kids: Vec<String> = (0..pages.len()).map(|index| format!("{} 0 R", number(index))).collect();
    let page = |index: usize, (content, width, height): &(String, f32, f32)| {
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {} 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            number(index) + 1
        );
        [page, format!("<</Length {}>>\nstream\n{content}\nendstream", content.len() + 1)]
    };
    let mut drawn = pages.iter().enumerate().map(|(index, content)| page(index, content));
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), pages.len()),
    ];
    objects.extend(drawn.next().into_iter().flatten());
    objects.extend([
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>".to_owned(),
        // Latin characters (CIDs 1 to 95) and the yen sign are half as wide as Chinese ones.
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)\
         /Supplement 2>>/DW 1000/W[1 95 500]/FontDescriptor 7 0 R>>"
            .to_owned(),
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880\
         /Descent -120/CapHeight 880/StemV 93>>"
            .to_owned(),
        "<</Producer(Suanpan sample documents)>>".to_owned(),
    ]);
    objects.extend(drawn.flatten());
    let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let start = file.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(table, "{offset:010} 00000 n ");
    }
    let _ = write!(
        table,
        "trailer\n<</Size {}/Root 1 0 R/Info {} 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1,
        MORE_PAGES - 1
    );
    file.extend(table.bytes());
    file
}
