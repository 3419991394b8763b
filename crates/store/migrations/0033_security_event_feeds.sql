-- Which security events an application has asked for (RFC 9967), and up to where in the stream it has acknowledged all.
CREATE TABLE event_feeds (
    application_id TEXT NOT NULL PRIMARY KEY REFERENCES applications (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    events TEXT NOT NULL,             -- JSON: the URIs of the events
    created_at BIGINT NOT NULL
);
-- What was acknowledged beyond that, out of order.
CREATE TABLE event_acknowledgements (
    application_id TEXT NOT NULL REFERENCES event_feeds (application_id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    PRIMARY KEY (application_id, position)
);
