-- Defaults for two more fields, where a setup link was mailed, and what the console's lists are read by.

ALTER TABLE organizations ADD COLUMN default_city TEXT;
ALTER TABLE organizations ADD COLUMN default_state TEXT;

-- The address it was mailed to last.
ALTER TABLE setup_links ADD COLUMN sent_to TEXT;

CREATE INDEX invitations_by_kind ON invitations (kind, id);
CREATE INDEX login_attempts_by_time ON login_attempts (organization_id, at, accepted);
