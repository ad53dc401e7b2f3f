-- A document of many changes in one compact piece, so that it need not be put together from all of them. A cache: the
-- log stays as it is, each change is evidence that somebody signed.
CREATE TABLE snapshot (
  document TEXT COLLATE "C" PRIMARY KEY REFERENCES document (key),
  position BIGINT NOT NULL,                   -- the last change in it
  bytes    BYTEA NOT NULL
);
