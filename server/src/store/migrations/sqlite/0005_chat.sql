-- Who somebody is on a chat platform. A user id is unique within a corporation only.
CREATE TABLE chat_identity (
  platform    TEXT NOT NULL,                  -- dingtalk, wecom, …
  corporation TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  person      BLOB NOT NULL CHECK (length(person) = 16),
  bound_at    INTEGER NOT NULL,
  PRIMARY KEY (platform, corporation, user_id),
  UNIQUE (platform, corporation, person)
) STRICT, WITHOUT ROWID;

-- A code that was sent to a chat account, to be typed in the app by the person who holds both.
CREATE TABLE chat_code (
  person      BLOB PRIMARY KEY CHECK (length(person) = 16),
  platform    TEXT NOT NULL,
  corporation TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  code_hash   BLOB NOT NULL CHECK (length(code_hash) = 32),
  attempts    INTEGER NOT NULL DEFAULT 0,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cards that a platform has: what is needed to change them.
CREATE TABLE chat_card (
  card    TEXT PRIMARY KEY,
  handle  TEXT NOT NULL,                      -- JSON of bot::SurfaceHandle
  sent_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
