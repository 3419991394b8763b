//! What a request proves about its sender, as arguments that cannot be built otherwise.
//!
//! Owns cookies, CSRF, bearer tokens and the reading of bodies. Does not own sessions' life (`login`, `console`).

mod body;
mod browser;
mod caller;
mod cookie;
mod onward;
mod pairs;
mod session;

pub use body::{
    ApiJson, CsrfForm, FormParams, Params, Upload, UploadedFile, other_json, refuse_nul_in_query,
};
pub use browser::{Browser, attach as attach_browser, refuse_cross_site};
pub use caller::{ApiCaller, ClientAddress, bearer};
pub use cookie::{clear_cookie, read_cookie, set_cookie};
pub use onward::going_on;
pub use pairs::pairs;
pub use session::{OPERATOR_COOKIE, OperatorCaller, SESSION_COOKIE, SignedIn};
