//! Connections: the single sign-on trusts of an organization, their settings, and both halves of a sign-in.
//!
//! Owns: reading what an administrator brings (metadata, address, values by hand, issuer and client), the stored
//! settings, our own SAML keys, sending a browser to the identity provider, deciding whether its answer vouches for
//! somebody, and the organization's e-mail domains. Does not own: the flow around a sign-in, replay protection and
//! sessions (`login`), what becomes of the person (`member`), or pages.

mod asserted;
mod begin;
pub mod beside;
mod client_secret;
pub mod compare;
mod config;
mod create;
pub mod domains;
pub mod edit;
mod end_session;
pub mod exceptions;
mod explain;
mod finish_oidc;
mod finish_saml;
mod general_errors;
mod help;
mod keys;
pub mod logout_token;
mod memory;
mod metadata;
mod name_servers;
mod pasted;
mod probe;
mod proof;
mod proof_again;
mod provider_documents;
mod read;
pub mod refresh;
pub mod requests;
mod route;
mod routing;
mod routing_change;
pub mod shadow;
mod signal_keys;
mod single_logout;
mod update;

pub use asserted::{Asserted, Finding, Mapped, NameId, Refused};
pub use begin::{Begin, BeginOptions, begin, flow_of_state, message_id, unasked};
pub use config::{Certificate, OidcConfig, SamlConfig, SamlEndpoint, Settings};
pub(crate) use create::record;
pub use create::{create, draft};
pub use edit::{Edit, read_edit};
pub use end_session::{end_session, seal_id_token, sign_out_state};
pub use explain::{SIGN_OUT, inspected, provider_of, refuse_unasked};
pub use finish_oidc::{finish_oidc, finish_oidc_telling};
pub use finish_saml::{finish_saml, opened};
pub use help::attribute_help;
pub use logout_token::{logout_token, sentence};
pub use memory::Memory;
pub use metadata::{
    SpValues, backchannel_logout_url, client_jwks_url, guide_values, protocol, signed_out_url, sp_values,
};
pub(crate) use metadata::{fresh_saml_key, refresh_keys, sp_keys};
pub use probe::{Probe, probe};
pub use read::{CHOSEN, Input, OidcInput, read_input};
pub use route::{Way, active, actives, decision, get, route};
pub use routing::{Because, Decision, Everybody, Facts, Routing, Rule, Who, decide};
pub use routing_change::{MOST_PILOTS, NewRule, NewWho, RoutingChange, change_routing};
pub use signal_keys::{fetch_signal_keys, signal_keys};
pub use single_logout::{
    Leaver, Message, logout_answer, logout_request, received_logout_request, received_logout_response,
    seen_request, takes_logout,
};
pub use update::{Change, activate, activate_tested, change, deactivate, mark_tested, remove};
