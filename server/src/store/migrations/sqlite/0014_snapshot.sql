-- A document of many changes in one compact piece, so that it need not be put together from all of them. A cache: the
-- log stays as it is, each change is evidence that somebody signed.
CREATE TABLE snapshot (
  document TEXT PRIMARY KEY REFERENCES document (key),
  position INTEGER NOT NULL,                  -- the last change in it
  bytes    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
