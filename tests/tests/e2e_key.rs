//! The key of a phone, changed by its person.

use tests::fault::Result;
use tests::person::Person;
use tests::suanpan::Suanpan;

/// Opens the row of the key and asks for another one.
async fn changes_key(person: &Person) -> Result<()> {
    person.phone.click("device-key").await?;
    person.phone.screenshot("key-to-change").await?;
    person.phone.click("rotate").await
}

/// The phone has another key than before, and what it signs is taken.
async fn check(person: &Person, before: &str, title: &str) -> Result<()> {
    person
        .phone
        .until("another key is shown", async || {
            let shown = person.phone.texts("device-key").await?;
            Ok(shown.into_iter().find(|shown| shown != before))
        })
        .await?;
    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", title).await?;
    person.phone.fill("claim-purpose", "换了密钥").await?;
    person.is_up_to_date().await?;
    person.goes_to("/").await?;
    person.phone.click_with_text("claim-row", title).await?;
    person.phone.wait_for_value("claim-purpose", 0, "换了密钥").await?;
    person.phone.wait_for_count("trouble", 0).await
}

/// Somebody who looks at their device's key, and the key.
async fn at_their_key(server: &Suanpan) -> Result<(Person, String)> {
    let person = Person::signs_in(server, "zhangwei").await?;
    person.goes_to("/me").await?;
    person.is_up_to_date().await?;
    let key = person.phone.text("device-key").await?;
    Ok((person, key))
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_phone_changes_its_key_and_goes_on() -> Result<()> {
    let server = Suanpan::demo().await?;
    let (person, before) = at_their_key(&server).await?;
    changes_key(&person).await?;
    check(&person, &before, "新密钥").await?;
    person.saw_no_fault().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_phone_that_never_heard_that_its_key_was_changed_goes_on_with_the_next() -> Result<()> {
    let server = Suanpan::demo().await?;
    let (person, before) = at_their_key(&server).await?;
    // The server does it, and its answer never comes.
    let deaf = "(() => { const real = window.fetch; window.fetch = (...asked) => {
        const url = asked[0]?.url ?? String(asked[0]);
        if (!url.includes('/api/devices/rotate')) return real(...asked);
        return real(...asked).then(() => { window.rotated = true; return new Promise(() => {}); });
    }; return true; })()";
    person.phone.evaluate(deaf).await?;
    changes_key(&person).await?;
    person
        .phone
        .until("the server has the next key", async || {
            let done = person.phone.evaluate("window.rotated === true").await?;
            Ok(done.as_bool().filter(|done| *done))
        })
        .await?;
    person.phone.reload().await?;
    person.goes_to("/me").await?;
    check(&person, &before, "迟到的答复").await?;
    person.phone.quit().await
}
