-- Invoices that the tax authority is asked about (查验), as they stand; and every answer, kept as it was given.
CREATE TABLE verification (
  identity  TEXT PRIMARY KEY,
  question  TEXT NOT NULL,                    -- JSON: what the invoice says
  state     TEXT NOT NULL,                    -- local, waiting, verified, differs, outside
  due_at    INTEGER NOT NULL,                 -- not asked before
  since     TEXT NOT NULL,                    -- an answer of an earlier day is an old one
  asked_on  TEXT NOT NULL DEFAULT '',         -- the day of the newest question
  asked     INTEGER NOT NULL DEFAULT 0,       -- how often on that day
  finding   TEXT                              -- JSON of the newest answer
) STRICT, WITHOUT ROWID;
CREATE INDEX verification_due ON verification (due_at);

CREATE TABLE verification_answer (
  sequence INTEGER PRIMARY KEY,
  identity TEXT NOT NULL,
  at       INTEGER NOT NULL,
  finding  TEXT NOT NULL
) STRICT;
CREATE TRIGGER verification_answer_is_what_it_was BEFORE UPDATE ON verification_answer BEGIN SELECT RAISE (ABORT, 'verification_answer is append-only'); END;
CREATE TRIGGER verification_answer_is_kept BEFORE DELETE ON verification_answer BEGIN SELECT RAISE (ABORT, 'verification_answer is append-only'); END;
