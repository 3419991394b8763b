-- How many users a directory has from one id on up to the next mark's, so that a total and a page far behind need no count of
-- all of them. The first mark of a directory begins before every id.
CREATE TABLE directory_marks (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    first_id TEXT NOT NULL,
    users BIGINT NOT NULL,
    PRIMARY KEY (directory_id, first_id)
);
INSERT INTO directory_marks (directory_id, first_id, users)
    SELECT directory_id, '', COUNT(*) FROM directory_users GROUP BY directory_id;
-- The name for people as compared, for look-ups; not known yet (NULL) for users that came before this step.
ALTER TABLE directory_users ADD COLUMN display_name_folded TEXT;
CREATE INDEX directory_users_by_display_name ON directory_users (directory_id, display_name_folded);
-- Providers and other readers ask what has changed since a moment.
CREATE INDEX directory_users_by_change ON directory_users (directory_id, updated_at);
CREATE INDEX directory_groups_by_change ON directory_groups (directory_id, updated_at);
