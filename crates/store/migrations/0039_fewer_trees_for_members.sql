-- Only those who will be erased are looked for by when.
DROP INDEX members_to_erase;
CREATE INDEX members_to_erase ON members (erase_at) WHERE erase_at IS NOT NULL;
