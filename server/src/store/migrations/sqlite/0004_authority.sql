-- The authority's own tables. What happened is append-only; caches of it are marked as such and are checked by `fsck`.

-- One counter for the whole log. A row, never a sequence: a sequence can skip a committed row for a reader.
CREATE TABLE stream (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  epoch    BLOB NOT NULL CHECK (length(epoch) = 16),
  position INTEGER NOT NULL
) STRICT;
INSERT INTO stream (id, epoch, position) VALUES (1, randomblob (16), 0);

-- Published versions of the organisation, the budget scheme and the approval rules, as JSON.
CREATE TABLE published (
  kind    TEXT NOT NULL,                      -- organisation, scheme, rules
  version INTEGER NOT NULL,                   -- 1, 2, 3 … for each kind
  at      INTEGER NOT NULL,
  person  BLOB,                               -- who published it; none for the first start
  json    TEXT NOT NULL,
  salt    BLOB NOT NULL,                      -- the journal holds SHA-256 (salt, json) only
  PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;

-- Drafts that merge: which documents exist, and their change logs.
CREATE TABLE document (
  key      TEXT PRIMARY KEY,                  -- claim/…, thread/…, prefs/…
  owner    BLOB NOT NULL CHECK (length(owner) = 16),
  request  BLOB,                              -- for claims and threads
  position INTEGER NOT NULL,                  -- of its latest change
  heads    BLOB NOT NULL                      -- 32 bytes each, sorted
) STRICT, WITHOUT ROWID;
CREATE INDEX document_request ON document (request);

CREATE TABLE change (
  position    INTEGER PRIMARY KEY,
  document    TEXT NOT NULL,
  hash        BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  actor       BLOB NOT NULL,
  seq         INTEGER NOT NULL,
  device      BLOB NOT NULL,
  person      BLOB NOT NULL,
  signature   BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  bytes       BLOB NOT NULL,
  UNIQUE (document, actor, seq)
) STRICT;
CREATE INDEX change_document ON change (document, position);

-- What people signed, or a chat platform attested.
CREATE TABLE record (
  position    INTEGER PRIMARY KEY,
  hash        BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  id          BLOB NOT NULL,
  kind        TEXT NOT NULL,                  -- submission, decision, withdrawal
  request     BLOB NOT NULL,
  person      BLOB NOT NULL,
  body        BLOB NOT NULL,
  device      BLOB,                           -- none when a platform attested it
  signature   BLOB,
  surface     TEXT NOT NULL,                  -- app, dingTalk
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX record_id ON record (id);
CREATE INDEX record_request ON record (request, position);

-- Evidence of refused work; the oldest rows of a device make room for newer ones.
CREATE TABLE refusal (
  id      INTEGER PRIMARY KEY,
  hash    BLOB NOT NULL,
  device  BLOB NOT NULL,
  code    TEXT NOT NULL,
  message TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX refusal_hash ON refusal (hash);
CREATE INDEX refusal_device ON refusal (device, id);

-- How each request stands: a cache of records and entries, as JSON.
CREATE TABLE request (
  id       BLOB PRIMARY KEY CHECK (length(id) = 16),
  claimant BLOB NOT NULL,
  state    TEXT NOT NULL,
  position INTEGER NOT NULL,                  -- of its latest status
  shown    INTEGER NOT NULL,                  -- others than its owner see the claim up to here
  json     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_position ON request (position);

-- Who may read a request and its documents. After `position` they get all of it again.
CREATE TABLE access (
  request  BLOB NOT NULL,
  person   BLOB NOT NULL,
  reason   TEXT NOT NULL,                     -- owner, decider, role, department, project
  position INTEGER NOT NULL,
  ended    INTEGER,                           -- position at which it ended
  PRIMARY KEY (person, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_request ON access (request);
CREATE INDEX access_position ON access (person, position);

-- Files of submitted claims: who may read the claim may read them.
CREATE TABLE attachment (
  blob    BLOB NOT NULL CHECK (length(blob) = 32),
  request BLOB NOT NULL,
  PRIMARY KEY (blob, request)
) STRICT, WITHOUT ROWID;

-- Invoices of live requests: a cache, rebuilt with each status of the request.
CREATE TABLE claimed_invoice (
  identity    TEXT NOT NULL,
  request     BLOB NOT NULL,
  claimant    BLOB NOT NULL,
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 16),
  day         TEXT NOT NULL,
  PRIMARY KEY (identity, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX claimed_invoice_request ON claimed_invoice (request);

-- The ledger: commands with their answers, entries, and two caches of the entries.
CREATE TABLE ledger_command (
  id        BLOB PRIMARY KEY CHECK (length(id) = 16),
  at        INTEGER NOT NULL,
  body      BLOB NOT NULL,                    -- CBOR of budget::Command
  rejection TEXT                              -- JSON of budget::ledger::Rejection; none when it was done
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_entry (
  sequence INTEGER PRIMARY KEY,
  command  BLOB NOT NULL,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  document BLOB,
  line     BLOB,
  lines    TEXT NOT NULL,                     -- budget lines as a JSON array, sorted
  amount   INTEGER NOT NULL CHECK (amount >= 0)
) STRICT;
CREATE INDEX ledger_entry_document ON ledger_entry (document);

CREATE TABLE balance (
  line        TEXT PRIMARY KEY,
  limit_fen   INTEGER NOT NULL,
  consumed    INTEGER NOT NULL,
  reserved    INTEGER NOT NULL,
  escrowed    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE holding (
  line        TEXT NOT NULL,
  document    BLOB NOT NULL,
  outstanding INTEGER NOT NULL,
  consumed    INTEGER NOT NULL,
  PRIMARY KEY (line, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX holding_document ON holding (document);

CREATE TABLE payment (
  id      BLOB PRIMARY KEY CHECK (length(id) = 16),
  request BLOB NOT NULL UNIQUE,
  person  BLOB NOT NULL,
  total   INTEGER NOT NULL,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The journal: leaves of a Merkle tree (RFC 6962), each with the root of the tree up to it.
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  body     BLOB NOT NULL,
  leaf     BLOB NOT NULL CHECK (length(leaf) = 32),
  root     BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;

-- Heads of the journal that were signed and given away.
CREATE TABLE checkpoint (
  id   INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;

-- Views that wait to be shown on cards of a chat platform.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY,
  surface     TEXT NOT NULL,                  -- dingtalk
  card        TEXT NOT NULL,                  -- one card is one person's question: request, revision, step
  version     INTEGER NOT NULL,               -- grows with every view of a card
  creates     INTEGER NOT NULL,               -- 1 for the row that puts the card before the person
  request     BLOB NOT NULL,
  revision    INTEGER NOT NULL,
  step        INTEGER NOT NULL,
  person      BLOB NOT NULL,
  queued_at   INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,               -- not before
  attempts    INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  state       TEXT NOT NULL DEFAULT 'waiting',-- waiting, sent, superseded, dead
  last_error  TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_card ON outbox (card, version);

CREATE TRIGGER published_is_what_it_was BEFORE UPDATE ON published BEGIN SELECT RAISE (ABORT, 'published is append-only'); END;
CREATE TRIGGER published_is_kept BEFORE DELETE ON published BEGIN SELECT RAISE (ABORT, 'published is append-only'); END;
CREATE TRIGGER change_is_what_it_was BEFORE UPDATE ON change BEGIN SELECT RAISE (ABORT, 'change is append-only'); END;
CREATE TRIGGER change_is_kept BEFORE DELETE ON change BEGIN SELECT RAISE (ABORT, 'change is append-only'); END;
CREATE TRIGGER record_is_what_it_was BEFORE UPDATE ON record BEGIN SELECT RAISE (ABORT, 'record is append-only'); END;
CREATE TRIGGER record_is_kept BEFORE DELETE ON record BEGIN SELECT RAISE (ABORT, 'record is append-only'); END;
CREATE TRIGGER attachment_is_what_it_was BEFORE UPDATE ON attachment BEGIN SELECT RAISE (ABORT, 'attachment is append-only'); END;
CREATE TRIGGER attachment_is_kept BEFORE DELETE ON attachment BEGIN SELECT RAISE (ABORT, 'attachment is append-only'); END;
CREATE TRIGGER ledger_command_is_what_it_was BEFORE UPDATE ON ledger_command BEGIN SELECT RAISE (ABORT, 'ledger_command is append-only'); END;
CREATE TRIGGER ledger_command_is_kept BEFORE DELETE ON ledger_command BEGIN SELECT RAISE (ABORT, 'ledger_command is append-only'); END;
CREATE TRIGGER ledger_entry_is_what_it_was BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE (ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER ledger_entry_is_kept BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE (ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER payment_is_what_it_was BEFORE UPDATE ON payment BEGIN SELECT RAISE (ABORT, 'payment is append-only'); END;
CREATE TRIGGER payment_is_kept BEFORE DELETE ON payment BEGIN SELECT RAISE (ABORT, 'payment is append-only'); END;
CREATE TRIGGER journal_is_what_it_was BEFORE UPDATE ON journal BEGIN SELECT RAISE (ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal BEGIN SELECT RAISE (ABORT, 'journal is append-only'); END;
CREATE TRIGGER checkpoint_is_what_it_was BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE (ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_is_kept BEFORE DELETE ON checkpoint BEGIN SELECT RAISE (ABORT, 'checkpoint is append-only'); END;
