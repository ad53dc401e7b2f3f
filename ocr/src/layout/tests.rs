use super::*;
use crate::reading::InvoiceKind;

/// A page written as rows of (left, text), one row every 20 units, characters 10 high.
fn page(rows: &[&[(f32, &str)]]) -> Page {
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let top = f32::from(u8::try_from(index).unwrap()) * 20.0;
        for (left, text) in *row {
            let width: f32 = text.chars().map(|c| if c.is_ascii() { 5.0 } else { 10.0 }).sum();
            lines.push(Line::upright(text, *left, top, left + width, top + 10.0, 1.0));
        }
    }
    page_of_lines(&lines)
}

#[test]
fn a_digital_invoice_is_read_by_its_places() {
    let page = page(&[
        &[(250.0, "电子发票（普通发票）"), (480.0, "发票号码："), (535.0, "26322000000000048901")],
        &[(480.0, "开票日期："), (535.0, "2026年06月02日")],
        &[(20.0, "购"), (40.0, "名称："), (75.0, "上海云帆科技有限公司"), (340.0, "名称：北京星河餐饮管理有限公司")],
        &[
            (40.0, "统一社会信用代码/纳税人识别号："),
            (210.0, "91310115MA1K4BXX1N"),
            (500.0, "纳税人识别号:91510107MA65T8E44U"),
        ],
        &[(20.0, "项目名称"), (400.0, "金 额")],
        &[(60.0, "合"), (100.0, "计"), (400.0, "¥43.27"), (560.0, "¥5.63")],
        &[(50.0, "价税合计（大写）"), (160.0, "⊗"), (174.0, "肆拾捌圆玖角整"), (400.0, "（小写）"), (437.0, "¥48.90")],
    ]);
    let statement = extract(&page, Source::PdfText);
    assert_eq!(statement.kind, InvoiceKind::DigitalOrdinary);
    assert_eq!(statement.number.as_deref(), Some("26322000000000048901"));
    assert_eq!(statement.issued_on.unwrap().to_string(), "2026-06-02");
    assert_eq!(statement.buyer_name.as_deref(), Some("上海云帆科技有限公司"));
    assert_eq!(statement.seller_name.as_deref(), Some("北京星河餐饮管理有限公司"));
    assert_eq!(statement.buyer_tax_id.as_deref(), Some("91310115MA1K4BXX1N"));
    assert_eq!(statement.seller_tax_id.as_deref(), Some("91510107MA65T8E44U"));
    let amounts = [statement.net, statement.tax, statement.total].map(|amount| amount.unwrap().to_string());
    assert_eq!(amounts, ["43.27", "5.63", "48.90"]);
    assert_eq!(statement.total_in_words.as_deref(), Some("肆拾捌圆玖角整"));
}

#[test]
fn dates_drawn_in_pieces_come_together_by_place() {
    let rows: &[&[(f32, &str)]] = &[&[
        (400.0, "开票日期:"),
        (470.0, "年"),
        (495.0, "月"),
        (520.0, "日"),
        (449.0, "2022"),
        (483.0, "08"),
        (508.0, "30"),
    ]];
    assert_eq!(extract(&page(rows), Source::PdfText).issued_on.unwrap().to_string(), "2022-08-30");
}

#[test]
fn a_page_without_labels_is_read_by_shape_and_arithmetic() {
    let page = page(&[
        &[(400.0, "051002100411"), (400.0, "")],
        &[(400.0, "02730522")],
        &[(400.0, "2022"), (440.0, "08"), (470.0, "30")],
        &[(100.0, "x")],
        &[(100.0, "x")],
        &[(100.0, "x")],
        &[(400.0, "¥16.89"), (560.0, "¥0.51")],
        &[(400.0, "¥17.40")],
    ]);
    let statement = extract(&page, Source::PdfText);
    assert_eq!(statement.code.as_deref(), Some("051002100411"));
    assert_eq!(statement.number.as_deref(), Some("02730522"));
    assert_eq!(statement.issued_on.unwrap().to_string(), "2022-08-30");
    assert_eq!(statement.total.unwrap().to_string(), "17.40");
}

#[test]
fn a_receipt_cut_below_the_lines_has_no_total() {
    let page = page(&[
        &[(250.0, "增值税电子普通发票")],
        &[(20.0, "*餐饮服务*餐费"), (400.0, "43.27"), (560.0, "5.63")],
        &[(20.0, "*餐饮服务*饮料"), (400.0, "10.00"), (560.0, "1.30")],
    ]);
    let statement = extract(&page, Source::Ocr);
    assert_eq!((statement.total, statement.net), (None, None));
}

#[test]
fn a_rail_ticket_gives_fare_and_journey() {
    let page = page(&[
        &[(250.0, "电子发票（铁路电子客票）")],
        &[(40.0, "发票号码:26119110010000000553"), (400.0, "开票日期:2026年06月03日")],
        &[(90.0, "北京南站"), (297.0, "G1"), (400.0, "上海虹桥站")],
        &[(60.0, "2026年06月01日"), (190.0, "09:00开"), (400.0, "二等座")],
        &[(60.0, "票价:"), (95.0, "￥553.00")],
        &[(60.0, "购买方名称:上海云帆科技有限公司"), (330.0, "统一社会信用代码:91310115MA1K4BXX1N")],
    ]);
    let statement = extract(&page, Source::PdfText);
    let travel = statement.travel.unwrap();
    assert_eq!(statement.total.unwrap().to_string(), "553.00");
    assert_eq!((travel.from.as_deref(), travel.to.as_deref()), (Some("北京南"), Some("上海虹桥")));
    assert_eq!(travel.train_number.as_deref(), Some("G1"));
    assert_eq!(travel.date.unwrap().to_string(), "2026-06-01");
    assert_eq!(statement.buyer_name.as_deref(), Some("上海云帆科技有限公司"));
    assert_eq!(statement.buyer_tax_id.as_deref(), Some("91310115MA1K4BXX1N"));
    assert_eq!(statement.seller_name, None);
}

#[test]
fn the_total_of_an_itinerary_is_the_sum_of_its_row() {
    let total = |last: &str| {
        let page = page(&[
            &[(150.0, "电子发票（航空运输电子客票行程单）"), (430.0, "发票号码：26329116000000012345")],
            &[
                (30.0, "票价"),
                (126.0, "燃油附加费"),
                (222.0, "增值税税率"),
                (318.0, "增值税税额"),
                (414.0, "民航发展基金"),
                (510.0, "合计"),
            ],
            &[
                (30.0, "CNY 917.43"),
                (126.0, "CNY 45.87"),
                (222.0, "9%"),
                (318.0, "CNY 86.70"),
                (414.0, "CNY 50.00"),
                (510.0, last),
            ],
        ]);
        extract(&page, Source::PdfText).total.map(|total| total.to_string())
    };
    assert_eq!(total("CNY 1100.00").as_deref(), Some("1100.00"));
    assert_eq!(total("CNY 1700.00"), None, "one that does not add up is misread");
}
