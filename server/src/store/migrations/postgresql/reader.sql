-- The role of those who only read: no statement of theirs can write, whatever it says. Where this user may not make
-- roles, an administrator can (docs/CONFIGURATION.md); without it reading is confined by read-only transactions alone.
-- The role belongs to the whole server: another of its databases may make it, or be granted it, at the same moment.
DO $$
BEGIN
  FOR attempt IN 1 .. 10 LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suanpan_reader') THEN
        CREATE ROLE suanpan_reader NOLOGIN;
      END IF;
      IF NOT pg_has_role ('suanpan_reader', 'MEMBER') THEN
        EXECUTE format ('GRANT suanpan_reader TO %I', current_user);
      END IF;
      EXIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation OR internal_error THEN
        PERFORM pg_sleep (0.1);
    END;
  END LOOP;
  EXECUTE format ('GRANT USAGE ON SCHEMA %I TO suanpan_reader', current_schema ());
  EXECUTE format ('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO suanpan_reader', current_schema ());
  EXECUTE format ('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO suanpan_reader', current_schema ());
EXCEPTION
  WHEN insufficient_privilege OR undefined_object THEN
    RAISE WARNING 'the role suanpan_reader could not be made: %', SQLERRM;
END $$;
