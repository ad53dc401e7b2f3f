//! Papers that move limits and allowances: somebody changes what they say, and it is found by name.

use std::collections::BTreeMap;

use budget::ledger::{Action, Purse};
use budget::{AllowanceId, CodingBlock, Command, CommandId, DeviceId, DocumentId, LineId, Money, RequestId};

use super::{Bench, fsck, tamper};
use crate::authority::paper::{Content, Move, Step};
use crate::authority::tests::{PROMOTION, TRAVEL};
use crate::authority::{Caller, Ruling};
use crate::demo::person;
use crate::store::sql::params;
use crate::testing::{code, last_word, sign_spends};

fn yuan(amount: i64) -> Money {
    Money::from_yuan(amount).unwrap()
}

/// Takes a paper all the way.
fn release(bench: &mut Bench, number: u8, content: Content, steps: &[(&str, Step)]) {
    let id = RequestId([number; 16]);
    let paper = (id, "调整".to_owned(), content);
    let now = bench.later();
    bench.authority.write_paper(&bench.connection, now, person("lina"), paper).unwrap().outcome.unwrap();
    for (login, step) in steps {
        let now = bench.later();
        let step = (id, 1, *step);
        bench.authority.step_paper(&bench.connection, now, person(login), step).unwrap().outcome.unwrap();
    }
}

/// A command of finance, or of a device.
fn rule(bench: &mut Bench, number: u8, who: &str, device: DeviceId, action: Action) {
    let now = bench.later();
    let caller = Caller { person: person(who), device };
    let command = Command::new(CommandId([number; 16]), action);
    let ruled = bench.authority.rule(&bench.connection, now, &caller, &command).unwrap().outcome.unwrap();
    assert!(matches!(ruled, Ruling::Done(_)), "{ruled:?}");
}

/// A version and an adjustment that were released, a paper in hand, and an allowance that was spent from.
pub(super) fn company() -> Bench {
    let mut bench = Bench::new();
    let limits = BTreeMap::from([(code(PROMOTION), yuan(210_000)), (code(TRAVEL), yuan(60_000))]);
    let whole = [("lina", Step::Submit), ("zongjing", Step::Approve), ("zhengtao", Step::Release)];
    release(&mut bench, 1, Content::Version { limits }, &whole);
    let moves = vec![Move { from: code(PROMOTION), to: code(TRAVEL), amount: yuan(5_000) }];
    let both = [("lina", Step::Submit), ("wangqiang", Step::Approve), ("zhengtao", Step::Release)];
    release(&mut bench, 2, Content::Adjustment { moves }, &both);
    let limits = BTreeMap::from([(code(TRAVEL), yuan(1))]);
    release(&mut bench, 3, Content::Version { limits }, &[("lina", Step::Submit)]);

    let (allowance, device) = (AllowanceId([4; 16]), bench.hands["lina"].device);
    let block = CodingBlock {
        period: Some(code("2026-09")),
        department: Some(code("MKT")),
        account: Some(code("PROMOTION")),
        ..CodingBlock::default()
    };
    let expires = bench.now.plus(86_400_000);
    let allow = Action::Allow { allowance, device, block: block.clone(), amount: yuan(100), expires };
    rule(&mut bench, 10, "zhengtao", device, allow);
    let mut purse = Purse::new(allowance, block, yuan(100), expires);
    purse.spend(bench.now, DocumentId([6; 16]), LineId([1; 16]), yuan(30), Money::ZERO).unwrap();
    sign_spends(&mut purse, |message| bench.hands["lina"].signature(message));
    rule(&mut bench, 11, "lina", device, purse.report().unwrap());
    let close = last_word(&mut purse, |message| bench.hands["lina"].signature(message));
    rule(&mut bench, 12, "lina", device, close);
    bench
}

#[track_caller]
fn check(sql: &str, code: &str, name: &str) {
    let bench = company();
    let report = fsck(&bench.connection).unwrap();
    assert!(report.is_clean(), "{report}");
    tamper(&bench.connection, sql);
    let report = fsck(&bench.connection).unwrap();
    let found = report.findings.iter().any(|finding| finding.code == code && finding.what.contains(name));
    assert!(found, "{sql}\n{report}");
}

#[test]
fn s17_a_changed_paper_is_named() {
    let first = RequestId([1; 16]).to_string();
    check("UPDATE budget_paper SET json = replace(json, '21000000', '22000000')", "paper_changed", &first);
    check("DELETE FROM budget_paper WHERE json LIKE '%adjustment%'", "paper_missing", &RequestId([2; 16]).to_string());
    check(
        "INSERT INTO budget_paper (id, at, json, salt) SELECT salt, at, json, salt FROM budget_paper LIMIT 1",
        "paper_added",
        "was never written",
    );
}

