-- Leaver drills: a made-up person is provisioned, signed in and taken out again, and the time until everything was cut is
-- measured. The person lives in a made-up organization, which stands for the real one and is in no list.
ALTER TABLE organizations ADD COLUMN drill_of TEXT;
ALTER TABLE organizations ADD COLUMN drill_monthly BIGINT NOT NULL DEFAULT 0;
CREATE TABLE drills (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    asked_by TEXT NOT NULL,           -- as in the audit log
    state TEXT NOT NULL,              -- waiting | measuring | done | failed
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    work TEXT NOT NULL,               -- JSON of the `drill` room: what was made and is to go, and what was measured
    report TEXT                       -- a JSON web signature
);
CREATE INDEX drills_by_organization ON drills (organization_id, id);
