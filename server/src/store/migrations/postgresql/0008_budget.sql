-- Thresholds that were reached, each once; and papers that move limits, in their newest wording.
CREATE TABLE budget_alert (
  sequence  BIGINT PRIMARY KEY,
  at        BIGINT NOT NULL,
  line      TEXT COLLATE "C" NOT NULL,
  percent   BIGINT NOT NULL,
  used      BIGINT NOT NULL,
  limit_fen BIGINT NOT NULL
);
CALL keep_as_written ('budget_alert');

CREATE TABLE budget_paper (
  id   BYTEA PRIMARY KEY CHECK (length(id) = 16),
  at   BIGINT NOT NULL,
  json TEXT COLLATE "C" NOT NULL,
  salt BYTEA NOT NULL CHECK (length(salt) = 16)
);
