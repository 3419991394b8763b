-- What looks after itself: connections whose documents are read again and whose certificates end, and our own keys.

-- state: JSON of the `care` room; what was found, what was told, and for which certificates.
CREATE TABLE connection_care (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX connection_care_by_time ON connection_care (due_at, connection_id);

-- A key is published from the beginning and signs from here on, until a younger one does; none for a key that signed at
-- once.
ALTER TABLE keys ADD COLUMN signs_from BIGINT;