/// Whoever holds the whole database rewrites the paper's leaf as well: what was moved is still another thing.
#[test]
fn s17_a_paper_that_says_other_than_what_was_moved_is_named() {
    for (number, from, to) in [(1_u8, "21000000", "22000000"), (2, "500000", "400000")] {
        let bench = company();
        let id = RequestId([number; 16]);
        tamper(&bench.connection, "UPDATE journal SET at = at");
        let (json, salt): (String, Vec<u8>) = bench
            .connection
            .query_row("SELECT json, salt FROM budget_paper WHERE id = ?1", [id.bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let other = json.replace(from, to);
        assert_ne!(json, other);
        let hash = |text: &str| crate::random::sha256(&[&salt, text.as_bytes()]);
        let mut rewritten = 0;
        let mut rows = bench.connection.prepare("SELECT sequence, body FROM journal WHERE kind = 'paper'").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))).unwrap();
        for row in rows {
            let (sequence, mut body) = row.unwrap();
            let Some(at) = body.windows(32).position(|part| part == hash(&json)) else { continue };
            body[at..at + 32].copy_from_slice(&hash(&other));
            let write = "UPDATE journal SET body = ?1 WHERE sequence = ?2";
            rewritten += bench.connection.execute(write, params![body, sequence]).unwrap();
        }
        assert_eq!(rewritten, 1);
        let write = "UPDATE budget_paper SET json = ?1 WHERE id = ?2";
        bench.connection.execute(write, params![other, id.bytes()]).unwrap();
        let report = fsck(&bench.connection).unwrap();
        let found =
            |finding: &super::Finding| finding.code == "paper_released" && finding.what.contains(&id.to_string());
        assert!(report.findings.iter().any(found), "{report}");
    }
}

#[test]
fn s17_a_changed_allowance_is_named() {
    let id = AllowanceId([4; 16]).to_string();
    // The spend that the device reported, one byte of its amount, its place or its time.
    for at in [40, 60, 80] {
        let bench = company();
        tamper(&bench.connection, "UPDATE balance SET escrowed = escrowed");
        let key = CommandId([11; 16]).bytes();
        let mut body: Vec<u8> = bench
            .connection
            .query_row("SELECT body FROM ledger_command WHERE id = ?1", [key], |row| row.get(0))
            .unwrap();
        let place = body.len() * at / 100;
        body[place] ^= 1;
        bench.connection.execute("UPDATE ledger_command SET body = ?1 WHERE id = ?2", params![body, key]).unwrap();
        let report = fsck(&bench.connection).unwrap();
        let found = |finding: &super::Finding| finding.code.starts_with("allowance") && finding.what.contains(&id);
        let unreadable = |finding: &super::Finding| finding.code == "ledger_replay";
        assert!(report.findings.iter().any(|finding| found(finding) || unreadable(finding)), "{place}\n{report}");
    }
    check("UPDATE balance SET escrowed = 100 WHERE line = '2026Q3-MKT-PROMOTION'", "balance", "2026Q3-MKT-PROMOTION");
    check("UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'allow'", "ledger_changed", "ledger entry");
}

/// Whoever holds the database has no device's key: what they write in a device's name is found, however well it fits.
#[test]
fn s17_a_spend_that_the_device_did_not_sign_is_named() {
    let bench = company();
    tamper(&bench.connection, "UPDATE balance SET escrowed = escrowed");
    for number in [11, 12] {
        let key = CommandId([number; 16]).bytes();
        let body: Vec<u8> = bench
            .connection
            .query_row("SELECT body FROM ledger_command WHERE id = ?1", [key], |row| row.get(0))
            .unwrap();
        let mut command: Command = minicbor::decode(&body).unwrap();
        let forged = match &mut command.action {
            Action::Settle { spends, .. } => spends[0].signature.as_mut().unwrap(),
            Action::Close { signature, .. } => signature.as_mut().unwrap(),
            other => panic!("{other:?}"),
        };
        forged.0[0] ^= 1;
        let write = "UPDATE ledger_command SET body = ?1 WHERE id = ?2";
        bench.connection.execute(write, params![minicbor::to_vec(&command).unwrap(), key]).unwrap();
        let report = fsck(&bench.connection).unwrap();
        let found = |code: &str| report.findings.iter().any(|finding| finding.code == code);
        assert!(found("allowance_signature") && found("command_changed"), "{report}");
        bench.connection.execute(write, params![body, key]).unwrap();
    }
    assert!(fsck(&bench.connection).unwrap().is_clean());
}
