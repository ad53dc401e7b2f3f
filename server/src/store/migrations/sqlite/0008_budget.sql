-- Thresholds that were reached, each once; and papers that move limits, in their newest wording.
CREATE TABLE budget_alert (
  sequence  INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  line      TEXT NOT NULL,
  percent   INTEGER NOT NULL,
  used      INTEGER NOT NULL,
  limit_fen INTEGER NOT NULL
) STRICT;
CREATE TRIGGER budget_alert_is_what_it_was BEFORE UPDATE ON budget_alert BEGIN SELECT RAISE (ABORT, 'budget_alert is append-only'); END;
CREATE TRIGGER budget_alert_is_kept BEFORE DELETE ON budget_alert BEGIN SELECT RAISE (ABORT, 'budget_alert is append-only'); END;

CREATE TABLE budget_paper (
  id   BLOB PRIMARY KEY CHECK (length(id) = 16),
  at   INTEGER NOT NULL,
  json TEXT NOT NULL,
  salt BLOB NOT NULL CHECK (length(salt) = 16)
) STRICT, WITHOUT ROWID;
