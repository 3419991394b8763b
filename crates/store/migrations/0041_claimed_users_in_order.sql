-- Who claimed last is asked for with every change of a group: without the order in the index, SQLite takes another one and looks
-- through the whole directory.
DROP INDEX directory_users_claimed;
CREATE INDEX directory_users_claimed ON directory_users (directory_id, id) WHERE claimed = TRUE;
