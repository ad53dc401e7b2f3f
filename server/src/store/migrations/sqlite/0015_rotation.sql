-- A device's key that took another one's place. Both keys signed that it does; the signatures are kept as evidence.
CREATE TABLE device_rotation (
  device     BLOB PRIMARY KEY REFERENCES device (id),
  next       BLOB NOT NULL UNIQUE REFERENCES device (id),
  proof      BLOB NOT NULL,                   -- by the key that ends
  next_proof BLOB NOT NULL,                   -- by the key that begins
  rotated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER device_rotation_is_kept BEFORE DELETE ON device_rotation
BEGIN SELECT RAISE (ABORT, 'device_rotation is append-only'); END;
CREATE TRIGGER device_rotation_is_final BEFORE UPDATE ON device_rotation
BEGIN SELECT RAISE (ABORT, 'device_rotation is append-only'); END;
