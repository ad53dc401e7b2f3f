//! Whatever happens in whatever order, on the whole server and three simulated platforms: taps (also doubled, late, at once
//! and on cards of long ago), edits, decisions in the app, lost answers, failing platforms, cut connections and restarts.
//!
//! A step is decided at most once, never on a revision that its approver did not see; every tap gets an answer; and once
//! the platforms work again every card shows how its question stands. `SUANPAN_SEED` repeats a world, `SUANPAN_CHAT_WORLDS`
//! tries so many, `SUANPAN_CHAT_STEPS` makes them longer.

mod world;

use std::time::{SystemTime, UNIX_EPOCH};
use tests::fault::{Fault, Result};
use world::World;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_one_decision_and_every_card_ends_with_the_truth() -> Result<()> {
    let fresh = u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos());
    let first = number("SUANPAN_SEED").unwrap_or(fresh);
    let worlds = number("SUANPAN_CHAT_WORLDS").unwrap_or(2);
    let steps = number("SUANPAN_CHAT_STEPS").unwrap_or(40);
    for seed in (0..worlds).map(|n| first.wrapping_add(n)) {
        println!("SUANPAN_SEED={seed}");
        let named = |fault: Fault| Fault::new(format!("SUANPAN_SEED={seed}: {fault:?}"));
        let mut world = World::open(seed).await.map_err(named)?;
        for _ in 0..steps {
            world.step().await.map_err(named)?;
        }
        let counts = world.settle().await.map_err(named)?;
        println!("{counts}");
    }
    Ok(())
}
