use budget::{DeviceId, InvoiceId, LineId};
use sync::{DocumentKey, Place, Replica};

use super::*;

const ME: PersonId = PersonId([1; 16]);
const REQUEST: RequestId = RequestId([7; 16]);
const AT: Timestamp = Timestamp(1_795_000_000_000);

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

/// A payment with one line and one invoice of these names.
fn unsent(title: &str, file: &str, media_type: &str) -> Unsent {
    let mut replica = Replica::new(DeviceId([3; 16]), ME);
    let put = |place, values: Vec<_>| Edit::Put { place, values };
    let (invoice, line) = (InvoiceId([9; 16]), LineId([8; 16]));
    let edits = [
        Edit::CreateClaim { owner: ME, at: AT },
        put(
            Place::Header,
            vec![
                (Field::Title, text(title)),
                (Field::RequestKind, text("payment")),
                (Field::Payee, text("供应商")),
                (Field::Advances, text("none")),
                (Field::Last, Scalar::Flag(true)),
            ],
        ),
        put(
            Place::Invoice(invoice),
            vec![
                (Field::Blob, text("ab")),
                (Field::FileName, text(file)),
                (Field::MediaType, text(media_type)),
                (Field::Size, Scalar::Integer(3)),
            ],
        ),
        put(
            Place::Line(line),
            vec![(Field::Amount, Scalar::Integer(16_600)), (Field::LineInvoice, text(&invoice.to_string()))],
        ),
    ];
    for edit in edits {
        let unsigned = replica.edit(DocumentKey::Claim(REQUEST), edit, AT, [4; 8]).unwrap();
        if let Some(unsigned) = unsigned {
            let _ = replica.signed(unsigned.order, vec![0; 64]);
        }
    }
    Unsent { request: REQUEST, claim: replica.claim(REQUEST).unwrap(), refused: Vec::new() }
}

fn page_of(unsent: &[Unsent]) -> Vec<Piece> {
    page((ME, "张伟"), AT, unsent, &BTreeSet::from(["ab".to_owned()])).unwrap()
}

/// The text of a page, originals as their names in brackets.
fn html(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Original(name) => format!("[{name}]"),
    };
    pieces.iter().map(piece).collect()
}

fn kept(html: &str) -> &str {
    html.split_once("id=\"suanpan-rescue\">").unwrap().1.split_once("</script>").unwrap().0
}

#[test]
fn what_is_taken_back_is_what_was_there() {
    let whole = unsent("拜访", "发票.pdf", "application/pdf");
    let html = html(&page_of(&[unsent("拜访", "发票.pdf", "application/pdf")]));
    let found = read(kept(&html), ME).unwrap();
    let [(request, edits)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(*request, REQUEST);
    assert!(says_same(&whole.claim, edits));
    assert!(!says_same(&unsent("另一个", "发票.pdf", "application/pdf").claim, edits));
    assert_eq!(originals(edits), [("ab".to_owned(), "application/pdf".to_owned())]);
    // Also what kind of request it is, and whom it pays.
    let mut replica = Replica::new(DeviceId([3; 16]), ME);
    for edit in [Edit::CreateClaim { owner: ME, at: AT }].into_iter().chain(edits.clone()) {
        let _ = replica.edit(DocumentKey::Claim(REQUEST), edit, AT, [4; 8]).unwrap();
    }
    assert_eq!(replica.claim(REQUEST).unwrap(), whole.claim);
}

#[test]
fn a_page_shows_words_and_runs_nothing_of_them() {
    let html = html(&page_of(&[unsent("<script>alert(1)</script>", "\"><b>.html", "text/html")]));
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(!html.contains("<script>alert") && !html.contains("<b>"), "{html}");
    assert!(html.contains("data:application/octet-stream;base64,[ab]"), "{html}");
    assert!(!html.contains("data:text/html"), "{html}");
    assert!(html.contains("¥166.00"), "{html}");
}

#[test]
fn an_original_stands_in_the_page_once_and_pictures_are_shown() {
    let both = [unsent("一", "a.jpg", "image/jpeg"), unsent("二", "a.jpg", "image/jpeg")];
    let html = html(&page_of(&both));
    assert_eq!(html.matches("[ab]").count(), 1, "{html}");
    assert!(html.contains("<img id=\"ab\" alt=\"\" src=\"data:image/jpeg;base64,[ab]\">"), "{html}");
}

#[test]
fn what_is_no_rescue_file_of_this_person_is_refused_by_name() {
    let html = html(&page_of(&[unsent("拜访", "a.jpg", "image/jpeg")]));
    let json = kept(&html);
    assert_eq!(read(json, PersonId([2; 16])).unwrap_err(), RescueError::OfAnother);
    let check = |json: &str, expected| assert_eq!(read(json, ME).unwrap_err(), expected, "{json}");
    check(&json.replace("\"version\":1", "\"version\":2"), RescueError::Newer);
    check(&json[..json.len() / 2], RescueError::Unreadable);
    check("", RescueError::Unreadable);
    check(&json.replace(kept_edits(json), "AAAA"), RescueError::Unreadable);
    let begins = STANDARD.encode(minicbor::to_vec([Edit::CreateThread]).unwrap());
    check(&json.replace(kept_edits(json), &begins), RescueError::Unreadable);
}

/// The base64 of the only request.
fn kept_edits(json: &str) -> &str {
    json.rsplit('"').nth(1).unwrap()
}
