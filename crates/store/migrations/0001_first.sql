-- One text for SQLite and PostgreSQL. On PostgreSQL every TEXT column gets COLLATE "C" and BLOB becomes BYTEA.
-- ids: prefixed text that sorts by time. Times: microseconds since 1970 UTC. JSON is opaque text.

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- keys: our own signing and decryption keys; `private_sealed` is sealed with the installation's key.
CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,            -- oidc | saml | receipt
    algorithm TEXT NOT NULL,          -- RS256 | ES256
    private_sealed TEXT NOT NULL,
    public_text TEXT NOT NULL,        -- JWK, or the certificate in PEM
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);

CREATE TABLE operators (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE operator_sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    operator_id TEXT NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    leaver_policy TEXT NOT NULL,
    erase_grace_us BIGINT NOT NULL,
    jit BOOLEAN NOT NULL,
    self_service BOOLEAN NOT NULL,
    default_country TEXT,
    default_role TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX organizations_by_name ON organizations (name_folded, id);

CREATE TABLE domains (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    dns_token TEXT NOT NULL,
    verified_at BIGINT,
    verified_by TEXT,
    created_at BIGINT NOT NULL,
    looked_at BIGINT,
    found TEXT,
    next_look BIGINT
);
CREATE UNIQUE INDEX domains_by_organization ON domains (organization_id, name);
-- Several may claim a name; one holds it.
CREATE UNIQUE INDEX domains_by_verified_name ON domains (name) WHERE status = 'verified';
CREATE INDEX domains_by_name ON domains (name);

CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    protocol TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    config TEXT NOT NULL,
    tested_at BIGINT,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX connections_by_organization ON connections (organization_id, id);

CREATE TABLE setup_links (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    purposes TEXT NOT NULL,           -- separated by spaces
    created_by TEXT NOT NULL,
    progress TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    first_used_at BIGINT,
    last_used_at BIGINT,
    last_used_from TEXT
);
CREATE INDEX setup_links_by_organization ON setup_links (organization_id, id);

CREATE TABLE directories (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    config TEXT NOT NULL,
    last_request_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX directories_by_organization ON directories (organization_id, id);
CREATE TABLE directory_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX directory_tokens_by_directory ON directory_tokens (directory_id);

-- A user as the directory sent it: `resource` is the whole JSON without id and meta; the folded columns answer look-ups.
CREATE TABLE directory_users (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    user_name_folded TEXT NOT NULL,
    external_id TEXT,
    email_folded TEXT,
    active BOOLEAN NOT NULL,
    resource TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX directory_users_by_user_name ON directory_users (directory_id, user_name_folded);
CREATE INDEX directory_users_by_external_id ON directory_users (directory_id, external_id);
CREATE INDEX directory_users_by_email ON directory_users (directory_id, email_folded);
CREATE INDEX directory_users_in_order ON directory_users (directory_id, id);
-- Further addresses of a user, for look-ups; most people have none.
CREATE TABLE directory_user_emails (
    user_id TEXT NOT NULL REFERENCES directory_users (id) ON DELETE CASCADE,
    email_folded TEXT NOT NULL,
    PRIMARY KEY (user_id, email_folded)
);
CREATE INDEX directory_user_emails_by_email ON directory_user_emails (email_folded);
CREATE TABLE directory_groups (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    display_name_folded TEXT NOT NULL,
    external_id TEXT,
    resource TEXT NOT NULL,           -- without members
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Names of groups may be equal (RFC 7643 4.2).
CREATE INDEX directory_groups_by_display_name ON directory_groups (directory_id, display_name_folded);
CREATE INDEX directory_groups_by_external_id ON directory_groups (directory_id, external_id);
CREATE INDEX directory_groups_in_order ON directory_groups (directory_id, id);
CREATE TABLE directory_group_members (
    group_id TEXT NOT NULL REFERENCES directory_groups (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL,          -- a directory user's id, or a group's
    kind TEXT NOT NULL,               -- User | Group
    display TEXT,                     -- as the provider wrote it
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX directory_group_members_by_member ON directory_group_members (member_id);

-- Every SCIM request with its outcome explained; personal data in it goes with the person (`subject_id`).
CREATE TABLE scim_requests (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    body TEXT,
    subject_id TEXT
);
CREATE INDEX scim_requests_by_directory ON scim_requests (directory_id, id);
CREATE INDEX scim_requests_by_organization ON scim_requests (organization_id, id);
CREATE INDEX scim_requests_by_subject ON scim_requests (subject_id);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    email_verified_at BIGINT,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password_hash TEXT,
    personal_email TEXT,
    locale TEXT,
    created_at BIGINT NOT NULL
);
-- A person at an identity provider: the join that survives a change of address.
CREATE TABLE account_identities (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, subject)
);
CREATE INDEX account_identities_by_account ON account_identities (account_id);

CREATE TABLE members (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    account_id TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    directory_user_id TEXT,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    role TEXT NOT NULL,
    email TEXT,
    email_folded TEXT,
    first_name TEXT,
    last_name TEXT,
    name_folded TEXT NOT NULL,        -- for the search
    country TEXT,
    current_city TEXT,
    current_state TEXT,
    birth_year BIGINT,
    extra TEXT NOT NULL,
    unread TEXT NOT NULL,
    status_before TEXT,
    erase_at BIGINT,
    left_at BIGINT,
    last_sign_in_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX members_by_email ON members (organization_id, email_folded);
CREATE UNIQUE INDEX members_by_account ON members (account_id, organization_id);
CREATE UNIQUE INDEX members_by_directory_user ON members (directory_user_id);
CREATE INDEX members_by_status ON members (organization_id, status, id);
CREATE INDEX members_in_order ON members (organization_id, id);
CREATE INDEX members_to_erase ON members (erase_at);

-- Invitations to members and claim links to leavers: capabilities for one person.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,               -- invitation | claim | sign_in | verify_email | reset | operator
    token_hash TEXT NOT NULL UNIQUE,
    organization_id TEXT,
    member_id TEXT,
    account_id TEXT,
    email TEXT NOT NULL,
    data TEXT NOT NULL,               -- JSON of the room that made it
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX invitations_by_member ON invitations (member_id);
CREATE INDEX invitations_by_account ON invitations (account_id);

CREATE TABLE imports (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    file_name TEXT NOT NULL,
    content BLOB NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    applied_at BIGINT,
    result TEXT NOT NULL              -- JSON: counts, and the numbers of the rows left out
);
CREATE INDEX imports_by_organization ON imports (organization_id, id);

-- Browsers that are signed in.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    member_id TEXT,
    organization_id TEXT,
    connection_id TEXT,
    name_id TEXT,
    session_index TEXT,
    auth_at BIGINT NOT NULL,
    method TEXT NOT NULL,             -- saml | oidc | password | link
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A sign-in under way: a persisted state machine of the `login` room.
CREATE TABLE login_flows (
    id TEXT NOT NULL PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    step TEXT NOT NULL,
    state TEXT NOT NULL,              -- JSON
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX login_flows_by_expiry ON login_flows (expires_at);
-- Assertion ids that were accepted once, until they end by themselves. Shared by all nodes.
CREATE TABLE seen_assertions (
    connection_id TEXT NOT NULL,
    assertion_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, assertion_hash)
);
CREATE INDEX seen_assertions_by_expiry ON seen_assertions (expires_at);

-- Every sign-in attempt with its outcome explained. The id is the reference that people are shown.
CREATE TABLE login_attempts (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    organization_id TEXT,
    connection_id TEXT,
    account_id TEXT,
    member_id TEXT,
    email TEXT,
    accepted BOOLEAN NOT NULL,
    code TEXT NOT NULL,
    explanation TEXT NOT NULL,        -- JSON: message, expected, received, steps
    message TEXT                      -- the message as it came
);
CREATE INDEX login_attempts_by_organization ON login_attempts (organization_id, id);
CREATE INDEX login_attempts_by_account ON login_attempts (account_id);
CREATE INDEX login_attempts_by_member ON login_attempts (member_id);

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT,
    metadata TEXT NOT NULL,           -- JSON named as in Dynamic Client Registration
    created_at BIGINT NOT NULL
);
-- Authorization codes, each answered once; a second use revokes what the first gave.
CREATE TABLE authorization_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    grant_id TEXT NOT NULL,
    request TEXT NOT NULL,            -- JSON: redirect_uri, nonce, code_challenge, scope
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX authorization_codes_by_session ON authorization_codes (session_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);
-- What an application was granted for one session: the family of its refresh tokens. `id` is the `sid` claim.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    member_id TEXT,
    organization_id TEXT,
    session_id TEXT,
    scope TEXT NOT NULL,
    auth_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX grants_by_account ON grants (account_id);
CREATE INDEX grants_by_member ON grants (member_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE TABLE access_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);
CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);

-- The event stream. `position` is gap-free in commit order: the row in `event_counter` is locked until commit.
CREATE TABLE event_counter (
    id BIGINT NOT NULL PRIMARY KEY,
    last_position BIGINT NOT NULL
);
INSERT INTO event_counter (id, last_position) VALUES (1, 0);
CREATE TABLE events (
    position BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    organization_id TEXT,
    member_id TEXT,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX events_by_member ON events (member_id);
CREATE INDEX events_by_organization ON events (organization_id, position);

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT
);
CREATE INDEX jobs_by_time ON jobs (run_at, id);

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    member_id TEXT,
    organization_id TEXT,
    recipient TEXT NOT NULL,
    recipient_folded TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    last_error TEXT
);
CREATE INDEX mails_by_member ON mails (member_id);
CREATE INDEX mails_by_recipient ON mails (recipient_folded, id);

-- Every administrative act.
CREATE TABLE audit_log (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,              -- operator:…, member:…, api:…, link:…, system
    action TEXT NOT NULL,
    organization_id TEXT,
    target TEXT,
    data TEXT NOT NULL
);
CREATE INDEX audit_log_by_organization ON audit_log (organization_id, id);

-- Counters of the rate limits, one row a key and window.
CREATE TABLE rate_limits (
    name TEXT NOT NULL PRIMARY KEY,
    window_start BIGINT NOT NULL,
    hits BIGINT NOT NULL
);
