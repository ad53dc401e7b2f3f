-- How long an original is kept: it goes once nothing has named it for a while, and comes back when it is sent again.
CREATE TABLE blob_life (
  sha256       BYTEA PRIMARY KEY REFERENCES blob (sha256),
  last_sent_at BIGINT NOT NULL,
  set_aside_at BIGINT,
  deleted_at   BIGINT
);
CREATE INDEX blob_life_aside ON blob_life (set_aside_at) WHERE set_aside_at IS NOT NULL;

INSERT INTO blob_life (sha256, last_sent_at)
  SELECT sha256, max (uploaded_at) FROM blob_uploader GROUP BY sha256;
