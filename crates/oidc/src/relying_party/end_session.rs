//! Asking a provider to end its session (OpenID Connect RP-Initiated Logout 1.0, section 2).

use url::Url;

use crate::rejection::{Rejection, RejectionCode};

/// What is ours in the address; the provider's own parameters stay.
const OWN: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

/// The address to send the browser to. `client_id` is named beside the token too, for providers that know only one of them.
///
/// # Errors
/// Where the endpoint is no address.
pub fn end_session_url(
    endpoint: &str,
    client_id: &str,
    id_token_hint: Option<&str>,
    (post_logout_redirect_uri, state): (&str, &str),
) -> Result<String, Rejection> {
    let mut url = Url::parse(endpoint).map_err(|_| {
        Rejection::new(
            RejectionCode::EndpointMissing,
            "The provider's end session endpoint is not a web address. Check the connection's settings.",
        )
        .expected("an absolute URL")
        .received(endpoint)
    })?;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !OWN.contains(&name.as_ref()))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    {
        let mut query = url.query_pairs_mut();
        query.clear().extend_pairs(kept);
        if let Some(token) = id_token_hint {
            query.append_pair("id_token_hint", token);
        }
        query.append_pair("client_id", client_id);
        query.append_pair("post_logout_redirect_uri", post_logout_redirect_uri);
        query.append_pair("state", state);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://us.test/oidc/con_1/signed-out";

    #[test]
    fn the_address_names_the_client_the_way_back_and_the_token_where_there_is_one() {
        let url = end_session_url(
            "https://idp.test/end?tenant=a&state=theirs",
            "c 1",
            Some("e.y.z"),
            (BACK, "f.s"),
        );
        assert_eq!(
            url.unwrap(),
            "https://idp.test/end?tenant=a&id_token_hint=e.y.z&client_id=c+1&post_logout_redirect_uri=\
             https%3A%2F%2Fus.test%2Foidc%2Fcon_1%2Fsigned-out&state=f.s"
        );
        let url = end_session_url("https://idp.test/end", "c", None, (BACK, "s")).unwrap();
        assert!(
            url.starts_with("https://idp.test/end?client_id=c&") && !url.contains("id_token_hint"),
            "{url}"
        );
        assert!(end_session_url("end", "c", None, (BACK, "s")).is_err());
    }
}
