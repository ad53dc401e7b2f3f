-- What the server decides once for itself: secrets of the first start, and the time of the last commit.
CREATE TABLE setting (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
