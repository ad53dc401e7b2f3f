-- Originals: photographs and invoice files, named by what they contain. The bytes lie in files beside the database.
CREATE TABLE blob (
  sha256     BYTEA PRIMARY KEY CHECK (length(sha256) = 32),
  size       BIGINT NOT NULL CHECK (size > 0),
  media_type TEXT COLLATE "C" NOT NULL,
  stored_at  BIGINT NOT NULL
);

-- Who sent it. Two people may photograph the same receipt; each keeps the right to read what they sent.
CREATE TABLE blob_uploader (
  sha256      BYTEA NOT NULL REFERENCES blob (sha256),
  person      BYTEA NOT NULL CHECK (length(person) = 16),
  uploaded_at BIGINT NOT NULL,
  PRIMARY KEY (sha256, person)
);

CALL keep_as_written ('blob');
CALL keep_as_written ('blob_uploader');
