-- Invoices that the tax authority is asked about (查验), as they stand; and every answer, kept as it was given.
CREATE TABLE verification (
  identity  TEXT COLLATE "C" PRIMARY KEY,
  question  TEXT COLLATE "C" NOT NULL,  -- JSON: what the invoice says
  state     TEXT COLLATE "C" NOT NULL,  -- local, waiting, verified, differs, outside
  due_at    BIGINT NOT NULL,  -- not asked before
  since     TEXT COLLATE "C" NOT NULL,  -- an answer of an earlier day is an old one
  asked_on  TEXT COLLATE "C" NOT NULL DEFAULT '',  -- the day of the newest question
  asked     BIGINT NOT NULL DEFAULT 0,  -- how often on that day
  finding   TEXT COLLATE "C"  -- JSON of the newest answer
);
CREATE INDEX verification_due ON verification (due_at);

CREATE TABLE verification_answer (
  sequence BIGINT PRIMARY KEY,
  identity TEXT COLLATE "C" NOT NULL,
  at       BIGINT NOT NULL,
  finding  TEXT COLLATE "C" NOT NULL
);
CALL keep_as_written ('verification_answer');
