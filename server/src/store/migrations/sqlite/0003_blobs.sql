-- Originals: photographs and invoice files, named by what they contain. The bytes lie in files beside the database.
CREATE TABLE blob (
  sha256     BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  size       INTEGER NOT NULL CHECK (size > 0),
  media_type TEXT NOT NULL,
  stored_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who sent it. Two people may photograph the same receipt; each keeps the right to read what they sent.
CREATE TABLE blob_uploader (
  sha256      BLOB NOT NULL REFERENCES blob (sha256),
  person      BLOB NOT NULL CHECK (length(person) = 16),
  uploaded_at INTEGER NOT NULL,
  PRIMARY KEY (sha256, person)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER blob_is_what_it_was BEFORE UPDATE ON blob BEGIN SELECT RAISE (ABORT, 'blob is append-only'); END;
CREATE TRIGGER blob_is_kept BEFORE DELETE ON blob BEGIN SELECT RAISE (ABORT, 'blob is append-only'); END;
CREATE TRIGGER blob_uploader_is_what_it_was BEFORE UPDATE ON blob_uploader BEGIN SELECT RAISE (ABORT, 'blob_uploader is append-only'); END;
CREATE TRIGGER blob_uploader_is_kept BEFORE DELETE ON blob_uploader BEGIN SELECT RAISE (ABORT, 'blob_uploader is append-only'); END;
