//! Our own SAML key.
