-- Logout towards OpenID providers: the ID token that a sign-in ended with, sealed, where a sign-out is to end the session
-- there too (OpenID Connect RP-Initiated Logout 1.0, id_token_hint).
ALTER TABLE sessions ADD COLUMN id_token_sealed TEXT;
