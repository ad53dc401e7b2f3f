//! S3 in the browser: what was agreed beforehand holds the budget, and the claim that answers it takes that and no more.

use tests::fault::Result;
use tests::person::Person;
use tests::suanpan::Suanpan;

/// The line of the running quarter that holds 50,000: 200,000 released, 150,000 spent.
fn promotion_line() -> String {
    format!("{}-MKT-PROMOTION", budget::coding::quarter_code(tests::person::today()))
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s3_a_claim_answers_what_was_agreed_beforehand() -> Result<()> {
    let server = Suanpan::demo().await?;
    let claimant = Person::signs_in(&server, "zhangwei").await?;
    let head = Person::signs_in(&server, "wangqiang").await?;

    claimant.writes_claim("展会搭建", "800", "PROMOTION").await?;
    claimant.phone.click("claim-kind").await?;
    claimant.phone.choose("preApproval").await?;
    claimant.phone.wait_for_text("claim-kind", "事前申请").await?;
    let address = claimant.phone.address().await?;
    let agreed = address.rsplit('/').next().unwrap_or_default();
    claimant.submits().await?;
    head.opens_approval("展会搭建").await?;
    head.approves().await?;
    head.sees_available(&promotion_line(), "49,200.00").await?;
    claimant.opens_claim("展会搭建").await?;
    claimant.sees_state("已同意").await?;
    claimant.phone.screenshot("pre-approval").await?;

    // The claim asks for less. What it moves was held already: the line has as much left as before.
    claimant.writes_claim("展会搭建费用", "600", "PROMOTION").await?;
    claimant.phone.click("claim-pre-approval").await?;
    claimant.phone.choose(agreed).await?;
    claimant.phone.wait_for_text("claim-pre-approval", "展会搭建").await?;
    claimant.phone.click("claim-last").await?;
    claimant.phone.screenshot("claim-answers").await?;
    claimant.submits().await?;
    head.opens_approval("展会搭建费用").await?;
    head.phone.screenshot("approval-answers").await?;
    head.approves().await?;
    head.sees_available(&promotion_line(), "49,200.00").await?;

    // Paid and the last of it: the 200 that nobody asked for are free.
    let cashier = Person::signs_in(&server, "chuna").await?;
    cashier.pays("展会搭建费用").await?;
    head.sees_available(&promotion_line(), "49,400.00").await?;
    claimant.opens_claim("展会搭建费用").await?;
    claimant.sees_state("已付款").await?;

    for person in [claimant, head, cashier] {
        person.saw_no_fault().await?;
        person.phone.quit().await?;
    }
    Ok(())
}
