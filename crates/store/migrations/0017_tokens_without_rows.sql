-- Authorization codes and access tokens carry what they stand for, and need no rows. What is kept is only which access
-- tokens were given back before their time. Codes and access tokens from before end with this step: within minutes they
-- would have ended by themselves.
DROP TABLE authorization_codes;
DROP TABLE access_tokens;
CREATE TABLE ended_access_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ended_access_tokens_by_grant ON ended_access_tokens (grant_id);
