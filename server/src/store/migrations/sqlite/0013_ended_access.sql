-- What somebody may no longer read is looked up at every look at the log.
CREATE INDEX access_ended ON access (person, ended) WHERE ended IS NOT NULL;
