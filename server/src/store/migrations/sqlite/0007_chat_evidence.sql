-- The verified callback behind each decision by card: the evidence. Its hash is part of the decision's id.
CREATE TABLE chat_evidence (
  sha256      BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  platform    TEXT NOT NULL,
  corporation TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  request     BLOB NOT NULL,
  revision    INTEGER NOT NULL,
  step        INTEGER NOT NULL,
  person      BLOB NOT NULL,
  callback    TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER chat_evidence_is_what_it_was BEFORE UPDATE ON chat_evidence BEGIN SELECT RAISE (ABORT, 'chat_evidence is append-only'); END;
CREATE TRIGGER chat_evidence_is_kept BEFORE DELETE ON chat_evidence BEGIN SELECT RAISE (ABORT, 'chat_evidence is append-only'); END;

-- A code that a signed-in person sends from a chat account, to show that they hold both.
CREATE TABLE chat_link (
  code_hash  BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
  person     BLOB NOT NULL UNIQUE CHECK (length(person) = 16),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that were read, so that one that comes twice is answered once.
CREATE TABLE chat_message (
  platform TEXT NOT NULL,
  id       TEXT NOT NULL,
  seen_at  INTEGER NOT NULL,
  PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;
