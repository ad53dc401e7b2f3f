//! S2 in two browsers: two people, one budget, the same second. And what happens to the one who came second.

use tests::fault::{Fault, Result};
use tests::person::Person;
use tests::suanpan::Suanpan;

/// The line of the running quarter that holds 50,000: 200,000 released, 150,000 spent.
fn promotion_line() -> String {
    format!("{}-MKT-PROMOTION", budget::coding::quarter_code(tests::person::today()))
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s2_two_people_one_budget() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let zhang = Person::signs_in(&server, "zhangwei").await?;
    let li = Person::signs_in(&server, "lina").await?;
    let head = Person::signs_in(&server, "wangqiang").await?;
    head.sees_available(&promotion_line(), "50,000.00").await?;

    // Both offline: each may believe that there is enough.
    server.kill().await?;
    for (person, title) in [(&zhang, "双十一投放"), (&li, "年会物料")] {
        person.writes_claim(title, "30000", "PROMOTION").await?;
        person.phone.wait_for("budget-answer").await?;
        person.submits().await?;
        person.phone.wait_for("waits").await?;
    }
    li.phone.screenshot("s2-intended-offline").await?;

    // Both come online in the same second.
    server.start().await?;
    zhang.is_up_to_date().await?;
    li.is_up_to_date().await?;
    let (first, second, held, kept) = winner(&zhang, &li).await?;
    head.sees_available(&promotion_line(), "20,000.00").await?;

    second.opens_claim(kept).await?;
    second.sees_state("超预算").await?;
    second.phone.wait_for("over-budget").await?;
    second.phone.wait_for_text("lack", "10,000.00").await?;
    for offer in ["offer-less", "offer-transfer", "offer-exception"] {
        second.phone.wait_for(offer).await?;
    }
    second.phone.screenshot("s2-over-budget").await?;

    // The first is rejected: its money is free at once, and the second is told.
    head.opens_approval(held).await?;
    head.says_no("reject", "改由品牌预算承担").await?;
    first.opens_claim(held).await?;
    first.sees_state("已驳回").await?;
    head.sees_available(&promotion_line(), "50,000.00").await?;
    second.opens_claim(kept).await?;
    second.phone.wait_for("reserve-again").await?;
    second.phone.screenshot("s2-may-reserve-again").await?;
    second.submits().await?;
    second.sees_state("审批中").await?;
    head.sees_available(&promotion_line(), "20,000.00").await?;

    for person in [zhang, li, head] {
        person.saw_no_fault().await?;
        person.phone.quit().await?;
    }
    server.stop().await?;
    server.run("fsck", &[]).await?;
    Ok(())
}

/// Exactly one of the two holds the budget.
async fn winner<'a>(zhang: &'a Person, li: &'a Person) -> Result<(&'a Person, &'a Person, &'static str, &'static str)> {
    zhang.opens_claim("双十一投放").await?;
    li.opens_claim("年会物料").await?;
    let states = (zhang.phone.text("state").await?, li.phone.text("state").await?);
    match (states.0.contains("审批中"), states.1.contains("审批中")) {
        (true, false) => Ok((zhang, li, "双十一投放", "年会物料")),
        (false, true) => Ok((li, zhang, "年会物料", "双十一投放")),
        _ => Err(Fault::new(format!("not exactly one holds the budget: {states:?}"))),
    }
}
