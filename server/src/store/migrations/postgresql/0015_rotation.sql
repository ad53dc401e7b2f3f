-- A device's key that took another one's place. Both keys signed that it does; the signatures are kept as evidence.
CREATE TABLE device_rotation (
  device     BYTEA PRIMARY KEY REFERENCES device (id),
  next       BYTEA NOT NULL UNIQUE REFERENCES device (id),
  proof      BYTEA NOT NULL,                  -- by the key that ends
  next_proof BYTEA NOT NULL,                  -- by the key that begins
  rotated_at BIGINT NOT NULL
);

CREATE TRIGGER device_rotation_is_kept BEFORE DELETE ON device_rotation FOR EACH ROW EXECUTE FUNCTION refuse ('device_rotation is append-only');
CREATE TRIGGER device_rotation_is_final BEFORE UPDATE ON device_rotation FOR EACH ROW EXECUTE FUNCTION refuse ('device_rotation is append-only');
