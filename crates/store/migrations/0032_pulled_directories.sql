-- Directories that we read ourselves: from where, when next, and how the last reading went.
CREATE TABLE directory_pulls (
    directory_id TEXT NOT NULL PRIMARY KEY REFERENCES directories (id) ON DELETE CASCADE,
    source TEXT NOT NULL,             -- google | file
    settings TEXT NOT NULL,           -- sealed JSON of the `pull` room
    next_at BIGINT NOT NULL,
    claimed_until BIGINT,             -- somebody reads it until then
    run BIGINT NOT NULL DEFAULT 0,    -- grows with every reading: who was overtaken writes nothing more
    whole_at BIGINT,                  -- when every person was last read in full
    read_at BIGINT,                   -- when it was last read to the end
    failures BIGINT NOT NULL DEFAULT 0,
    told_at BIGINT,                   -- when people were told that it cannot be read
    outcome TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX directory_pulls_by_time ON directory_pulls (next_at);
-- What the source called the version of a person or group that we hold.
CREATE TABLE pulled_users (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES directory_users (id) ON DELETE CASCADE,
    mark TEXT NOT NULL
);
CREATE TABLE pulled_groups (
    group_id TEXT NOT NULL PRIMARY KEY REFERENCES directory_groups (id) ON DELETE CASCADE,
    mark TEXT NOT NULL
);
-- A file that was brought for a directory and waits to be read; gone when it was.
CREATE TABLE pulled_files (
    directory_id TEXT NOT NULL PRIMARY KEY REFERENCES directory_pulls (directory_id) ON DELETE CASCADE,
    content BLOB NOT NULL,
    brought_at BIGINT NOT NULL
);
