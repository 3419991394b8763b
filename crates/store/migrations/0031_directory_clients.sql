-- What a secret of a directory is: shown with each request (`bearer`), or changed for short-lived tokens first (`client`,
-- OAuth 2.0 client credentials; the id of the row is the client's).
ALTER TABLE directory_tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'bearer';
