//! A company with several servers: it does not matter at which of them somebody works, or that one ends.

use tests::fault::Result;
use tests::relays;

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn a_person_edits_on_one_server_the_approver_sees_it_on_the_other_and_one_is_killed() -> Result<()> {
    Box::pin(relays::two_relays()).await
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn a_writer_that_stood_still_follows_when_it_wakes() -> Result<()> {
    Box::pin(relays::stood_still()).await
}
