-- Messages to people and groups on chat platforms, each queued once: what it tells is in its name.
CREATE TABLE chat_notice (
  id          INTEGER PRIMARY KEY,
  surface     TEXT NOT NULL,                  -- dingtalk
  name        TEXT NOT NULL,                  -- alert/17, checkpoint/2026-11-23
  recipient   TEXT NOT NULL,                  -- person:0123…, group:cid…
  title       TEXT NOT NULL,
  body        TEXT NOT NULL,
  path        TEXT NOT NULL,                  -- of the page with everything else; empty for none
  queued_at   INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,               -- not before
  attempts    INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  state       TEXT NOT NULL DEFAULT 'waiting',-- waiting, sent, dead
  last_error  TEXT,
  UNIQUE (surface, name, recipient)
) STRICT;
CREATE INDEX chat_notice_waiting ON chat_notice (surface, next_at) WHERE state = 'waiting';

-- What somebody has to settle is looked up by whose it is.
CREATE INDEX request_claimant ON request (claimant);
