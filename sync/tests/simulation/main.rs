//! People, devices and a relay in one deterministic world.
//!
//! Each run prints its seed when it fails; `SUANPAN_SEED` runs one seed alone, `SUANPAN_NIGHTLY=1`
//! the size of a night. Seeds that once failed are kept below as tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test from its first line to its last: a fault is to end it"
)]

mod check;
mod device;
mod hostile;
mod push;
mod random;
mod relay;
mod serve;
mod world;

use world::{Plan, World};

/// One salesman with a phone and a tablet on a train: small, and repeated often (S1).
fn train() -> Plan {
    Plan { people: 2, devices: 2, steps: 600, pause: 1_000, faults: 120, troubled: false }
}

/// A company for some days, with everything that goes wrong in one.
fn company(people: usize, steps: usize) -> Plan {
    Plan {
        people,
        devices: 3,
        steps,
        // About a week passes, whatever the size.
        pause: 1_200_000_000 / steps,
        faults: 60,
        troubled: true,
    }
}

fn is_night() -> bool {
    std::env::var_os("SUANPAN_NIGHTLY").is_some()
}

/// Runs a world; its seed is said if it does not come to the end.
fn run(seed: u64, plan: Plan) -> World {
    let ends = std::panic::catch_unwind(|| {
        let mut world = World::new(seed, plan);
        world.run();
        world.check();
        world
    });
    match ends {
        Ok(world) => world,
        Err(fault) => {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(fault)
        }
    }
}

fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let one = std::env::var("SUANPAN_SEED").ok().and_then(|seed| seed.parse().ok());
    let all = if one.is_some() { 0..0 } else { 1..count + 1 };
    one.into_iter().chain(all)
}

#[test]
fn s1_a_train_without_signal_a_thousand_times() {
    let (mut worlds, mut claims, mut changes) = (0, 0, 0);
    for seed in seeds(if is_night() { 1_000 } else { 20 }) {
        let world = run(seed, train());
        worlds += 1;
        claims += world.relay.requests.len();
        changes += world.relay.hashes.len();
    }
    println!("{claims} submitted claims, {changes} changes");
    assert!(claims > worlds && changes > 10 * worlds, "the worlds are not empty: {claims} claims, {changes} changes");
}

#[test]
fn a_company_over_days_with_everything_that_goes_wrong() {
    let night = is_night();
    let (people, steps, count) = if night { (20, 60_000, 20) } else { (20, 3_500, 1) };
    let (mut restored, mut attacks, mut changes) = (0, 0, 0);
    for seed in seeds(count) {
        let world = run(seed, company(people, steps));
        restored += world.restored;
        attacks += world.hostile.attacks;
        changes += world.relay.hashes.len();
        println!(
            "seed {seed}: {} changes, {} submitted claims, {} restores, {} attacks, came back {:?}",
            world.relay.hashes.len(),
            world.relay.requests.len(),
            world.restored,
            world.hostile.attacks,
            world.codes()
        );
    }
    assert!(attacks > 5 && changes > 100, "{attacks} attacks, {changes} changes");
    assert!(restored > 0 || !night, "no backup was restored");
}
