-- How a person proves who they are. Names, roles and departments belong to the organisation, not here.
CREATE TABLE credential (
  person        BYTEA PRIMARY KEY CHECK (length(person) = 16),
  login         TEXT COLLATE "C" NOT NULL UNIQUE,
  password_hash TEXT COLLATE "C" NOT NULL  -- argon2id, PHC string
);

-- Wrong passwords, by the hash of the login that was typed: known and unknown logins are treated alike, so that
-- nobody learns from a lock which logins exist.
CREATE TABLE sign_in_failure (
  login_hash   BYTEA PRIMARY KEY CHECK (length(login_hash) = 32),
  attempts     BIGINT NOT NULL,
  last_at      BIGINT NOT NULL,  -- milliseconds since 1970
  locked_until BIGINT
);
CREATE INDEX sign_in_failure_last ON sign_in_failure (last_at);

-- A device that signs for a person. It is never forgotten, because old signatures must stay checkable.
CREATE TABLE device (
  id          BYTEA PRIMARY KEY CHECK (length(id) = 16),
  person      BYTEA NOT NULL REFERENCES credential (person),
  algorithm   BIGINT NOT NULL,  -- sync::signature's byte
  public_key  BYTEA NOT NULL,
  name        TEXT COLLATE "C" NOT NULL,
  enrolled_at BIGINT NOT NULL,
  revoked_at  BIGINT
);
CREATE INDEX device_person ON device (person);

CREATE TRIGGER device_is_kept BEFORE DELETE ON device FOR EACH ROW EXECUTE FUNCTION refuse ('device is append-only');
CREATE TRIGGER device_is_what_it_was BEFORE UPDATE ON device FOR EACH ROW
WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.person IS DISTINCT FROM OLD.person
  OR NEW.algorithm IS DISTINCT FROM OLD.algorithm OR NEW.public_key IS DISTINCT FROM OLD.public_key OR NEW.enrolled_at IS DISTINCT FROM OLD.enrolled_at
  OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at))
EXECUTE FUNCTION refuse ('device: only the name may change, and revocation is final');

-- One row for each sign-in. Tokens are kept as hashes; the one before is kept for answers that were lost.
CREATE TABLE session (
  family        BYTEA PRIMARY KEY CHECK (length(family) = 16),
  person        BYTEA NOT NULL REFERENCES credential (person),
  device        BYTEA NOT NULL REFERENCES device (id),
  token_hash    BYTEA NOT NULL UNIQUE,
  previous_hash BYTEA,
  rotated_at    BIGINT NOT NULL,
  started_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  revoked_at    BIGINT,
  revoked_why   TEXT COLLATE "C"
);
CREATE INDEX session_previous ON session (previous_hash);
CREATE INDEX session_device ON session (device);
