//! Documents that nobody has seen: every kind, drawn from seeds that are new in each run, as files and as photographs.
//!
//! The promise: an amount that needs no person is never wrong. `SUANPAN_SEED` repeats a run, `SUANPAN_PHOTOS` says how many
//! photographs are read (66 by default, 5,000 with `SUANPAN_NIGHTLY`).

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use budget::{Date, Money};
use ocr::{InvoiceKind, PaddleEngine, PaddleModels, TextEngine};
use tests::documents::sheet::KINDS;
use tests::documents::{Difficulty, InvoiceRecord, Page, Sheet};
use tests::fault::{Fault, Result};
use tests::place;
use tests::score::{self, Document, Judgement, KEY_FIELDS};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seed of this run: the time, unless one is given.
fn seed() -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| u64::from(time.subsec_nanos()));
    let seed = number("SUANPAN_SEED").unwrap_or_else(clock);
    println!("SUANPAN_SEED={seed}");
    seed
}

fn today() -> Result<Date> {
    Ok(Date::new(2026, 12, 31)?)
}

/// How a document is shown.
#[derive(Clone, Copy)]
enum Shown {
    Clean,
    Photo(Difficulty),
}

/// The document with a number in this run. Photographs of a difficulty and kinds take turns.
fn document(seed: u64, index: u64) -> Result<Document> {
    let kinds = u64::try_from(KINDS.len())?;
    let kind = KINDS.get(usize::try_from(index % kinds)?).copied().unwrap_or_default();
    let own = seed.wrapping_mul(1_000_003).wrapping_add(index);
    let sheet = Sheet::drawn(kind, own);
    let (shown, word) = match (index / kinds) % 3 {
        0 => (Shown::Clean, "clean"),
        1 => (Shown::Photo(Difficulty::Mild), "mild"),
        _ => (Shown::Photo(Difficulty::Hard), "hard"),
    };
    let bytes = match shown {
        Shown::Clean => sheet.png()?,
        Shown::Photo(difficulty) => sheet.page.photo(own, difficulty)?,
    };
    Ok(Document {
        name: format!("{kind:?} {index} {word}"),
        group: format!("{word} {kind:?}"),
        bytes,
        truth: sheet.truth,
    })
}

fn paddle() -> Result<Option<PaddleEngine>> {
    let Some(folder) = place::models()? else {
        return Ok(None);
    };
    let read = |name: &str| std::fs::read(folder.join(name));
    let models = PaddleModels {
        detection: read("detection.onnx")?,
        recognition: read("recognition.onnx")?,
        characters: std::fs::read_to_string(folder.join("characters.txt"))?,
    };
    Ok(Some(PaddleEngine::new(models)?))
}

/// Every field that a kind's page names, from its text layer: nothing is recognised, so nothing may be wrong.
#[test]
fn every_field_of_every_kind_is_read_from_a_pdf() -> Result<()> {
    let seed = seed();
    let mut judgements = Vec::new();
    for kind in KINDS {
        for round in 0..number("SUANPAN_SHEETS").unwrap_or(6) {
            let sheet = Sheet::drawn(kind, seed.wrapping_add(round));
            let name = format!("{kind:?} {round}");
            let document = Document { name, group: format!("{kind:?}"), bytes: sheet.page.pdf(), truth: sheet.truth };
            judgements.push(score::judge(&document, today()?, &[]));
        }
    }
    let wrong: Vec<String> = judgements
        .iter()
        .flat_map(|judgement| judgement.fields.iter().map(move |judged| (&judgement.name, judged)))
        .filter(|(_, judged)| !judged.right())
        .map(|(name, judged)| format!("{name} {}: {:?}, should be {}", judged.field, judged.found, judged.expected))
        .collect();
    assert!(wrong.is_empty(), "{} fields: {wrong:#?}", wrong.len());
    Ok(())
}

/// A list of goods that goes over pages is read whole, and held against the sum on the last one.
#[test]
fn a_list_of_goods_over_several_pages_is_read_whole() -> Result<()> {
    let seed = seed();
    for count in [1_u32, 8, 9, 30, 100] {
        let mut record = InvoiceRecord::ordinary(seed, Date::new(2026, 6, 5)?);
        for line in 0..count {
            let price = Money::from_fen(1_234 + 7 * i64::from(line) + i64::from(line % 7) * 100);
            record = record.line(&format!("*办公用品*文件夹{line}号"), "个", 1 + line % 3, price, 13);
        }
        let pages = Page::pages(&record);
        assert_eq!(pages.len(), usize::try_from(count.div_ceil(8))?);
        let mut truth = record.truth();
        if let Some(fields) = truth.as_object_mut() {
            fields.insert("lines".to_owned(), record.lines_truth());
        }
        let name = format!("{count} lines");
        let document = Document { name, group: "pdf".to_owned(), bytes: Page::pdf_of(&pages), truth };
        let judgement = score::judge(&document, today()?, &[]);
        let wrong: Vec<_> = judgement.fields.iter().filter(|judged| !judged.right()).collect();
        assert!(wrong.is_empty() && judgement.accepted, "{count}: {wrong:#?}");
    }
    Ok(())
}

