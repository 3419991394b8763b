-- Changing a live connection: a draft beside it, what it was before, and what a draft or a second connection would have
-- made of real sign-ins.

-- One draft for each connection, with settings shaped as `connections.config`.
CREATE TABLE connection_drafts (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    base TEXT NOT NULL,               -- the settings in use when it was made; others by now mean somebody changed them
    config TEXT NOT NULL,
    provider TEXT NOT NULL,
    tested_at BIGINT,                 -- when a test sign-in with exactly these came through
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What a connection was before it was replaced. The newest is what one step back leads to.
CREATE TABLE connection_versions (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    config TEXT NOT NULL,
    provider TEXT NOT NULL,
    tested_at BIGINT,
    replaced_by TEXT NOT NULL,        -- as in the audit log
    replaced_at BIGINT NOT NULL
);
CREATE INDEX connection_versions_by_connection ON connection_versions (connection_id, id);

-- Drafts and second connections that judge real sign-ins beside the ones in use. A connection's own settings where it
-- has no draft.
CREATE TABLE connection_shadows (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    of_draft BOOLEAN NOT NULL,
    started_by TEXT NOT NULL,
    since BIGINT NOT NULL
);
CREATE INDEX connection_shadows_by_organization ON connection_shadows (organization_id, connection_id);

-- What each such sign-in came to, kept as long as records of sign-ins.
CREATE TABLE shadow_results (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    email TEXT,
    lets_in BOOLEAN NOT NULL,         -- the connection in use did
    would BOOLEAN NOT NULL,           -- this one would have
    differs BOOLEAN NOT NULL,
    code TEXT NOT NULL,
    explanation TEXT NOT NULL         -- JSON: message, expected, received, steps, differences
);
CREATE INDEX shadow_results_by_connection ON shadow_results (connection_id, id);
CREATE INDEX shadow_results_by_time ON shadow_results (at);
