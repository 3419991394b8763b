-- What the OpenID provider remembers besides codes and tokens: how a person signed in, pushed requests, told logouts.

-- How the person signed in, as the identity provider said it: `acr`, and the words of `amr` separated by spaces.
ALTER TABLE sessions ADD COLUMN acr TEXT;
ALTER TABLE sessions ADD COLUMN amr TEXT;

-- The same for what was granted, the end of its session, and claims that were asked for by name (JSON).
ALTER TABLE grants ADD COLUMN acr TEXT;
ALTER TABLE grants ADD COLUMN amr TEXT;
ALTER TABLE grants ADD COLUMN ends_at BIGINT;
ALTER TABLE grants ADD COLUMN claims TEXT;
CREATE INDEX grants_by_end ON grants (ends_at);

-- What a refresh token was exchanged for.
ALTER TABLE refresh_tokens ADD COLUMN replaced_by TEXT;

-- Authorization requests that applications pushed (RFC 9126). `browser_hash` is the first browser that came with it.
CREATE TABLE pushed_requests (
    uri_hash TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    parameters TEXT NOT NULL,         -- JSON: pairs of name and value
    browser_hash TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);
CREATE INDEX pushed_requests_by_application ON pushed_requests (application_id);

-- Logout tokens that were posted to applications, and how that went. The id is the job's.
CREATE TABLE logout_calls (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    sid TEXT NOT NULL,
    tried_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    status TEXT NOT NULL,             -- told | trying | given_up
    outcome TEXT NOT NULL
);
CREATE INDEX logout_calls_by_application ON logout_calls (application_id, id);
CREATE INDEX logout_calls_by_time ON logout_calls (tried_at);
