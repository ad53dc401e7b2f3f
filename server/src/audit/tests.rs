//! S17: somebody with the database changes or cuts the books, and it is found by name.

mod bytes;
mod exports;
mod papers;

use crate::store::sql::{Connection, Kind, params};
use sync::record::Verb;

use super::*;
use crate::authority::journal::latest_checkpoint;
use crate::authority::tests::Bench;

/// A company with a past: one claim paid, one returned, one in approval.
fn company() -> Bench {
    let mut bench = Bench::new();
    let paid = bench.claim("zhangwei", "50000", "PROMOTION");
    bench.approve(paid);
    bench.pay("chuna", paid).unwrap();
    let returned = bench.claim("lina", "20", "TRAVEL-MEALS");
    bench.decide("wangqiang", returned, Verb::Return, "补行程单").unwrap();
    bench.claim("lina", "30", "TRAVEL-MEALS");
    bench
}

/// What a database administrator can do: away with the triggers, then anything.
pub(crate) fn tamper(connection: &Connection, sql: &str) {
    let (triggers, sql) = match connection.kind() {
        Kind::Sqlite => ("SELECT name FROM sqlite_schema WHERE type = 'trigger'", sql.to_owned()),
        Kind::Postgresql => (
            "SELECT t.tgname || ' ON ' || c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace",
            sql.replace("zeroblob(", "decode(repeat('00', ")
                .replace("00', 32)", "00', 32), 'hex')")
                .replace("00', 64)", "00', 64), 'hex')")
                .replace("x'00'", "'\\x00'::bytea")
                .replace(" AS BLOB)", " AS BYTEA)"),
        ),
    };
    let triggers: Vec<String> = connection
        .prepare(triggers)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    let changed = connection.execute(&sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

#[track_caller]
fn check(sql: &str, code: &str, name: &str) {
    let bench = company();
    assert!(fsck(&bench.connection).unwrap().is_clean());
    tamper(&bench.connection, sql);
    let report = fsck(&bench.connection).unwrap();
    let found = report.findings.iter().any(|finding| finding.code == code && finding.what.contains(name));
    assert!(found, "{sql}\n{report}");
}

#[test]
fn s17_a_changed_or_deleted_row_is_named() {
    check("UPDATE ledger_entry SET amount = 500000 WHERE kind = 'consume'", "ledger_changed", "ledger entry 58 ");
    check(
        "UPDATE balance SET consumed = 500000 WHERE line = '2026Q3-MKT-PROMOTION'",
        "balance",
        "2026Q3-MKT-PROMOTION",
    );
    check("UPDATE holding SET consumed = consumed - 1 WHERE consumed > 0", "holding", "2026Q3-MKT-PROMOTION");
    check("DELETE FROM ledger_entry WHERE sequence = 3", "ledger_missing", "ledger entry 3 ");
    check(
        "UPDATE request SET json = replace(json, '\"state\":\"paid\"', '\"state\":\"approved\"') WHERE state = 'paid'",
        "request_state",
        "is Approved",
    );
    check(
        "UPDATE request SET json = replace(json, '\"total\":5000000', '\"total\":500000') WHERE state = 'paid'",
        "request_content",
        "request ",
    );
    check("DELETE FROM request WHERE state = 'paid'", "request_missing", "is gone");
    check(
        "UPDATE published SET json = replace(json, '财务', '出纳') WHERE kind = 'rules'",
        "published",
        "version 1 of rules",
    );
    check(
        "UPDATE record SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE kind = 'decision'",
        "record_changed",
        "position",
    );
    check("DELETE FROM record WHERE kind = 'decision'", "record_missing", "is gone");
    check("UPDATE record SET signature = zeroblob(64)", "record_signature", "does not hold");
    check("UPDATE record SET device = NULL, signature = NULL", "record_changed", "position");
    check("UPDATE payment SET total = total - 1", "payment", "is not the one in the journal");
    check("DELETE FROM payment", "payment", "is gone");
    check("DELETE FROM ledger_command WHERE rejection IS NULL", "command_missing", "is gone");
    check("DELETE FROM published WHERE kind = 'rules'", "published", "version 1 of rules is gone");
    check("DELETE FROM change WHERE position = (SELECT max(position) FROM change)", "document", "claim/");
    check("UPDATE document SET heads = zeroblob(32)", "document", "claim/");
    check("UPDATE journal SET body = x'00' WHERE sequence = 9", "journal_changed", "entry 9 ");
    check("UPDATE journal SET leaf = zeroblob(32) WHERE sequence = 9", "journal_root", "entry 9 ");
    check("DELETE FROM journal WHERE sequence = 9", "journal_gap", "entry 9 ");
}

#[test]
fn s17_a_journal_cut_at_its_end_is_found_by_what_was_signed() {
    let bench = company();
    let size = {
        let note = bench.authority.checkpoint(&bench.connection, bench.now).unwrap();
        assert_eq!(latest_checkpoint(&bench.connection).unwrap(), Some(note.clone()));
        note.lines().nth(1).unwrap().parse::<u64>().unwrap()
    };
    tamper(&bench.connection, &format!("DELETE FROM journal WHERE sequence > {}", size - 20));
    let report = fsck(&bench.connection).unwrap();
    let gone = format!("entries {} to {size} are gone", size - 19);
    assert!(report.findings.iter().any(|finding| finding.what == gone), "{report}");
}

fn exported(bench: &Bench) -> (String, String) {
    let note = bench.authority.checkpoint(&bench.connection, bench.now).unwrap();
    let mut file = Vec::new();
    export(&bench.connection, &mut file).unwrap();
    (String::from_utf8(file).unwrap(), note)
}

#[test]
fn s17_an_export_is_checked_without_the_server() {
    let (file, note) = exported(&company());
    let verified = verify(file.as_bytes(), Some(&note)).unwrap();
    assert_eq!(verified.witnessed, Some(verified.size));
    assert_eq!(verify(file.as_bytes(), None).unwrap().size, verified.size);
    let names = ["zhangwei", "张伟", "补行程单"];
    assert!(names.iter().all(|name| !file.contains(name)), "no names and no reasons are in it");

    let lines: Vec<&str> = file.lines().collect();
    let with = |index: usize, line: &str| {
        let mut lines = lines.clone();
        lines[index] = line;
        lines.join("\n")
    };
    // Entry 9 with the body of entry 10, then with its hash as well.
    let entry = |index: usize| serde_json::from_str::<Line>(lines[index]).unwrap();
    let mut changed = entry(9);
    changed.body = entry(10).body;
    let file_changed = with(9, &serde_json::to_string(&changed).unwrap());
    assert!(matches!(verify(file_changed.as_bytes(), None), Err(VerifyError::Changed(9))));
    changed.hash = entry(10).hash;
    let file_changed = with(9, &serde_json::to_string(&changed).unwrap());
    assert!(matches!(verify(file_changed.as_bytes(), None), Err(VerifyError::Root(9))));
    let cut = lines[..lines.len() - 20].join("\n");
    assert!(
        matches!(verify(cut.as_bytes(), None), Err(VerifyError::Truncated { found, .. }) if found == verified.size - 20)
    );
    let without = [&lines[..5], &lines[6..]].concat().join("\n");
    assert!(matches!(verify(without.as_bytes(), None), Err(VerifyError::Gap { expected: 5, found: 6 })));
    assert!(matches!(verify("".as_bytes(), None), Err(VerifyError::NoHeader)));
    assert!(matches!(verify(with(0, "{}").as_bytes(), None), Err(VerifyError::NoHeader)));
    assert!(matches!(verify(with(3, "?").as_bytes(), None), Err(VerifyError::Malformed(3))));
}

#[test]
fn s17_whoever_rewrites_everything_and_signs_again_fails_before_a_checkpoint_kept_elsewhere() {
    let bench = company();
    let (_, yesterday) = exported(&bench);
    // The database's master has the key: cuts the journal and exports what is left, signed afresh.
    tamper(&bench.connection, "DELETE FROM journal WHERE sequence > (SELECT max(sequence) - 20 FROM journal)");
    let mut file = Vec::new();
    export(&bench.connection, &mut file).unwrap();
    verify(file.as_slice(), None).unwrap();
    assert!(matches!(verify(file.as_slice(), Some(&yesterday)), Err(VerifyError::Truncated { .. })));
    // And another company's journal is not this one's.
    let (other, _) = exported(&company());
    assert!(matches!(verify(other.as_bytes(), Some(&yesterday)), Err(VerifyError::Checkpoint(_))));
}
