//! The words for every code of this crate: errors, checks and reasons, Chinese first.

/// A language of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Simplified Chinese (简体中文).
    #[default]
    Chinese,
    /// English.
    English,
}

/// The sentence for a code, or `None` for a code that this crate does not have.
pub fn explain(code: &str, language: Language) -> Option<&'static str> {
    TEXTS.iter().find(|(known, ..)| *known == code).map(|(_, chinese, english)| match language {
        Language::Chinese => *chinese,
        Language::English => *english,
    })
}

/// Every code that has a text.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(code, ..)| *code)
}

type Text = (&'static str, &'static str, &'static str);

#[rustfmt::skip] // A table reads better one code to a line.
const TEXTS: &[Text] = &[
    // Errors.
    ("empty_file", "文件是空的，请重新选择。", "The file is empty. Please choose it again."),
    ("too_large", "文件超过 25 MB，无法识别；原件已保留，可手工填写。", "The file is larger than 25 MB and is not read. It is kept; type the figures instead."),
    ("unknown_format", "不是可识别的发票文件（支持 XML、OFD、PDF、JPEG、PNG）。", "This is not a file that invoices come in (XML, OFD, PDF, JPEG, PNG)."),
    ("unsupported_picture", "暂不支持这种图片格式，请用相机重拍或转为 JPEG。", "This picture format is not supported. Take the photo again or convert it to JPEG."),
    ("archive_bomb", "压缩包解压后过大，为安全起见已停止读取。", "The archive unpacks to far more than an invoice needs, so reading stopped."),
    ("malformed_archive", "OFD 文件已损坏，请重新下载原件。", "The OFD file is damaged. Please download the original again."),
    ("malformed_xml", "XML 文件格式不正确或含有不允许的声明。", "The XML is malformed or declares something that is not allowed."),
    ("malformed_pdf", "PDF 文件已损坏，请重新下载原件。", "The PDF is damaged. Please download the original again."),
    ("malformed_image", "图片已损坏或过大，无法打开。", "The picture is damaged or too large to open."),
    ("no_invoice", "文件完好，但其中没有发票。", "The file is sound, but it holds no invoice."),
    // Checks that passed.
    ("words_equal_total", "大写与小写一致。", "The amount in words equals the figure."),
    ("net_plus_tax_equals_total", "金额 + 税额 = 价税合计。", "Net and tax add up to the total."),
    ("lines_equal_net", "各行金额之和等于合计金额。", "The lines add up to the net amount."),
    ("line_tax_holds", "各行税额与税率相符。", "The tax of each line follows from its rate."),
    ("rates_in_force", "税率在开票日有效。", "The rates were in force on the day of issue."),
    ("code_holds", "发票代码与种类、年份相符。", "The code agrees with the kind and the year."),
    ("rail_tax_holds", "税额与铁路客票的计算规则相符。", "The tax follows the rule for rail tickets."),
    ("qr_checksum_holds", "二维码校验值正确。", "The checksum of the QR code holds."),
    ("qr_amount_agrees", "二维码中的金额与票面一致。", "The amount in the QR code agrees with the document."),
    ("second_opinion_agrees", "两种识别结果一致，仍请与原件核对。", "Two engines read the same total. Please still compare with the original."),
    ("sources_agree", "各来源读到的内容一致。", "All sources say the same."),
    ("number_form_holds", "发票号码格式正确。", "The invoice number has a proper form."),
    ("number_year_holds", "发票号码中的年份与开票日期一致。", "The year in the invoice number is the year of issue."),
    ("date_is_past", "开票日期有效。", "The date of issue is possible."),
    ("seller_tax_id_holds", "销售方识别号校验通过。", "The seller's tax id passes its check."),
    ("buyer_tax_id_holds", "购买方识别号校验通过。", "The buyer's tax id passes its check."),
    // Checks that failed.
    ("words_differ_from_total", "大写与小写不一致。", "The amount in words is not the figure."),
    ("net_plus_tax_differs", "金额 + 税额 ≠ 价税合计。", "Net and tax do not add up to the total."),
    ("lines_differ_from_net", "各行金额之和不等于合计金额。", "The lines do not add up to the net amount."),
    ("line_tax_differs", "某行税额与税率不符。", "The tax of a line does not follow from its rate."),
    ("rate_not_in_force", "某行税率在开票日并不适用。", "The rate of a line was not in force on the day of issue."),
    ("code_unusual", "发票代码与种类或年份不符，请核对。", "The code does not agree with the kind or the year. Please compare."),
    ("rail_tax_differs", "税额与铁路客票的计算规则不符。", "The tax does not follow the rule for rail tickets."),
    ("qr_checksum_wrong", "二维码校验值不正确，可能误读或被改动；未采用其内容。", "The checksum of the QR code is wrong: misread or altered. Its content is not used."),
    ("qr_amount_differs", "二维码中的金额与票面不一致。", "The amount in the QR code is not that of the document."),
    ("second_opinion_differs", "两种识别方式读到的金额不同，未填写。", "Two engines read different totals, so none is filled in."),
    ("sources_differ", "不同来源读到的内容不一致，请核对原件。", "The sources contradict each other. Please compare with the original."),
    ("number_form_unusual", "发票号码格式异常，请核对。", "The invoice number has an unusual form. Please compare."),
    ("number_year_differs", "发票号码中的年份与开票日期不一致。", "The year in the invoice number is not the year of issue."),
    ("date_in_future", "开票日期晚于今天。", "The date of issue is after today."),
    ("date_too_early", "开票日期早于 2009 年。", "The date of issue is before 2009."),
    ("seller_tax_id_unusual", "销售方识别号校验未通过，请核对（少数早期代码属正常）。", "The seller's tax id fails its check. Please compare; a few early codes do."),
    ("buyer_tax_id_unusual", "购买方识别号校验未通过，请核对（少数早期代码属正常）。", "The buyer's tax id fails its check. Please compare; a few early codes do."),
    // Checks that could not be made.
    ("words_not_read", "未读到大写金额，无法核对。", "No amount in words was read, so it could not be compared."),
    ("net_or_tax_not_read", "未读到金额或税额，无法核对。", "Net or tax was not read, so the sum could not be compared."),
    ("qr_not_read", "未读到二维码。", "No QR code was read."),
    ("second_opinion_silent", "第二种识别方式未读到金额，无法互相印证。", "The second engine read no total, so nothing confirms the first."),
    ("tax_id_not_read", "未读到识别号。", "No tax id was read."),
    // Reasons of a verdict.
    ("total_missing", "未识别到价税合计，请填写。", "The total was not recognised. Please type it."),
    ("number_missing", "未识别到发票号码，请填写。", "The invoice number was not recognised. Please type it."),
    ("date_missing", "未识别到开票日期，请填写。", "The date of issue was not recognised. Please type it."),
    ("single_source", "金额只有一个来源，请与原件核对后确认。", "Only one source gives the amount. Please compare with the original and confirm."),
    ("read_by_eye_only", "金额由图片文字识别得到，请核对后确认。", "The amount was recognised from the picture. Please compare and confirm."),
    ("number_read_by_eye", "发票号码由图片文字识别得到，请核对后确认。", "The number was recognised from the picture. Please compare and confirm."),
    ("date_doubtful", "开票日期可疑，请核对。", "The date of issue is doubtful. Please compare."),
    ("number_doubtful", "发票号码可疑，请核对。", "The invoice number is doubtful. Please compare."),
    ("arithmetic_doubtful", "明细行的合计或税额对不上，请核对。", "The lines or their tax do not add up. Please compare."),
    ("rate_doubtful", "某行税率在开票日并不适用，请核对。", "The rate of a line was not in force on the day of issue. Please compare."),
    ("amounts_contradict", "金额互相矛盾，请逐项核对原件。", "The amounts contradict each other. Please compare each with the original."),
    ("numbers_contradict", "发票号码互相矛盾，请核对原件。", "The invoice numbers contradict each other. Please compare with the original."),
    ("dates_contradict", "开票日期互相矛盾，请核对原件。", "The dates of issue contradict each other. Please compare with the original."),
    ("details_contradict", "名称或识别号互相矛盾，请核对原件。", "Names or tax ids contradict each other. Please compare with the original."),
    ("several_invoices", "文件中有多张发票，请逐张确认。", "The file shows several invoices. Please confirm each by itself."),
    ("pdf_encrypted", "PDF 已加密，无法读取；原件已保留，请手工填写或上传未加密的原件。", "The PDF is encrypted. It is kept; type the figures or add the original without a password."),
    ("pdf_without_text", "PDF 中没有文字（可能是扫描件），请核对或手工填写。", "The PDF has no text, perhaps a scan. Please compare or type the figures."),
    ("picture_not_read", "图片中未读到发票内容，请补拍清晰的照片或手工填写。", "Nothing was read from the picture. Take a clearer one or type the figures."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::error::ReadError;
    use crate::reading::{Message, Reason};

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        let all = ReadError::ALL.iter().map(|e| e.code());
        let all = all.chain(Message::ALL.iter().map(|m| m.code())).chain(Reason::ALL.iter().map(|r| r.code()));
        for code in all {
            assert!(explain(code, Language::Chinese).is_some_and(|text| !text.is_ascii()), "{code}");
            assert!(explain(code, Language::English).is_some_and(str::is_ascii), "{code}");
        }
    }

    #[test]
    fn no_code_is_explained_twice() {
        let mut seen = HashSet::new();
        assert!(codes().all(|code| seen.insert(code)));
        assert_eq!(explain("nothing_of_ours", Language::English), None);
    }
}
