-- The longest pause between two requests, in microseconds, and how often the time of the last request was written.
ALTER TABLE directories ADD COLUMN longest_gap BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directories ADD COLUMN heard BIGINT NOT NULL DEFAULT 0;
-- The last request before a silence that people were told of; none while it speaks.
ALTER TABLE directories ADD COLUMN silent_since BIGINT;
