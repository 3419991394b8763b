-- Single sign-on that a domain requires, the ways back in, and links to the explanation of a failed sign-in.

-- The latest end of what stands open, so that the sign-in page needs no further look.
ALTER TABLE organizations ADD COLUMN opened_until BIGINT;
ALTER TABLE domains ADD COLUMN sso_required_at BIGINT;
-- Where a company's sign-in was the only way before there was a choice, it stays the only way.
UPDATE domains SET sso_required_at = verified_at
 WHERE status = 'verified' AND organization_id IN
       (SELECT organization_id FROM connections WHERE status = 'active' AND last_login_at IS NOT NULL);

-- Codes of administrators, each good for one sign-in. What is kept is a hash, sealed with the installation's key.
CREATE TABLE recovery_codes (
    id TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    code_sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX recovery_codes_by_member ON recovery_codes (member_id);

-- Times in which people may sign in beside a required single sign-on: a whole domain, or one address.
CREATE TABLE sign_in_openings (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,               -- bypass | fallback
    domain TEXT,
    email_folded TEXT,
    reason TEXT NOT NULL,
    opened_by TEXT NOT NULL,          -- as in the audit log
    opened_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX sign_in_openings_by_organization ON sign_in_openings (organization_id, id);

CREATE TABLE trace_shares (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    trace_id TEXT NOT NULL REFERENCES login_attempts (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    unmasked BOOLEAN NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    opened BIGINT NOT NULL,
    last_opened_at BIGINT
);
CREATE INDEX trace_shares_by_trace ON trace_shares (trace_id);

-- What is older than the traces are kept is found by its time.
CREATE INDEX login_attempts_by_age ON login_attempts (at);

-- Connections that seem to fail for everybody: what our own calls found, and when the company was told.
CREATE TABLE connection_troubles (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    began_at BIGINT NOT NULL,
    bad BIGINT NOT NULL,
    cause TEXT NOT NULL,
    told_at BIGINT
);