/// A wrong amount that nobody was asked about is the one fault that is not forgiven.
#[test]
fn no_photograph_gives_a_wrong_amount_without_a_person() -> Result<()> {
    let Some(engine) = paddle()? else {
        println!("skipped: no networks");
        return Ok(());
    };
    let nightly = std::env::var_os("SUANPAN_NIGHTLY").is_some();
    let count = number("SUANPAN_PHOTOS").unwrap_or(if nightly { 5_000 } else { 66 });
    let (seed, today) = (seed(), today()?);
    let (next, read) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let engines: [&dyn TextEngine; 1] = [&engine];
                    let judgement = document(seed, index).map(|document| score::judge(&document, today, &engines));
                    read.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(judgement);
                }
            });
        }
    });
    let read = read.into_inner().map_err(|_| Fault::new("a reading panicked"))?;
    let judgements: Vec<Judgement> = read.into_iter().collect::<Result<_>>()?;
    println!("{}", score::table(&judgements));
    let silent: Vec<&str> = judgements.iter().filter(|j| j.silently_wrong()).map(|j| j.name.as_str()).collect();
    assert!(silent.is_empty(), "wrong amounts that nobody was asked about: {silent:?}");
    for (word, least) in [("clean", 0.98), ("mild", 0.98), ("hard", 0.93)] {
        let of_word = judgements.iter().filter(|j| j.group.starts_with(word));
        let (right, all) = score::share(of_word, &KEY_FIELDS);
        println!("{word}: {right} of {all} key fields");
        let share = f64::from(u32::try_from(right)?) / f64::from(u32::try_from(all.max(1))?);
        assert!(share >= least, "{word}: {right} of {all} key fields");
    }
    let wrong: Vec<String> =
        judgements.iter().flat_map(|j| j.wrongly_accepted().map(|f| format!("{} {f:?}", j.name))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// The crop that a person is shown beside a field is where the field was photographed, by the homography of the photograph.
#[test]
fn the_box_of_a_value_is_where_it_was_photographed() -> Result<()> {
    let Some(engine) = paddle()? else {
        println!("skipped: no networks");
        return Ok(());
    };
    let seed = seed();
    let mut compared = 0;
    for kind in [InvoiceKind::DigitalSpecial, InvoiceKind::ElectronicOrdinary, InvoiceKind::Taxi] {
        let sheet = Sheet::drawn(kind, seed);
        let photo = sheet.page.photographed(seed, Difficulty::Mild)?;
        let upload = ocr::Upload { name: "x.jpg", bytes: &photo.bytes };
        let fields = ocr::read(&upload, today()?, &[&engine])?.fields;
        let places = [
            ("number", fields.number.and_then(|field| field.place)),
            ("date", fields.issued_on.and_then(|field| field.place)),
            ("total", fields.total.and_then(|field| field.place)),
        ];
        for (name, place) in places {
            let (Some(place), Some((_, printed))) =
                (place, sheet.boxes().into_iter().find(|(field, _)| *field == name))
            else {
                continue;
            };
            let [left, top, right, bottom] = printed;
            let (x, y) = photo.at(f32::midpoint(left, right), f32::midpoint(top, bottom));
            let part = |value: f32, side: f32| value / side * 1000.0;
            let (x, y) = (part(x, photo.size.0), part(y, photo.size.1));
            let near = |from: u16, to: u16, at: f32| (f32::from(from) - 6.0..=f32::from(to) + 6.0).contains(&at);
            let inside = near(place.left, place.right, x) && near(place.top, place.bottom, y);
            assert!(inside, "{kind:?} {name}: {place:?} should hold {x:.0} {y:.0}");
            compared += 1;
        }
    }
    assert!(compared >= 7, "only {compared} boxes were found");
    Ok(())
}

/// Pictures pasted on one desk, beside or below each other.
fn desk(pictures: &[image::RgbImage], beside: bool) -> Result<Vec<u8>> {
    let sum = |of: &dyn Fn(&image::RgbImage) -> u32| pictures.iter().map(of).sum::<u32>();
    let most = |of: &dyn Fn(&image::RgbImage) -> u32| pictures.iter().map(of).max().unwrap_or(1);
    let (wide, high) = (image::RgbImage::width, image::RgbImage::height);
    let (width, height) = if beside { (sum(&wide), most(&high)) } else { (most(&wide), sum(&high)) };
    let mut desk = image::RgbImage::from_pixel(width, height, image::Rgb([118, 96, 74]));
    let (mut x, mut y) = (0, 0);
    for picture in pictures {
        image::imageops::replace(&mut desk, picture, x, y);
        let step = if beside { picture.width() } else { picture.height() };
        (x, y) = if beside { (x + i64::from(step), 0) } else { (0, y + i64::from(step)) };
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    desk.write_to(&mut bytes, image::ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

/// Each invoice of a picture is read for itself, and nothing of one is said of another.
#[test]
fn several_invoices_on_one_picture_are_cut_apart() -> Result<()> {
    let Some(engine) = paddle()? else {
        println!("skipped: no networks");
        return Ok(());
    };
    let seed = seed();
    let taxis = [InvoiceKind::Taxi, InvoiceKind::Taxi];
    let mixed = [InvoiceKind::DigitalOrdinary, InvoiceKind::ElectronicOrdinary];
    for (kinds, beside) in [(&taxis[..], true), (&mixed[..], false)] {
        let mut pictures = Vec::new();
        let mut truths = Vec::new();
        for (index, kind) in (0_u64..).zip(kinds) {
            let sheet = Sheet::drawn(*kind, seed.wrapping_add(index));
            let photo = sheet.page.photo(seed.wrapping_add(index), Difficulty::Mild)?;
            pictures.push(image::load_from_memory(&photo)?.to_rgb8());
            truths.push(sheet.truth);
        }
        let bytes = desk(&pictures, beside)?;
        let upload = ocr::Upload { name: "desk.jpg", bytes: &bytes };
        let reading = ocr::read(&upload, today()?, &[&engine])?;
        assert_eq!(reading.parts.len(), kinds.len(), "{kinds:?}: {:?}", reading.verdict);
        assert_eq!((reading.total(), &reading.identity), (None, &None), "the whole says nothing of its parts");
        for truth in truths {
            let number = truth.get("number").and_then(|number| number.as_str()).unwrap_or_default();
            let of_number = |part: &&ocr::Reading| part.fields.number.as_ref().is_some_and(|n| n.value == number);
            let part = reading.parts.iter().find(of_number).ok_or_else(|| Fault::new(format!("{kinds:?} {number}")))?;
            let total = part.total().map(|total| total.to_string());
            assert_eq!(total.as_deref(), truth.get("total").and_then(|total| total.as_str()), "{kinds:?}");
        }
    }
    Ok(())
}

/// Invoices that somebody merged into one PDF are several, too.
#[test]
fn several_invoices_in_one_pdf_are_told_apart() -> Result<()> {
    let seed = seed();
    let kinds = [InvoiceKind::DigitalOrdinary, InvoiceKind::DigitalSpecial, InvoiceKind::ElectronicOrdinary];
    let sheets: Vec<Sheet> = (0_u64..).zip(kinds).map(|(n, kind)| Sheet::drawn(kind, seed.wrapping_add(n))).collect();
    let pages: Vec<Page> = sheets.iter().map(|sheet| sheet.page.clone()).collect();
    let bytes = Page::pdf_of(&pages);
    let reading = ocr::read(&ocr::Upload { name: "all.pdf", bytes: &bytes }, today()?, &[])?;
    assert_eq!(reading.parts.len(), 3, "{:?}", reading.verdict);
    for (part, sheet) in reading.parts.iter().zip(&sheets) {
        let total = part.total().map(|total| total.to_string());
        assert_eq!(total.as_deref(), sheet.truth.get("total").and_then(|total| total.as_str()));
        assert!(part.is_accepted(), "{:?}", part.verdict);
    }
    Ok(())
}

/// Kinds that print no second figure are always confirmed by a person.
#[test]
fn a_kind_without_a_second_figure_is_never_accepted() -> Result<()> {
    let lonely: Vec<InvoiceKind> = KINDS.into_iter().filter(|kind| kind.has_no_second_figure()).collect();
    assert!(lonely.len() >= 8);
    for kind in lonely {
        let sheet = Sheet::drawn(kind, seed());
        let document =
            Document { name: String::new(), group: String::new(), bytes: sheet.page.pdf(), truth: sheet.truth };
        assert!(!score::judge(&document, today()?, &[]).accepted, "{kind:?}");
    }
    Ok(())
}
