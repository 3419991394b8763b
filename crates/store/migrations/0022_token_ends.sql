-- When a directory's token ends by itself; never where there is none.
ALTER TABLE directory_tokens ADD COLUMN expires_at BIGINT;
