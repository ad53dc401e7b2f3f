//! Documents with their truth, read whole: every field of a structured one, and never a wrong amount without a person.
//!
//! `SUANPAN_SAMPLES` names a folder of documents to read as well; photographs are read where the networks are.

use budget::Date;
use tests::documents::set;
use tests::fault::Result;
use tests::place;
use tests::score::{self, Document, Judgement};

const STRUCTURED: [&str; 3] = ["xml", "ofd", "pdf"];

fn check(documents: &[Document]) -> Result<()> {
    let today = Date::new(2026, 12, 31)?;
    let judgements: Vec<Judgement> = documents.iter().map(|document| score::judge(document, today, &[])).collect();
    println!("{}", score::table(&judgements));
    let silent: Vec<&str> = judgements.iter().filter(|j| j.silently_wrong()).map(|j| j.name.as_str()).collect();
    assert!(silent.is_empty(), "wrong amounts that nobody was asked about: {silent:?}");
    let wrong: Vec<String> = judgements
        .iter()
        .filter(|judgement| STRUCTURED.contains(&judgement.group.as_str()))
        .flat_map(|judgement| judgement.fields.iter().map(move |judged| (judgement, judged)))
        .filter(|(_, judged)| !judged.right())
        .map(|(judgement, judged)| format!("{} {judged:?}", judgement.name))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn every_field_of_a_structured_document_is_right() -> Result<()> {
    let sound = set::exact()?
        .into_iter()
        .filter(|sample| sample.truth.get("verdict").is_some_and(|verdict| verdict == "accepted"));
    let documents: Vec<Document> = sound
        .map(|sample| Document {
            name: sample.name.to_owned(),
            group: sample.name.rsplit('.').next().unwrap_or_default().to_owned(),
            bytes: sample.bytes,
            truth: sample.truth,
        })
        .collect();
    assert!(documents.len() >= 5, "too few documents to judge by");
    check(&documents)
}

#[test]
fn every_field_of_the_structured_samples_is_right() -> Result<()> {
    let Some(folder) = place::samples() else {
        println!("skipped: SUANPAN_SAMPLES names no folder");
        return Ok(());
    };
    let documents = score::documents(&folder)?;
    assert!(!documents.is_empty(), "no documents with a truth in {}", folder.display());
    check(&documents)
}
