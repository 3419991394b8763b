-- Somebody who left and keeps the account as a personal one: the directory is answered as before, and the company is shown
-- nothing of the person, until the directory says that the person is there again.
ALTER TABLE directory_users ADD COLUMN claimed BOOLEAN NOT NULL DEFAULT FALSE;
-- Who claimed before this was kept cannot be told from who was taken out by an erasure or never had a place.
UPDATE directory_users SET claimed = TRUE
WHERE active = FALSE
  AND directory_id IN (SELECT id FROM directories WHERE status IN ('active', 'paused'))
  AND NOT EXISTS (SELECT 1 FROM members m WHERE m.directory_user_id = directory_users.id);
CREATE INDEX directory_users_claimed ON directory_users (directory_id) WHERE claimed = TRUE;
