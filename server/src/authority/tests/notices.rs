//! What the authority tells in chat by itself.

use super::bench::{Bench, PROMOTION, refusal};
use crate::authority::journal::{checkpoint, proof};
use crate::authority::notice::Group;
use crate::demo::person;
use budget::Timestamp;

/// Every message that is queued: its name, to whom, and what it says.
fn queued(bench: &Bench) -> Vec<(String, String, String)> {
    let mut rows =
        bench.connection.prepare("SELECT name, recipient, title, body FROM chat_notice ORDER BY id").unwrap();
    let rows = rows
        .query_map([], |row| {
            let (title, body): (String, String) = (row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, row.get(1)?, format!("{title}\n{body}")))
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn bind(bench: &Bench, login: &str) {
    bench
        .connection
        .execute(
            "INSERT INTO chat_identity (platform, corporation, user_id, person, bound_at) VALUES ('dingtalk', 'c', ?1, ?2, 0)",
            crate::store::sql::params![login, person(login).bytes()],
        )
        .unwrap();
}

#[test]
fn a_crossing_is_told_once_to_the_head_and_to_finance() {
    let mut bench = Bench::new();
    for login in ["wangqiang", "caiwu", "liuyang"] {
        bind(&bench, login);
    }
    bench.claim("zhangwei", "150000", "PROMOTION");
    assert_eq!(queued(&bench), [], "75 % is below every threshold");
    let crosses = bench.claim("zhangwei", "12000", "PROMOTION");
    let told = queued(&bench);
    let mut to: Vec<_> = told.iter().map(|(_, recipient, _)| recipient.clone()).collect();
    to.sort();
    let mut expected = ["wangqiang", "caiwu"].map(|login| format!("person:{}", person(login)));
    expected.sort();
    assert_eq!(to, expected, "{told:?}");
    assert!(told[0].2.contains("80%") && told[0].2.contains("Budget alert"), "{told:?}");
    assert!(told[0].2.contains("162,000.00") && told[0].2.contains("38,000.00"), "{told:?}");

    // Back below and over it again tells nothing new, also after a restart; the next threshold does.
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, crosses)).unwrap();
    bench.restart();
    bench.claim("lina", "11000", "PROMOTION");
    assert_eq!(queued(&bench).len(), 2);
    bench.claim("lina", "39000", "PROMOTION");
    let told = queued(&bench);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[2].2.contains("100%"), "{told:?}");
    assert_eq!(told.iter().filter(|(name, ..)| name == "alert/2").count(), 2);
    bench.check(PROMOTION, "0", "200000", "0");
    // What is refused crosses nothing.
    assert_eq!(refusal(bench.pay("lina", crosses)).code, sync::view::codes::NOT_ALLOWED);
    assert_eq!(queued(&bench).len(), 4);
    bench.all_holds();
}

#[test]
fn a_threshold_that_is_new_and_reached_already_is_told_when_it_comes_into_force() {
    let mut bench = Bench::new();
    bind(&bench, "wangqiang");
    bench.claim("zhangwei", "150000", "PROMOTION");
    let mut draft = budget::scheme::Draft::from((*bench.authority.books().scheme).clone());
    let line = draft.lines.iter_mut().find(|line| line.code.as_str() == PROMOTION).unwrap();
    line.thresholds.extend([50, 90]);
    for _ in 0..2 {
        let now = bench.later();
        let scheme = budget::Scheme::publish(draft.clone()).unwrap();
        let by = Some(person("zhengtao"));
        bench.authority.publish_scheme(&bench.connection, now, by, scheme).unwrap().outcome.unwrap();
        let told = queued(&bench);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].2.contains("50%"), "{told:?}");
        bench.restart();
    }
    bench.all_holds();
}

/// An hour of a day in September, in China.
fn at(day: i64, hour: i64) -> Timestamp {
    let first: budget::Date = "2026-09-01".parse().unwrap();
    Timestamp((first.days() + day - 1) * 86_400_000 + (hour - 8) * 3_600_000)
}

#[test]
fn the_days_checkpoint_goes_to_the_group_once_a_day() {
    let mut bench = Bench::new();
    let group = Group { surface: "dingtalk".into(), id: "cidFinance".into() };
    let post = |bench: &Bench, now| {
        let effects = bench.authority.post_checkpoint(&bench.connection, now, &group).unwrap();
        (queued(bench).len(), effects.len())
    };
    assert_eq!(post(&bench, at(2, 8)), (0, 0), "nobody reads it before nine");
    assert_eq!(post(&bench, at(2, 9)), (1, 1));
    bench.claim("zhangwei", "100", "PROMOTION");
    assert_eq!(post(&bench, at(2, 15)), (1, 0), "once a day");
    bench.restart();
    assert_eq!(post(&bench, at(2, 23)), (1, 0), "also after a restart");
    assert_eq!(post(&bench, at(3, 11)), (2, 1), "a server that was off at nine makes up for it");

    // What stands in the group is the note itself: whoever kept yesterday's can prove that today's continues it.
    let told = queued(&bench);
    let note = |index: usize| told[index].2.split_once('\n').unwrap().1.to_owned();
    let key = crate::authority::signing::key(&bench.connection).unwrap().verifying_key();
    let heads = [0, 1].map(|index| checkpoint::open(&note(index), &key).unwrap());
    assert!(heads[0].size < heads[1].size);
    let path = proof::Groups::default()
        .at(&bench.connection, heads[1].size)
        .unwrap()
        .consistency(heads[0].size, heads[1].size)
        .unwrap();
    assert!(proof::extends(heads[0].size, &heads[0].root, heads[1].size, &heads[1].root, &path));
}
