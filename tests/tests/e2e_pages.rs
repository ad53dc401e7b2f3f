//! Every page at both sizes and in both themes: pictures for people, and no serious fault of accessibility.

use tests::fault::Result;
use tests::person::Person;
use tests::suanpan::Suanpan;

/// Takes the four pictures of a page and lets axe-core look at each.
async fn check_page(person: &mut Person, name: &str, path: &str, shown: &str) -> Result<()> {
    person.goes_to(path).await?;
    person.phone.wait_for(shown).await?;
    person.is_up_to_date().await?;
    let violations = person.phone.inspect(name).await?;
    assert_eq!(violations, Vec::<String>::new(), "{name}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_claimants_pages() -> Result<()> {
    let server = Suanpan::demo().await?;
    let mut person = Person::signs_in(&server, "zhangwei").await?;
    check_page(&mut person, "claims", "/", "claim-row").await?;
    check_page(&mut person, "capture", "/capture", "capture-into-new").await?;
    check_page(&mut person, "claim-new", "/claims/new", "claim-title").await?;
    check_page(&mut person, "budget", "/budget", "budget-row").await?;
    check_page(&mut person, "me", "/me", "person").await?;
    person.goes_to("/").await?;
    person.phone.click("claim-row").await?;
    person.phone.wait_for("claim-total").await?;
    let violations = person.phone.inspect("claim").await?;
    assert_eq!(violations, Vec::<String>::new(), "claim");
    person.saw_no_fault().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn an_approvers_pages() -> Result<()> {
    let server = Suanpan::demo().await?;
    let mut person = Person::signs_in(&server, "wangqiang").await?;
    check_page(&mut person, "approvals", "/approvals", "approval-row").await?;
    person.phone.click("approval-row").await?;
    person.phone.wait_for("approval-total").await?;
    let violations = person.phone.inspect("approval").await?;
    assert_eq!(violations, Vec::<String>::new(), "approval");
    person.goes_to("/budget").await?;
    person.phone.click("budget-row").await?;
    person.phone.wait_for("available").await?;
    let violations = person.phone.inspect("budget-line").await?;
    assert_eq!(violations, Vec::<String>::new(), "budget-line");
    person.saw_no_fault().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn in_english() -> Result<()> {
    let server = Suanpan::demo().await?;
    let mut person = Person::signs_in(&server, "zhangwei").await?;
    person.goes_to("/me").await?;
    person.phone.choose_segment("en").await?;
    person.phone.wait_for_text("sync", "Synced").await?;
    person.goes_to("/").await?;
    person.phone.wait_for("claim-row").await?;
    let violations = person.phone.inspect("claims-english").await?;
    assert_eq!(violations, Vec::<String>::new());
    person.saw_no_fault().await?;
    person.phone.quit().await
}
