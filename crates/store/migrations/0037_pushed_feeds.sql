-- Feeds whose tokens are pushed (RFC 8935): where to, who pushes, and how that goes. One without an address is polled.
ALTER TABLE event_feeds ADD COLUMN endpoint_url TEXT;
ALTER TABLE event_feeds ADD COLUMN authorization_header TEXT;           -- sealed
ALTER TABLE event_feeds ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;   -- not pushed before
ALTER TABLE event_feeds ADD COLUMN claimed_until BIGINT;                -- somebody pushes it until then
ALTER TABLE event_feeds ADD COLUMN run BIGINT NOT NULL DEFAULT 0;       -- grows with every claim: who was overtaken writes nothing more
ALTER TABLE event_feeds ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_feeds ADD COLUMN failing_since BIGINT;
ALTER TABLE event_feeds ADD COLUMN told_at BIGINT;                      -- when operators were told that it is stuck
ALTER TABLE event_feeds ADD COLUMN delivered_at BIGINT;
ALTER TABLE event_feeds ADD COLUMN last_error TEXT;                     -- JSON
