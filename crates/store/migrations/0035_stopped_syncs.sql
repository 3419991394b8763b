-- How a directory told that somebody left, and of which of its users: people who decide about a stop are told the cause.
ALTER TABLE departures ADD COLUMN how TEXT NOT NULL DEFAULT 'deactivated'; -- deactivated | deleted
ALTER TABLE departures ADD COLUMN user_id TEXT;
CREATE INDEX departures_by_time ON departures (directory_id, at);
-- The last time that a group lost one of its people. Many leavers at once have often lost one group shortly before.
-- No foreign keys to group and user: the cause must be told after both are gone.
CREATE TABLE group_losses (
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    how TEXT NOT NULL,                -- taken_out | emptied | removed | person_removed
    at BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_losses_by_user ON group_losses (user_id);
CREATE INDEX group_losses_by_time ON group_losses (at);
CREATE INDEX group_losses_by_directory ON group_losses (directory_id);
