-- What stands before the numbered steps: which step the tables are at, who writes, and how tables are kept as they
-- were written. Safe to run again.
CREATE TABLE IF NOT EXISTS schema_version (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL
);
INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS writer_lease (
  id           BIGINT PRIMARY KEY CHECK (id = 1),
  epoch        BIGINT NOT NULL,      -- grows with every server that takes over; each batch checks it
  renewed_at   TIMESTAMPTZ NOT NULL,
  holder       BIGINT,               -- the process that serves the writer's connection, and since when
  holder_since TIMESTAMPTZ
);
-- Where the others reach the server that writes, and how many batches were ever committed: who counts them misses none.
ALTER TABLE writer_lease ADD COLUMN IF NOT EXISTS address TEXT;
ALTER TABLE writer_lease ADD COLUMN IF NOT EXISTS batches BIGINT NOT NULL DEFAULT 0;
INSERT INTO writer_lease (id, epoch, renewed_at) VALUES (1, 0, clock_timestamp ()) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION refuse () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0];
END $$;

-- Rows of this table are written once.
CREATE OR REPLACE PROCEDURE keep_as_written (name TEXT) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format ('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse (%L)',
    name || '_is_kept_as_written', name, name || ' is append-only');
  EXECUTE format ('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse (%L)',
    name || '_is_kept', name, name || ' is append-only');
END $$;
