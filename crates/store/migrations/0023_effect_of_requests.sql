-- What a directory's request changed, from what to what: JSON of the `directory` room.
ALTER TABLE scim_requests ADD COLUMN effect TEXT;
-- Why it was refused: the code of the problem, to count by.
ALTER TABLE scim_requests ADD COLUMN cause TEXT;
-- Refused requests are few, and are counted and listed by themselves.
CREATE INDEX scim_requests_refused ON scim_requests (directory_id, id) WHERE status >= 400;
