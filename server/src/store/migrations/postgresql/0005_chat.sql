-- Who somebody is on a chat platform. A user id is unique within a corporation only.
CREATE TABLE chat_identity (
  platform    TEXT COLLATE "C" NOT NULL,  -- dingtalk, wecom, …
  corporation TEXT COLLATE "C" NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL,
  person      BYTEA NOT NULL CHECK (length(person) = 16),
  bound_at    BIGINT NOT NULL,
  PRIMARY KEY (platform, corporation, user_id),
  UNIQUE (platform, corporation, person)
);

-- A code that was sent to a chat account, to be typed in the app by the person who holds both.
CREATE TABLE chat_code (
  person      BYTEA PRIMARY KEY CHECK (length(person) = 16),
  platform    TEXT COLLATE "C" NOT NULL,
  corporation TEXT COLLATE "C" NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL,
  code_hash   BYTEA NOT NULL CHECK (length(code_hash) = 32),
  attempts    BIGINT NOT NULL DEFAULT 0,
  expires_at  BIGINT NOT NULL
);

-- Cards that a platform has: what is needed to change them.
CREATE TABLE chat_card (
  card    TEXT COLLATE "C" PRIMARY KEY,
  handle  TEXT COLLATE "C" NOT NULL,  -- JSON of bot::SurfaceHandle
  sent_at BIGINT NOT NULL
);
