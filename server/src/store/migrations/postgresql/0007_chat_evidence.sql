-- The verified callback behind each decision by card: the evidence. Its hash is part of the decision's id.
CREATE TABLE chat_evidence (
  sha256      BYTEA PRIMARY KEY CHECK (length(sha256) = 32),
  platform    TEXT COLLATE "C" NOT NULL,
  corporation TEXT COLLATE "C" NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL,
  request     BYTEA NOT NULL,
  revision    BIGINT NOT NULL,
  step        BIGINT NOT NULL,
  person      BYTEA NOT NULL,
  callback    TEXT COLLATE "C" NOT NULL,
  received_at BIGINT NOT NULL
);
CALL keep_as_written ('chat_evidence');

-- A code that a signed-in person sends from a chat account, to show that they hold both.
CREATE TABLE chat_link (
  code_hash  BYTEA PRIMARY KEY CHECK (length(code_hash) = 32),
  person     BYTEA NOT NULL UNIQUE CHECK (length(person) = 16),
  expires_at BIGINT NOT NULL
);

-- Messages that were read, so that one that comes twice is answered once.
CREATE TABLE chat_message (
  platform TEXT COLLATE "C" NOT NULL,
  id       TEXT COLLATE "C" NOT NULL,
  seen_at  BIGINT NOT NULL,
  PRIMARY KEY (platform, id)
);
