-- How a person proves who they are. Names, roles and departments belong to the organisation, not here.
CREATE TABLE credential (
  person        BLOB PRIMARY KEY CHECK (length(person) = 16),
  login         TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL                  -- argon2id, PHC string
) STRICT, WITHOUT ROWID;

-- Wrong passwords, by the hash of the login that was typed: known and unknown logins are treated alike, so that
-- nobody learns from a lock which logins exist.
CREATE TABLE sign_in_failure (
  login_hash   BLOB PRIMARY KEY CHECK (length(login_hash) = 32),
  attempts     INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,               -- milliseconds since 1970
  locked_until INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failure_last ON sign_in_failure (last_at);

-- A device that signs for a person. It is never forgotten, because old signatures must stay checkable.
CREATE TABLE device (
  id          BLOB PRIMARY KEY CHECK (length(id) = 16),
  person      BLOB NOT NULL REFERENCES credential (person),
  algorithm   INTEGER NOT NULL,                -- sync::signature's byte
  public_key  BLOB NOT NULL,
  name        TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL,
  revoked_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_person ON device (person);

CREATE TRIGGER device_is_kept BEFORE DELETE ON device
BEGIN SELECT RAISE (ABORT, 'device is append-only'); END;
CREATE TRIGGER device_is_what_it_was BEFORE UPDATE ON device
WHEN NEW.id IS NOT OLD.id OR NEW.person IS NOT OLD.person OR NEW.algorithm IS NOT OLD.algorithm
  OR NEW.public_key IS NOT OLD.public_key OR NEW.enrolled_at IS NOT OLD.enrolled_at
  OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)
BEGIN SELECT RAISE (ABORT, 'device: only the name may change, and revocation is final'); END;

-- One row for each sign-in. Tokens are kept as hashes; the one before is kept for answers that were lost.
CREATE TABLE session (
  family        BLOB PRIMARY KEY CHECK (length(family) = 16),
  person        BLOB NOT NULL REFERENCES credential (person),
  device        BLOB NOT NULL REFERENCES device (id),
  token_hash    BLOB NOT NULL UNIQUE,
  previous_hash BLOB,
  rotated_at    INTEGER NOT NULL,
  started_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  revoked_at    INTEGER,
  revoked_why   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX session_previous ON session (previous_hash);
CREATE INDEX session_device ON session (device);
