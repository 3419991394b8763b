-- More leavers than this within an hour, and a larger share of the members than that, stop a directory and ask.
ALTER TABLE organizations ADD COLUMN brake_people BIGINT NOT NULL DEFAULT 10;
ALTER TABLE organizations ADD COLUMN brake_percent BIGINT NOT NULL DEFAULT 20;
-- JSON of the `directory` room: the leavers of the sync that is under way, and whether it was stopped.
ALTER TABLE directories ADD COLUMN brake TEXT NOT NULL DEFAULT '{}';
-- People whom a directory told to have left, one row for each time, so that a sync can be stopped before the first of
-- them and undone as a whole. `sync_id` is the id of the first one of the same sync.
CREATE TABLE departures (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    sync_id TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    state TEXT NOT NULL,              -- left | recalled | held | leaving | undoing | kept
    at BIGINT NOT NULL
);
CREATE INDEX departures_by_directory ON departures (directory_id, sync_id, state);
CREATE INDEX departures_by_member ON departures (member_id);
