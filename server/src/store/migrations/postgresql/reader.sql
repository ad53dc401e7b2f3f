-- The role of those who only read: no statement of theirs can write, whatever it says. Where this user may not make
-- roles, an administrator can (docs/CONFIGURATION.md); without it reading is confined by read-only transactions alone.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suanpan_reader') THEN
    CREATE ROLE suanpan_reader NOLOGIN;
  END IF;
  IF NOT pg_has_role ('suanpan_reader', 'MEMBER') THEN
    EXECUTE format ('GRANT suanpan_reader TO %I', current_user);
  END IF;
  EXECUTE format ('GRANT USAGE ON SCHEMA %I TO suanpan_reader', current_schema ());
  EXECUTE format ('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO suanpan_reader', current_schema ());
  EXECUTE format ('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO suanpan_reader', current_schema ());
EXCEPTION
  -- Not allowed, or another database of the same server makes the same role at this moment.
  WHEN insufficient_privilege OR duplicate_object OR unique_violation OR internal_error THEN
    RAISE WARNING 'the role suanpan_reader could not be made: %', SQLERRM;
END $$;
