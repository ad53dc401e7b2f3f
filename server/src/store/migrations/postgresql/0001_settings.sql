-- What the server decides once for itself: secrets of the first start, and the time of the last commit.
CREATE TABLE setting (
  key   TEXT COLLATE "C" PRIMARY KEY,
  value BYTEA NOT NULL
);
