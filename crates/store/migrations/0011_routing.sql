-- Several connections for one domain, named exceptions to the e-mail gate, proofs that are looked at again, and what
-- tests of a sign-in said of people.

-- JSON of the `connection` room: rules in their order, and everybody else. None where there is nothing to choose from.
ALTER TABLE domains ADD COLUMN routing TEXT;
-- Since when the TXT record of a verified domain is missing, and when the company was told.
ALTER TABLE domains ADD COLUMN proof_missing_at BIGINT;
ALTER TABLE domains ADD COLUMN proof_told_at BIGINT;
CREATE INDEX domains_by_look ON domains ((COALESCE(looked_at, verified_at))) WHERE verified_by = 'dns';

-- Addresses that a rule of a domain names.
CREATE TABLE routing_pilots (
    domain_id TEXT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    email_folded TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    PRIMARY KEY (domain_id, email_folded, rule_id)
);

-- A way beside the company's sign-in that opened because this connection fails.
ALTER TABLE sign_in_openings ADD COLUMN connection_id TEXT;

-- Single addresses outside the verified domains that the company's connections may vouch for.
CREATE TABLE email_exceptions (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    reason TEXT NOT NULL,
    allowed_by TEXT NOT NULL,         -- as in the audit log
    allowed_at BIGINT NOT NULL,
    ends_at BIGINT
);
CREATE UNIQUE INDEX email_exceptions_by_address ON email_exceptions (organization_id, email_folded);

-- Whom a test sign-in told of, so that it can be laid beside the directory.
CREATE TABLE tried_people (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    email_folded TEXT,
    state TEXT NOT NULL,              -- JSON of the `login` room
    at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, subject)
);
CREATE INDEX tried_people_by_organization ON tried_people (organization_id, at);
