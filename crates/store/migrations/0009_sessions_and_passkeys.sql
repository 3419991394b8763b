-- How long sessions last, the end of sessions at a provider's request, and passkeys.

-- The longest session of the organization's people, in microseconds; the installation's where there is none.
ALTER TABLE organizations ADD COLUMN session_max_us BIGINT;

-- A provider that ends a session names it.
CREATE INDEX sessions_by_upstream ON sessions (connection_id, session_index) WHERE session_index IS NOT NULL;

-- Where a connection's provider tells of sessions and people between sign-ins (OpenID Shared Signals Framework).
CREATE TABLE signal_transmitters (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    jwks_uri TEXT NOT NULL,
    audience TEXT NOT NULL,
    token_hash TEXT,                  -- of the bearer token that it must show besides; none asks for none
    created_at BIGINT NOT NULL,
    verified_at BIGINT,
    last_event_at BIGINT
);

-- Passkeys of accounts and of operators: one of the two ids is there.
CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    credential_id TEXT NOT NULL UNIQUE, -- base64url
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    operator_id TEXT REFERENCES operators (id) ON DELETE CASCADE,
    user_handle TEXT NOT NULL,        -- the UUID that the authenticator keeps for its owner
    name TEXT NOT NULL,
    credential TEXT NOT NULL,         -- JSON: the public key and its counter
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkeys_by_account ON passkeys (account_id);
CREATE INDEX passkeys_by_operator ON passkeys (operator_id);
-- Challenges that wait for their one answer.
CREATE TABLE passkey_challenges (
    token_hash TEXT NOT NULL PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,            -- register | sign_in | console_register | console_sign_in
    owner_id TEXT,
    state TEXT NOT NULL,              -- JSON
    expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at);
