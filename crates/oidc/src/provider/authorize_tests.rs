use super::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const GOOD: &str = "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&scope=openid+email\
                    &state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn parse(query: &str) -> Result<AuthorizeRequest, AuthorizeError> {
    AuthorizeRequest::parse(form_urlencoded::parse(query.as_bytes()))
}

fn rules(uris: &[String]) -> ClientRules<'_> {
    ClientRules { redirect_uris: uris, native: false, pkce_optional: false }
}

#[test]
fn full_request_is_read() {
    let more = "&prompt=login+select_account&max_age=300&login_hint=a%40b.test&organization=org_1&connection=conn_1\
                &acr_values=a+b&ui_locales=de+en&response_mode=form_post&display=popup&unknown=1";
    let request = parse(&format!("{GOOD}{more}")).unwrap();
    assert_eq!(request.scopes, ["openid", "email"]);
    assert_eq!(request.code_challenge.as_deref(), Some(CHALLENGE));
    assert!(request.prompt.login && request.prompt.select_account && !request.prompt.none);
    assert_eq!((request.max_age, request.response_mode), (Some(300), ResponseMode::FormPost));
    assert_eq!(
        (request.organization.as_deref(), request.connection.as_deref()),
        (Some("org_1"), Some("conn_1"))
    );
    assert!(request.check_client(&rules(&["https://app.test/cb".to_owned()])).is_ok());
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizeRequest>(&stored).unwrap(), request);
}

#[test]
fn empty_parameters_count_as_missing() {
    let request = parse(&format!("{GOOD}&prompt=&max_age=&response_mode=&login_hint=")).unwrap();
    assert_eq!(request.login_hint, None);
    assert_eq!(request.max_age, None);
}

#[test]
fn errors_that_may_go_back_to_the_application() {
    use ErrorCode as E;
    let without = |name: &str| {
        GOOD.split('&').filter(|p| !p.starts_with(&format!("{name}="))).collect::<Vec<_>>().join("&")
    };
    let table = [
        (without("response_type"), E::InvalidRequest),
        (format!("{}&response_type=token", without("response_type")), E::UnsupportedResponseType),
        (format!("{}&response_type=code+id_token", without("response_type")), E::UnsupportedResponseType),
        (without("scope"), E::InvalidScope),
        (format!("{}&scope=email", without("scope")), E::InvalidScope),
        (without("code_challenge_method"), E::InvalidRequest),
        (format!("{}&code_challenge_method=plain", without("code_challenge_method")), E::InvalidRequest),
        (without("code_challenge"), E::InvalidRequest),
        (format!("{}&code_challenge=short", without("code_challenge")), E::InvalidRequest),
        (format!("{GOOD}&nonce=again"), E::InvalidRequest),
        (format!("{GOOD}&state=again"), E::InvalidRequest),
        (format!("{GOOD}&state="), E::InvalidRequest),
        (format!("{GOOD}&prompt=none+login"), E::InvalidRequest),
        (format!("{GOOD}&prompt=surprise"), E::InvalidRequest),
        (format!("{GOOD}&max_age=-1"), E::InvalidRequest),
        (format!("{GOOD}&max_age=%2B1"), E::InvalidRequest),
        (format!("{GOOD}&max_age=1.5"), E::InvalidRequest),
        (format!("{GOOD}&max_age=99999999999"), E::InvalidRequest),
        (format!("{GOOD}&response_mode=fragment"), E::InvalidRequest),
        (format!("{GOOD}&request=x"), E::RequestNotSupported),
        (format!("{GOOD}&request_uri=x"), E::RequestUriNotSupported),
        (format!("{GOOD}&registration=x"), E::RegistrationNotSupported),
        (format!("{GOOD}&login_hint={}", "a".repeat(2000)), E::InvalidRequest),
    ];
    let registered = ["https://app.test/cb".to_owned()];
    for (query, code) in table {
        let refusal = parse(&query).expect_err(&query);
        assert_eq!(refusal.error.code, code, "{query}");
        let target = refusal.target.expect(&query);
        assert!(target.confirm(&rules(&registered), &refusal.error, "https://we.test").is_some(), "{query}");
        assert_eq!(target.confirm(&rules(&[]), &refusal.error, "https://we.test"), None, "{query}");
    }
}

#[test]
fn errors_that_only_a_page_may_show() {
    for query in [
        "",
        "response_type=code&client_id=app",
        "response_type=code&redirect_uri=https://app.test/cb",
        &format!("{GOOD}&client_id=other"),
        &format!("{GOOD}&redirect_uri=https://evil.test"),
        &format!("{GOOD}&{}", "x=1&".repeat(200)),
        &format!("{GOOD}&x={}", "a".repeat(70_000)),
    ] {
        assert_eq!(parse(query).expect_err("refused").target, None, "{query:.100}");
    }
}

#[test]
fn repeated_state_is_not_sent_back() {
    let refusal = parse(&format!("{GOOD}&state=evil")).unwrap_err();
    let uris = ["https://app.test/cb".to_owned()];
    let reply =
        refusal.target.and_then(|target| target.confirm(&rules(&uris), &refusal.error, "https://we.test"));
    let Some(Reply::Redirect(url)) = reply else { panic!("no redirect") };
    assert!(
        url.starts_with("https://app.test/cb?error=invalid_request&") && !url.contains("state="),
        "{url}"
    );
}

#[test]
fn unregistered_address_and_missing_pkce_are_told_apart() {
    let request = parse(GOOD).unwrap();
    assert_eq!(request.check_client(&rules(&["https://app.test/cb/".to_owned()])).unwrap_err().target, None);
    let bare = AuthorizeRequest { code_challenge: None, ..request };
    let uris = ["https://app.test/cb".to_owned()];
    assert!(bare.check_client(&rules(&uris)).unwrap_err().target.is_some());
    assert!(bare.check_client(&ClientRules { pkce_optional: true, ..rules(&uris) }).is_ok());
}
