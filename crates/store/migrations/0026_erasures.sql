-- Whether an application keeps data about people, and so is to confirm that it has erased somebody.
ALTER TABLE applications ADD COLUMN confirms_erasure BIGINT NOT NULL DEFAULT 1;
-- That somebody was erased, without the person: when, what was removed, and the receipt once every application is done.
CREATE TABLE erasures (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    asked_by TEXT NOT NULL,           -- company | person
    erased_at BIGINT NOT NULL,
    removed TEXT NOT NULL,            -- JSON: kind of record to number
    reminded BIGINT NOT NULL DEFAULT 0,
    completed_at BIGINT,
    receipt TEXT                      -- a JSON web signature
);
CREATE INDEX erasures_by_organization ON erasures (organization_id, id);
-- What became of the erasure in each application. The name stays when the application goes.
CREATE TABLE erasure_confirmations (
    erasure_id TEXT NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL,
    application_name TEXT NOT NULL,
    state TEXT NOT NULL,              -- waiting | confirmed | excused
    at BIGINT,
    PRIMARY KEY (erasure_id, application_id)
);
CREATE INDEX erasure_confirmations_by_application ON erasure_confirmations (application_id, state);
