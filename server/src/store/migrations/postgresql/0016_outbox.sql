-- The outbox is asked what is due on one platform, and which cards a request has.
DROP INDEX outbox_waiting;
CREATE INDEX outbox_due ON outbox (surface, next_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_request ON outbox (request) WHERE creates = 1;
