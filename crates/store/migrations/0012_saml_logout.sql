-- SAML single logout: what names a session to its provider, and whether a sign-out here ends the session there.

-- Format and qualifiers of the name identifier, as JSON: a logout request names the person exactly as the assertion did.
ALTER TABLE sessions ADD COLUMN name_id_form TEXT;
-- A provider that ends the sessions of a person names the person.
CREATE INDEX sessions_by_name_id ON sessions (connection_id, name_id) WHERE name_id IS NOT NULL;

ALTER TABLE organizations ADD COLUMN end_provider_session BOOLEAN NOT NULL DEFAULT FALSE;
