-- The outbox is asked what is due on one platform, and which cards a request has.
DROP INDEX outbox_waiting;
CREATE INDEX outbox_due ON outbox (surface, next_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_request ON outbox (request) WHERE creates = 1;

-- How many reminders of WeChat's somebody has agreed to and not been sent: each consent is good for one.
CREATE TABLE chat_consent (
  app       TEXT COLLATE "C" NOT NULL,
  user_id   TEXT COLLATE "C" NOT NULL,
  remaining BIGINT NOT NULL CHECK (remaining >= 0),
  PRIMARY KEY (app, user_id)
);
