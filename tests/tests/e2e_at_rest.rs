//! What lies on a phone's disk says nothing to whoever reads it there.

use tests::fault::Result;
use tests::person::Person;
use tests::place;
use tests::suanpan::Suanpan;

/// Whether a value of any store can be read as it lies there, and whether the key can be taken out.
const IN_THE_OPEN: &str = r"
    const found = [];
    let sealed = 0;
    for (const name of database.objectStoreNames) {
      for (const value of await answer(store(name).getAll())) {
        if (value?.sealed) sealed += 1;
        else if (!(value instanceof CryptoKey || value?.private instanceof CryptoKey)) found.push(name);
      }
    }
    const key = await answer(store('meta').get('vault'));
    const out = await crypto.subtle.exportKey('raw', key).then(() => 'exported', (error) => error.name);
    return { found, sealed, out, extractable: key.extractable };";

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn nothing_that_a_phone_keeps_lies_on_it_in_the_open() -> Result<()> {
    let server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", "QQQ confidential QQQ").await?;
    person.adds(&place::workspace().join("tests/data/toner-166.00.pdf")).await?;
    person.is_up_to_date().await?;
    let seen = person.phone.looks_into_database(IN_THE_OPEN).await?;
    assert_eq!(seen["found"], serde_json::json!([]), "{seen}");
    assert!(seen["sealed"].as_u64() > Some(5), "{seen}");
    assert_eq!((seen["out"].as_str(), seen["extractable"].as_bool()), (Some("InvalidAccessError"), Some(false)));
    // The names of values are in the open, in UTF-16: this would see a value.
    let name: Vec<u8> = "vault".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(person.phone.database_holds(&name)?, "the database is where it is looked for");
    assert!(!person.phone.database_holds(b"%PDF-")? && !person.phone.database_holds(b"QQQ confidential")?);

    // It opens again for whoever opens the app.
    person.goes_to("/").await?;
    person.phone.click_with_text("claim-row", "QQQ confidential").await?;
    person.phone.wait_for_count("invoice", 1).await?;
    person.phone.quit().await
}
