//! Connections from the first pasted value to a person who is believed, or to the step that mends it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Connection, ConnectionStatus, DomainStatus, FlowId};
use oidc::provider::{Reply, SigningAlgorithm};
use oidc::simulated::{SimulatedClient, SimulatedProvider};
use saml::idp::{ContentCipher, EncryptFor, Signed, metadata_xml, receive_post, receive_redirect};
use saml::{SignerKey, name_id_format};
use serde_json::{Map, Value, json};
use server::Problem;
use server::connection::{
    self, Asserted, BeginOptions, Change, Input, OidcInput, Refused, Settings, domains,
};
use server::request::Params;
use testkit::{ACTOR, SamlProvider, Says, TestApp, each_database, key_pair};

const IDP: &str = "http://www.okta.com/exk9";
const SSO: &str = "https://acme.okta.test/app/exk9/sso/saml";
/// Ids of a response and its assertion.
const IDS: (&str, &str) = ("_resp1", "_asrt1");

/// The identity provider of these tests, made once.
fn idp() -> &'static SamlProvider {
    static IT: OnceLock<SamlProvider> = OnceLock::new();
    IT.get_or_init(|| SamlProvider::new(IDP, SSO))
}

async fn changed(t: &TestApp, it: &Connection, change: Change) -> Connection {
    let mut tx = t.app.write().await.unwrap();
    let it = connection::change(&t.app, &mut tx, it, change, ACTOR).await.unwrap();
    tx.commit().await.unwrap();
    it
}

async fn activated(t: &TestApp, it: &Connection) -> Connection {
    let mut tx = t.app.write().await.unwrap();
    let it = connection::activate(&t.app, &mut tx, it, ACTOR).await.unwrap();
    tx.commit().await.unwrap();
    it
}

fn pasted(text: &str) -> Input {
    Input::Pasted { text: text.to_owned(), entity_id: None }
}

async fn read_error(t: &TestApp, provider: &str, it: Option<&Connection>, input: Input) -> Problem {
    connection::read_input(&t.app, provider, it, &input).await.unwrap_err()
}

const ANN: &[(&str, &[&str])] = &[
    ("id", &["00u7ann"]),
    ("email", &["ann@acme.test"]),
    ("firstName", &["Ann"]),
    ("lastName", &["Lee"]),
    ("groups", &["Staff", "Privacy"]),
];

struct Started {
    state: Value,
    request: String,
    entity_id: String,
    acs_url: String,
}

/// Begins a sign-in and reads our request as the provider would.
async fn start(t: &TestApp, it: &Connection) -> Started {
    let flow = t.app.id(FlowId::new);
    let begin = connection::begin(&t.app, it, flow, &BeginOptions::default()).await.unwrap();
    assert_eq!(begin.response.status(), StatusCode::SEE_OTHER);
    let location = begin.response.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(SSO), "{location}");
    let url = url::Url::parse(&location).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned());
    assert_eq!(value("RelayState"), Some(flow.to_string()));
    let request = receive_redirect(&value("SAMLRequest").unwrap()).unwrap();
    assert_eq!(begin.state["request_id"], json!(request.id));
    let values = connection::sp_values(&t.app, it).await.unwrap();
    assert_eq!((&request.issuer, request.acs_url.as_ref()), (&values.entity_id, Some(&values.acs_url)));
    Started { state: begin.state, request: request.id, entity_id: values.entity_id, acs_url: values.acs_url }
}

async fn finish(t: &TestApp, it: &Connection, state: &Value, response: &str) -> Result<Asserted, Refused> {
    connection::finish_saml(&t.app, it, state, response, t.app.now()).await
}

#[tokio::test]
async fn a_person_of_a_saml_provider_is_believed() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let started = start(&t, &it).await;
        let says = Says {
            audience: &started.entity_id,
            acs_url: &started.acs_url,
            in_response_to: Some(&started.request),
            name_id: ("ann@acme.test", name_id_format::EMAIL),
            attributes: ANN,
        };
        let asserted = finish(&t, &it, &started.state, &idp().signed(&t, says)).await.unwrap();
        assert_eq!((asserted.subject.as_str(), asserted.method), ("00u7ann", "saml"));
        assert_eq!(asserted.email.as_deref(), Some("ann@acme.test"));
        assert_eq!(asserted.mapped.profile.first_name.as_deref(), Some("Ann"));
        assert_eq!(asserted.mapped.groups, ["Staff", "Privacy"]);
        assert_eq!(asserted.session_index.as_deref(), Some("_session1"));
        let (hash, until) = asserted.assertion.clone().unwrap();
        assert!(hash.len() == 64 && until > t.app.now());
        assert!(asserted.mapped.findings.iter().any(|f| f.wanted == "email" && f.outcome == "found"));
        assert_eq!(Asserted::from_json(&asserted.to_json(), t.app.now()), Some(asserted));
        assert_eq!(Asserted::from_json(&json!({}), t.app.now()), None);
    });
}

#[tokio::test]
async fn an_encrypted_assertion_is_read_with_our_own_key() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let started = start(&t, &it).await;
        let says = Says {
            audience: &started.entity_id,
            acs_url: &started.acs_url,
            in_response_to: Some(&started.request),
            name_id: ("p-1", name_id_format::PERSISTENT),
            attributes: &[("email", &["ann@acme.test"])],
        };
        let ours = connection::sp_values(&t.app, &it).await.unwrap().cert_pem;
        let ours = SignerKey::from_pem(&idp().key_pem, &ours).unwrap();
        let recipient =
            EncryptFor { cert_der: ours.cert_der(), cipher: ContentCipher::Aes256Gcm, session_key: &[7; 32] };
        let xml =
            idp().answer(&t, says, IDS).to_xml(&idp().signer(), Signed::Both, Some(&recipient)).unwrap();
        let asserted = finish(&t, &it, &started.state, &STANDARD.encode(xml)).await.unwrap();
        assert_eq!(asserted.subject, "p-1");
    });
}

#[tokio::test]
async fn a_wrong_answer_is_explained_in_the_words_of_the_providers_console() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let started = start(&t, &it).await;
        let good = || Says {
            audience: &started.entity_id,
            acs_url: &started.acs_url,
            in_response_to: Some(&started.request),
            name_id: ("ann@acme.test", name_id_format::EMAIL),
            attributes: ANN,
        };
        let refused = async |says: Says<'_>| {
            finish(&t, &it, &started.state, &idp().signed(&t, says)).await.unwrap_err()
        };

        let audience = refused(Says { audience: "urn:wrong", ..good() }).await;
        assert_eq!(audience.code, "audience_mismatch");
        assert_eq!(audience.expected.as_deref(), Some(started.entity_id.as_str()));
        assert!(audience.received.as_deref().is_some_and(|r| r.contains("urn:wrong")));
        let steps = audience.steps.join("\n");
        assert!(steps.contains("Okta Admin Console") && steps.contains("SAML Settings"), "{steps}");
        let set = format!("Set “Audience URI (SP Entity ID)” to exactly: {}", started.entity_id);
        assert!(steps.contains(&set), "{steps}");
        assert!(!steps.contains('`') && !steps.contains('{'), "{steps}");

        let recipient = refused(Says { acs_url: "https://elsewhere.test/acs", ..good() }).await;
        assert!(recipient.steps.join("\n").contains("“Single sign-on URL” to exactly"), "{recipient:?}");

        let transient = Says {
            name_id: ("_9f", name_id_format::TRANSIENT),
            attributes: &[("email", &["ann@acme.test"])],
            ..good()
        };
        let transient = refused(transient).await;
        assert_eq!(transient.code, "subject_missing");
        assert!(transient.steps.iter().any(|step| step == "id: user.id"), "{transient:?}");

        let other = refused(Says { in_response_to: Some("_other"), ..good() }).await;
        assert_eq!(other.code, "in_response_to_mismatch");

        // Somebody else's key.
        let (key, certificate) = key_pair();
        let stranger = SignerKey::from_pem(&key, &certificate).unwrap();
        let xml = idp().answer(&t, good(), IDS).to_xml(&stranger, Signed::Both, None).unwrap();
        let forged = finish(&t, &it, &started.state, &STANDARD.encode(xml)).await.unwrap_err();
        assert_eq!(forged.code, "signature_invalid");
        assert!(forged.steps.iter().any(|step| step.contains("Metadata URL")), "{forged:?}");
        assert_eq!(Refused::from_json(&forged.to_json()), Some(forged));

        for hostile in ["", "%%%", "PHg+", "<samlp:Response/>"] {
            assert!(finish(&t, &it, &started.state, hostile).await.is_err());
        }
    });
}

/// The reason for which an answer is refused, and whether what was expected is told beside what was received.
type Expectation = (&'static str, bool);

#[tokio::test]
async fn a_forged_wrapped_tampered_or_misdirected_answer_is_refused_with_its_reason() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let started = start(&t, &it).await;
        let says = Says {
            audience: &started.entity_id,
            acs_url: &started.acs_url,
            in_response_to: Some(&started.request),
            name_id: ("ann@acme.test", name_id_format::EMAIL),
            attributes: ANN,
        };
        let sound = idp().answer(&t, says, IDS).to_xml(&idp().signer(), Signed::Assertion, None).unwrap();
        let start_of = |tag: &str| sound.find(tag).unwrap();
        let end_of = |tag: &str| start_of(tag) + tag.len();
        let assertion = &sound[start_of("<saml:Assertion")..end_of("</saml:Assertion>")];
        let signature = &sound[start_of("<ds:Signature ")..end_of("</ds:Signature>")];
        let evil = assertion.replace(signature, "").replace("ann@acme.test", "eve@acme.test");
        let other = evil.replace("_asrt1", "_other");
        let attacks: [(String, Expectation); 12] = [
            (sound.replace(signature, ""), ("signature_missing", true)),
            (sound.replace("00u7ann", "00u7eve"), ("signature_invalid", true)),
            (sound.replace(assertion, &format!("{other}{assertion}")), ("assertion_not_single", true)),
            (sound.replace(assertion, &format!("{evil}{assertion}")), ("duplicate_id", true)),
            (
                sound.replace(
                    assertion,
                    &other.replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1),
                ),
                ("signature_malformed", true),
            ),
            (
                sound.replace(
                    "<samlp:Status>",
                    &format!("<samlp:Extensions>{signature}</samlp:Extensions><samlp:Status>"),
                ),
                ("signature_misplaced", true),
            ),
            (
                sound.replace("xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256"),
                ("algorithm_forbidden", true),
            ),
            (format!("<!DOCTYPE x [<!ENTITY e 'x'>]>{sound}"), ("dtd_forbidden", false)),
            (
                sound.replace("ann@acme.test<", "ann<?x?>@acme.test<"),
                ("processing_instruction_forbidden", false),
            ),
            (
                sound.replacen("Destination=\"", "Destination=\"https://elsewhere.test/", 1),
                ("destination_mismatch", true),
            ),
            (
                sound.replacen(&format!("InResponseTo=\"{}\"", started.request), "", 1),
                ("in_response_to_mismatch", true),
            ),
            (sound.replace("status:Success", "status:Responder"), ("status_not_success", true)),
        ];
        for (xml, (code, told)) in attacks {
            assert_ne!(xml, sound, "{code}");
            let refused = finish(&t, &it, &started.state, &STANDARD.encode(&xml)).await.unwrap_err();
            assert_eq!(refused.code, code, "{refused:?}");
            assert_eq!(refused.expected.is_some() && refused.received.is_some(), told, "{refused:?}");
        }
        assert_eq!(
            finish(&t, &it, &started.state, &STANDARD.encode(&sound)).await.unwrap().subject,
            "00u7ann"
        );
    });
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_judged_only_as_such() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let values = connection::sp_values(&t.app, &it).await.unwrap();
        let says = Says {
            audience: &values.entity_id,
            acs_url: &values.acs_url,
            in_response_to: None,
            name_id: ("ann@acme.test", name_id_format::EMAIL),
            attributes: ANN,
        };
        let response = idp().signed(&t, says);
        let refused = finish(&t, &it, &Value::Null, &response).await.unwrap_err();
        assert_eq!(refused.code, "unsolicited");
        assert!(refused.steps[0].contains(&values.login_url));
        let Some(Settings::Saml(config)) = Settings::of(&it) else { panic!("{it:?}") };
        assert!(finish(&t, &it, &connection::unasked(&config), &response).await.is_ok());
        // The exception does not loosen a sign-in that was asked for.
        let asked = json!({ "request_id": "_asked" });
        assert!(finish(&t, &it, &asked, &response).await.is_err());
    });
}

#[tokio::test]
async fn a_provider_with_post_only_and_signed_requests_gets_a_form() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.draft(&org, "okta-saml").await;
        let refused = connection::begin(&t.app, &it, t.app.id(FlowId::new), &BeginOptions::default()).await;
        assert_eq!(refused.unwrap_err().code, "connection_not_set_up");
        let post_only: String = idp()
            .metadata()
            .lines()
            .filter(|line| !line.contains("bindings:HTTP-Redirect"))
            .collect::<Vec<_>>()
            .join("\n")
            .replace("WantAuthnRequestsSigned=\"false\"", "WantAuthnRequestsSigned=\"true\"");
        let input = pasted(&format!("Hello,\n\n{post_only}\n\nBye"));
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &input).await.unwrap();
        let it = changed(&t, &it, Change { settings: Some(settings), ..Change::default() }).await;
        let acr_values = ["urn:oasis:names:tc:SAML:2.0:ac:classes:X509", "mfa"].map(str::to_owned).to_vec();
        let options = BeginOptions { force_authn: true, acr_values, ..BeginOptions::default() };
        let begin = connection::begin(&t.app, &it, t.app.id(FlowId::new), &options).await.unwrap();
        assert_eq!(begin.response.status(), StatusCode::OK);
        let policy = begin.response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action *"));
        let body = axum::body::to_bytes(begin.response.into_body(), 100_000).await.unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap();
        assert!(html.contains(&format!("action=\"{SSO}\"")) && html.contains("RelayState"), "{html}");
        let value = html.split("name=\"SAMLRequest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let value = value.replace("&#43;", "+").replace("&#x2B;", "+").replace("&#61;", "=");
        let request = receive_post(&value).unwrap();
        assert!(request.force_authn && json!(request.id) == begin.state["request_id"]);
        let xml = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
        assert!(xml.contains("SignatureValue"), "{xml}");
        // Only what can be a class of SAML is asked for.
        let class = "AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:X509</";
        assert!(xml.contains(class) && !xml.contains(">mfa<"), "{xml}");
    });
}

#[tokio::test]
async fn our_metadata_holds_what_the_console_needs() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.draft(&org, "okta-saml").await;
        let mut browser = t.browser();
        let answer = browser.get(&format!("/saml/{}/metadata", it.id)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["content-type"], "application/samlmetadata+xml");
        let values = connection::sp_values(&t.app, &it).await.unwrap();
        for value in [&values.entity_id, &values.acs_url] {
            assert!(answer.text.contains(&format!("\"{value}\"")), "{}", answer.text);
        }
        // The key is made once.
        assert_eq!(browser.get(&format!("/saml/{}/metadata", it.id)).await.text, answer.text);
        let pem = browser.get(&format!("/saml/{}/certificate.pem", it.id)).await;
        assert_eq!(pem.text, values.cert_pem);
        let keys = store::key::list(&mut t.app.read().await.unwrap(), "saml").await.unwrap();
        assert_eq!(keys.len(), 1);
        assert!(!keys[0].private_sealed.contains("PRIVATE KEY"));
        // Our metadata is not the provider's.
        let input = Input::MetadataXml { xml: answer.text, entity_id: None };
        let problem = read_error(&t, "okta-saml", Some(&it), input).await;
        assert!(problem.detail.contains("service provider"), "{}", problem.detail);
        let oidc = t.draft(&org, "okta-oidc").await;
        assert_eq!(browser.get(&format!("/saml/{}/metadata", oidc.id)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get("/saml/con_nothing/metadata").await.status, StatusCode::NOT_FOUND);
    });
}

/// Serves `router` on a free port of the loopback address.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The metadata of two providers in one document.
fn federation() -> String {
    let bare = |it: &SamlProvider| it.metadata().split_once("?>").unwrap().1.to_owned();
    let other = SamlProvider::new("https://other.test/idp", "https://other.test/sso");
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}{}</md:EntitiesDescriptor>",
        bare(&other),
        bare(idp())
    )
}

#[tokio::test]
async fn metadata_is_fetched_from_an_address_that_stands_anywhere_in_a_mail() {
    each_database!(|t| {
        let router = Router::new()
            .route("/app/exk9/sso/saml/metadata", get(|| async { idp().metadata() }))
            .route("/federation", get(|| async { federation() }))
            .route("/page/metadata", get(|| async { "<!DOCTYPE html><html>Sign in</html>" }));
        let host = serve(router).await;
        let org = t.organization("Acme").await;
        let it = t.draft(&org, "okta-saml").await;
        let url = format!("{host}/app/exk9/sso/saml/metadata");
        let mail = pasted(&format!("Hi Maren,\nhere it is: <{url}>.\nBo"));
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &mail).await.unwrap();
        let Settings::Saml(config) = &settings else { panic!("{settings:?}") };
        assert_eq!((config.entity_id.as_str(), config.metadata_url.as_deref()), (IDP, Some(url.as_str())));
        assert_eq!(config.certificates.len(), 1);
        let it = changed(&t, &it, Change { settings: Some(settings.clone()), ..Change::default() }).await;
        assert_eq!(Settings::of(&it), Some(settings));

        let url = format!("{host}/federation");
        let several = read_error(&t, "generic-saml", None, Input::MetadataUrl(url.clone())).await;
        assert!(several.detail.contains("https://other.test/idp"), "{}", several.detail);
        let one = Input::MetadataUrlOf { url: url.clone(), entity_id: IDP.to_owned() };
        let chosen = connection::read_input(&t.app, "generic-saml", None, &one).await.unwrap();
        let Settings::Saml(chosen) = chosen else { panic!("{chosen:?}") };
        assert_eq!((chosen.entity_id.as_str(), chosen.metadata_url.as_deref()), (IDP, Some(url.as_str())));

        let page =
            read_error(&t, "okta-saml", None, Input::MetadataUrl(format!("{host}/page/metadata"))).await;
        assert!(page.detail.contains("web page"), "{}", page.detail);
        let none =
            read_error(&t, "okta-saml", None, Input::MetadataUrl(format!("{host}/other/metadata"))).await;
        assert!(none.detail.contains("status 404"), "{}", none.detail);
        let gone =
            read_error(&t, "okta-saml", None, Input::MetadataUrl("http://127.0.0.1:1/metadata".into())).await;
        assert!(gone.detail.contains("cannot be reached"), "{}", gone.detail);
    });
}

#[tokio::test]
async fn values_by_hand_make_the_same_connection() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.draft(&org, "okta-saml").await;
        let manual = |entity_id: &str, sso_url: &str, certificate: &str| Input::Manual {
            entity_id: entity_id.to_owned(),
            sso_url: sso_url.to_owned(),
            certificate: certificate.to_owned(),
        };
        let good = manual(IDP, SSO, &idp().certificate_pem);
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &good).await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let made =
            connection::create(&t.app, &mut tx, &org, "okta-saml", settings.clone(), ACTOR).await.unwrap();
        let wrong = connection::create(&t.app, &mut tx, &org, "okta-oidc", settings, ACTOR).await;
        assert!(wrong.unwrap_err().detail.contains("generic-saml"));
        tx.commit().await.unwrap();
        assert_eq!(made.status, ConnectionStatus::Draft);
        let ours = connection::sp_values(&t.app, &it).await.unwrap();
        for (input, field) in [
            (manual(" ", SSO, &idp().certificate_pem), "entity_id"),
            (manual(IDP, "acme.okta.test", &idp().certificate_pem), "sso_url"),
            (manual(IDP, SSO, "hello"), "certificate"),
            (manual(IDP, SSO, &idp().key_pem), "certificate"),
            (manual(&ours.entity_id, SSO, &idp().certificate_pem), "entity_id"),
            (manual(IDP, &ours.acs_url, &idp().certificate_pem), "sso_url"),
        ] {
            let problem = read_error(&t, "okta-saml", Some(&it), input).await;
            assert_eq!(problem.fields[0].field, field, "{}", problem.detail);
        }
    });
}

#[tokio::test]
async fn what_does_not_help_is_answered_with_what_it_is() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.draft(&org, "okta-saml").await;
        let (key, certificate) = (&idp().key_pem, &idp().certificate_pem);
        let xml = |text: &str| Input::MetadataXml { xml: text.to_owned(), entity_id: None };
        for (input, words) in [
            (pasted(IDP), "That is the Issuer, not the Metadata URL"),
            (Input::MetadataUrl(IDP.to_owned()), "That is the Issuer, not the Metadata URL"),
            (xml(IDP), "That is the Issuer, not the Metadata URL"),
            (pasted("https://acme-admin.okta.com/admin/app/metadata"), "page of the Admin Console"),
            (pasted(certificate), "only the certificate"),
            (xml(certificate), "only the certificate"),
            (pasted(key), "private key"),
            (xml(key), "private key"),
            (xml("<!DOCTYPE html><html></html>"), "web page"),
            (pasted("<html><body>Sign in</body></html>"), "web page"),
            (xml(""), "nothing here yet"),
            (xml("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>"), "SAML Response"),
            (xml("<md:EntityDescriptor"), "not complete XML"),
            (Input::MetadataUrl(String::new()), "Paste the address"),
            (Input::MetadataUrl("acme".to_owned()), "not a web address"),
            (pasted("see you on Monday"), "no metadata in this text"),
        ] {
            let problem = read_error(&t, "okta-saml", Some(&it), input).await;
            assert!(problem.detail.contains(words), "{words}: {}", problem.detail);
            assert!(!problem.detail.contains('`'), "{}", problem.detail);
            assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let mut tx = t.app.write().await.unwrap();
        let unknown = connection::draft(&t.app, &mut tx, &org, "nobody", ACTOR).await.unwrap_err();
        assert!(unknown.detail.contains("“nobody” is not an identity provider"));
        let early = connection::activate(&t.app, &mut tx, &it, ACTOR).await.unwrap_err();
        assert_eq!(early.code, "connection_not_set_up");
        let switch = Change { allow_sha1: Some(true), ..Change::default() };
        let switch = connection::change(&t.app, &mut tx, &it, switch, ACTOR).await.unwrap_err();
        assert_eq!(switch.code, "connection_not_saml");
    });
}

#[tokio::test]
async fn a_verified_domain_leads_to_the_newest_active_connection() {
    each_database!(|t| {
        let (acme, other) = (t.organization("Acme").await, t.organization("Other").await);
        let first = t.saml_connection(&acme, idp()).await;
        let mut tx = t.app.write().await.unwrap();
        let domain = domains::add(&t.app, &mut tx, &acme, "Acme.TEST", None, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((domain.status, domain.name.as_str()), (DomainStatus::Pending, "acme.test"));
        let record = domains::dns_record(&domain);
        assert_eq!((record.name.as_str(), record.kind), ("_frontdesk.acme.test", "TXT"));
        assert_eq!(record.value, format!("frontdesk-verify={}", domain.dns_token));
        let route = async |email: &str| {
            let found = connection::route(&mut t.app.read().await.unwrap(), email, None).await.unwrap();
            found.map(|(organization, way)| (organization.id, way.through().expect("one way").id))
        };
        assert_eq!(route("ann@acme.test").await, None);

        let mut tx = t.app.write().await.unwrap();
        // A claim alone does not keep the owner out, and the owner keeps others out.
        let squatter = domains::add(&t.app, &mut tx, &other, "second.test", None, ACTOR).await.unwrap();
        let owner = domains::add(&t.app, &mut tx, &acme, "second.test", Some("api"), ACTOR).await.unwrap();
        assert_ne!(squatter.id, owner.id);
        let taken =
            domains::add(&t.app, &mut tx, &other, "second.test", Some("api"), ACTOR).await.unwrap_err();
        assert_eq!((taken.status, taken.code), (StatusCode::CONFLICT, "domain_taken"));
        assert!(!taken.detail.contains("Acme"), "{}", taken.detail);
        let foreign = domains::attest(&t.app, &mut tx, &other, domain.id, "api", ACTOR).await.unwrap_err();
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let verified = domains::attest(&t.app, &mut tx, &acme, domain.id, "api", ACTOR).await.unwrap();
        assert_eq!(verified.status, DomainStatus::Verified);
        tx.commit().await.unwrap();
        assert_eq!(route(" Ann@ACME.test ").await, Some((acme.id, first.id)));
        assert_eq!(route("ann@mail.acme.test").await, None);
        let mut db = t.app.read().await.unwrap();
        assert!(domains::vouches_for(&mut db, acme.id, "ann@acme.test").await.unwrap());
        assert!(!domains::vouches_for(&mut db, other.id, "ann@acme.test").await.unwrap());
        drop(db);

        t.clock.advance(Duration::from_secs(1));
        let second = t.saml_connection(&acme, idp()).await;
        assert_eq!(route("ann@acme.test").await, Some((acme.id, second.id)));
        let mut tx = t.app.write().await.unwrap();
        connection::deactivate(&t.app, &mut tx, &second, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(route("ann@acme.test").await, Some((acme.id, first.id)));
        let mut tx = t.app.write().await.unwrap();
        connection::remove(&t.app, &mut tx, &first, ACTOR).await.unwrap();
        domains::remove(&t.app, &mut tx, &acme, domain.id, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(route("ann@acme.test").await, None);
        let mut db = t.app.read().await.unwrap();
        let foreign = connection::get(&mut db, other.id, second.id).await.unwrap_err();
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let kinds: Vec<String> =
            store::event::list_after(&mut db, 0, 100).await.unwrap().into_iter().map(|e| e.kind).collect();
        for kind in [
            "connection.created",
            "connection.updated",
            "connection.activated",
            "connection.deactivated",
            "domain.added",
            "domain.verified",
            "domain.removed",
        ] {
            assert!(kinds.iter().any(|k| k == kind), "{kind} in {kinds:?}");
        }
    });
}

#[tokio::test]
async fn a_new_certificate_needs_a_new_test() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let it = t.saml_connection(&org, idp()).await;
        let it = changed(&t, &it, Change { allow_sha1: Some(true), ..Change::default() }).await;
        let mut tx = t.app.write().await.unwrap();
        connection::mark_tested(&mut tx, &it, &it.config, t.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let same = changed(&t, &it, Change { want_signed_requests: Some(true), ..Change::default() }).await;
        assert!(same.tested_at.is_some());
        let (key, certificate) = key_pair();
        let new = SignerKey::from_pem(&key, &certificate).unwrap();
        let xml = metadata_xml(IDP, SSO, None, &[idp().signer().cert_der(), new.cert_der()]);
        let input = Input::MetadataXml { xml, entity_id: None };
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &input).await.unwrap();
        let it = changed(&t, &it, Change { settings: Some(settings), ..Change::default() }).await;
        let Some(Settings::Saml(config)) = Settings::of(&it) else { panic!("{it:?}") };
        assert_eq!((config.certificates.len(), config.allow_sha1), (2, true));
        assert_eq!((it.tested_at, it.status), (None, ConnectionStatus::Active));
    });
}

// ---- OpenID Connect, against the simulated provider on a loopback port.

struct Idp {
    provider: Mutex<Option<SimulatedProvider>>,
    now: jiff::Timestamp,
    asked_for_keys: std::sync::atomic::AtomicUsize,
    /// Told by userinfo only.
    told: Mutex<Map<String, Value>>,
}

type Shared = State<Arc<Idp>>;

impl Idp {
    fn with<T>(&self, use_it: impl FnOnce(&mut SimulatedProvider) -> T) -> T {
        use_it(self.provider.lock().unwrap().as_mut().unwrap())
    }
}

async fn serve_idp(t: &TestApp) -> (Arc<Idp>, String) {
    let idp = Arc::new(Idp {
        provider: Mutex::new(None),
        now: t.app.now().to_jiff(),
        asked_for_keys: 0.into(),
        told: Mutex::new(Map::new()),
    });
    let token =
        async |State(idp): Shared, headers: HeaderMap, Form(form): Form<Vec<(String, String)>>| -> Response {
            let authorization = headers.get("authorization").and_then(|v| v.to_str().ok());
            match idp.with(|p| p.token(authorization, form, "access-1", idp.now)) {
                Ok(body) => axum::Json(body).into_response(),
                Err(error) => (StatusCode::BAD_REQUEST, axum::Json(error.to_json())).into_response(),
            }
        };
    let userinfo = async |State(idp): Shared| {
        let mut says = idp.with(|p| p.userinfo("access-1", idp.now)).unwrap_or_default();
        if let Value::Object(says) = &mut says {
            says.extend(idp.told.lock().unwrap().clone());
        }
        axum::Json(says)
    };
    let jwks = async |State(idp): Shared| {
        idp.asked_for_keys.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        axum::Json(idp.with(|p| p.jwks()))
    };
    let router = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(async |State(idp): Shared| axum::Json(idp.with(|p| p.discovery()))),
        )
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .with_state(Arc::clone(&idp));
    let issuer = serve(router).await;
    let provider = SimulatedProvider::new(&issuer, SigningAlgorithm::Es256).unwrap();
    *idp.provider.lock().unwrap() = Some(provider);
    (idp, issuer)
}

fn register(idp: &Idp, redirect_uri: &str) {
    let client =
        SimulatedClient { secret: "s3cret".to_owned(), redirect_uris: vec![redirect_uri.to_owned()] };
    idp.with(|p| p.register("frontdesk", client));
}

fn client(issuer: &str, secret: &str) -> Input {
    Input::Oidc(OidcInput {
        issuer: issuer.to_owned(),
        client_id: "frontdesk".to_owned(),
        client_secret: secret.to_owned(),
        ..OidcInput::default()
    })
}

async fn oidc_connection(t: &TestApp, idp: &Idp, issuer: &str, secret: &str) -> Connection {
    let org = t.organization("Acme").await;
    let it = t.draft(&org, "okta-oidc").await;
    let values = connection::sp_values(&t.app, &it).await.unwrap();
    register(idp, &values.redirect_uri);
    let settings =
        connection::read_input(&t.app, "okta-oidc", Some(&it), &client(issuer, secret)).await.unwrap();
    let it = changed(t, &it, Change { settings: Some(settings), ..Change::default() }).await;
    assert!(!it.config.contains("s3cret"));
    // An empty secret keeps the stored one, for the same client only.
    let kept = connection::read_input(&t.app, "okta-oidc", Some(&it), &client(issuer, "")).await.unwrap();
    let sealed = |settings: Option<Settings>| match settings {
        Some(Settings::Oidc(config)) => config.client_secret_sealed,
        other => panic!("{other:?}"),
    };
    assert_eq!(sealed(Some(kept)), sealed(Settings::of(&it)));
    let other = Input::Oidc(OidcInput {
        issuer: issuer.to_owned(),
        client_id: "another".to_owned(),
        ..OidcInput::default()
    });
    let refused = read_error(t, "okta-oidc", Some(&it), other).await;
    assert!(refused.detail.contains("asks for a client secret"), "{}", refused.detail);
    activated(t, &it).await
}

fn claims(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Sends a browser to the provider, which lets the person in; gives what comes back.
async fn sign_in(t: &TestApp, idp: &Idp, it: &Connection, who: Value) -> (Value, Params) {
    let flow = t.app.id(FlowId::new);
    let options = BeginOptions { login_hint: Some("ann@acme.test".to_owned()), ..BeginOptions::default() };
    let begin = connection::begin(&t.app, it, flow, &options).await.unwrap();
    let location = url::Url::parse(begin.response.headers()["location"].to_str().unwrap()).unwrap();
    let request = idp.with(|p| p.authorize(location.query_pairs())).unwrap();
    assert_eq!(request.login_hint.as_deref(), Some("ann@acme.test"));
    assert_eq!(connection::flow_of_state(request.state.as_deref().unwrap()), Some(flow));
    let code = format!("code-{flow}");
    let Reply::Redirect(back) = idp.with(|p| p.allow(request, claims(&who), &code, idp.now)) else {
        panic!("a redirect was expected")
    };
    let back = url::Url::parse(&back).unwrap();
    (begin.state, Params(back.query_pairs().into_owned().collect()))
}

#[tokio::test]
async fn wishes_of_an_application_reach_the_openid_provider_and_its_answer_comes_back() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "s3cret").await;
        let options = BeginOptions {
            force_authn: true,
            acr_values: vec!["mfa".to_owned(), "pwd".to_owned()],
            ..BeginOptions::default()
        };
        let begin = connection::begin(&t.app, &it, t.app.id(FlowId::new), &options).await.unwrap();
        let location = url::Url::parse(begin.response.headers()["location"].to_str().unwrap()).unwrap();
        let request = idp.with(|p| p.authorize(location.query_pairs())).unwrap();
        assert_eq!((request.max_age, request.prompt.login), (Some(0), true));
        assert_eq!(request.acr_values, ["mfa", "pwd"]);
        let ann = json!({"sub": "u1", "email": "ann@acme.test", "acr": "mfa", "amr": ["pwd", "otp"]});
        let Reply::Redirect(back) = idp.with(|p| p.allow(request, claims(&ann), "code-1", idp.now)) else {
            panic!("a redirect was expected")
        };
        let back = url::Url::parse(&back).unwrap();
        let params = Params(back.query_pairs().into_owned().collect());
        let who = connection::finish_oidc(&t.app, &it, &begin.state, &params).await.unwrap();
        assert_eq!((who.acr.as_deref(), who.amr.join(" ").as_str()), (Some("mfa"), "pwd otp"));
        let kept = connection::Asserted::from_json(&who.to_json(), t.app.now()).unwrap();
        assert_eq!((kept.acr, kept.amr), (who.acr, who.amr));
    });
}

#[tokio::test]
async fn a_person_of_an_openid_provider_is_believed() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "s3cret").await;
        let ann = json!({"sub": "u1", "email": "ann@acme.test", "email_verified": true, "given_name": "Ann",
            "family_name": "Lee", "groups": ["Staff"]});
        let (state, params) = sign_in(&t, &idp, &it, ann.clone()).await;
        assert!(state["verifier"].as_str().is_some_and(|v| v.len() > 43), "the verifier is sealed");
        let asserted = connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap();
        assert_eq!((asserted.subject.as_str(), asserted.method), ("u1", "oidc"));
        assert_eq!(asserted.email.as_deref(), Some("ann@acme.test"));
        assert_eq!(asserted.mapped.profile.last_name.as_deref(), Some("Lee"));
        assert_eq!(asserted.mapped.groups, ["Staff"]);
        assert!(asserted.id_token.is_some(), "for other settings to judge, and not kept");
        let kept = Asserted { id_token: None, ..asserted.clone() };
        assert_eq!(Asserted::from_json(&asserted.to_json(), t.app.now()), Some(kept));

        // The code works once, and an answer fits its own sign-in only.
        let again = connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap_err();
        assert_eq!(again.code, "code_refused");
        let (_, other) = sign_in(&t, &idp, &it, ann).await;
        let mixed = connection::finish_oidc(&t.app, &it, &state, &other).await.unwrap_err();
        assert_eq!(mixed.code, "state_mismatch");
        let empty = connection::finish_oidc(&t.app, &it, &state, &Params::default()).await.unwrap_err();
        assert_eq!(empty.code, "callback_malformed");
        let unverified = json!({"sub": "u2", "email": "ceo@acme.test", "email_verified": false, "given_name": "C",
            "family_name": "E"});
        let (state, params) = sign_in(&t, &idp, &it, unverified).await;
        let refused = connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap_err();
        assert_eq!(refused.code, "email_not_verified");
        assert!(refused.steps[0].contains("Okta Admin Console"), "{refused:?}");
    });
}

#[tokio::test]
async fn a_provider_that_changes_its_key_is_asked_at_once_but_not_at_every_sign_in() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "s3cret").await;
        let ann = json!({"sub": "u1", "email": "ann@acme.test", "given_name": "Ann", "family_name": "Lee"});
        let asked = || idp.asked_for_keys.load(std::sync::atomic::Ordering::SeqCst);
        // Once for each reading of the values.
        assert_eq!(asked(), 3);
        idp.with(|p| p.rotate_key(SigningAlgorithm::Es256)).unwrap();
        t.clock.advance(Duration::from_secs(1));
        for _ in 0..2 {
            let (state, params) = sign_in(&t, &idp, &it, ann.clone()).await;
            connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap();
            assert_eq!(asked(), 4);
        }
        idp.with(|p| p.rotate_key(SigningAlgorithm::Es256)).unwrap();
        let (state, params) = sign_in(&t, &idp, &it, ann.clone()).await;
        let refused = connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap_err();
        assert_eq!((refused.code.as_str(), asked()), ("unknown_key", 4));
        t.clock.advance(Duration::from_secs(11));
        let (state, params) = sign_in(&t, &idp, &it, ann).await;
        connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap();
        assert_eq!(asked(), 5);
    });
}

#[tokio::test]
async fn a_provider_that_begins_to_sign_in_another_way_loses_no_sign_in() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "s3cret").await;
        let ann = json!({"sub": "u1", "email": "ann@acme.test", "given_name": "Ann", "family_name": "Lee"});
        // From ES256 to RS256, and back: discovery names one of them at a time.
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            idp.with(|p| p.rotate_key(algorithm)).unwrap();
            t.clock.advance(Duration::from_secs(11));
            let (state, params) = sign_in(&t, &idp, &it, ann.clone()).await;
            let who = connection::finish_oidc(&t.app, &it, &state, &params).await;
            assert_eq!(who.expect("signed in").subject, "u1");
        }
    });
}

#[tokio::test]
async fn what_the_settings_look_for_is_asked_of_userinfo_where_the_id_token_lacks_it() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "s3cret").await;
        let ann = json!({"sub": "u1", "email": "ann@acme.test", "given_name": "Ann", "family_name": "Lee"});
        *idp.told.lock().unwrap() = claims(&json!({"land": "GB"}));
        let country = async |it: &Connection| {
            let (state, params) = sign_in(&t, &idp, it, ann.clone()).await;
            let who = connection::finish_oidc(&t.app, it, &state, &params).await.unwrap();
            who.mapped.profile.country.map(|it| it.code().to_owned())
        };
        assert_eq!(country(&it).await, None);
        let Some(settings) = Settings::of(&it) else { panic!("settings") };
        let looking = settings.reading([("country".to_owned(), "land".to_owned())].into());
        let it = Connection { config: looking.to_text(), ..it };
        assert_eq!(country(&it).await.as_deref(), Some("GB"));
    });
}

#[tokio::test]
async fn a_wrong_client_secret_is_explained() {
    each_database!(|t| {
        let (idp, issuer) = serve_idp(&t).await;
        let it = oidc_connection(&t, &idp, &issuer, "wr0ng").await;
        let (state, params) = sign_in(&t, &idp, &it, json!({"sub": "u1"})).await;
        let refused = connection::finish_oidc(&t.app, &it, &state, &params).await.unwrap_err();
        assert_eq!(refused.code, "client_refused");
        assert!(refused.steps.join("\n").contains("“Client Secret”"), "{refused:?}");
    });
}

#[tokio::test]
async fn an_issuer_that_is_none_is_answered_with_what_it_is() {
    each_database!(|t| {
        let router = Router::new()
            .route("/page/.well-known/openid-configuration", get(|| async { "<html>Sign in</html>" }))
            .route(
                "/other/.well-known/openid-configuration",
                get(|| async { "{\"issuer\":\"https://x.test\"}" }),
            );
        let host = serve(router).await;
        for (provider, issuer, words) in [
            ("okta-oidc", String::new(), "not an issuer"),
            ("okta-oidc", "acme.okta.com".to_owned(), "not an issuer"),
            (
                "entra-oidc",
                "https://login.microsoftonline.com/common/v2.0".to_owned(),
                "every Microsoft customer",
            ),
            (
                "entra-oidc",
                "https://login.microsoftonline.com/{tenant}/v2.0".to_owned(),
                "every Microsoft customer",
            ),
            (
                "entra-oidc",
                "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0".to_owned(),
                "personal Microsoft accounts",
            ),
            ("okta-oidc", format!("{host}/page"), "web page or XML"),
            ("okta-oidc", format!("{host}/other"), "speaks for another issuer"),
            ("okta-oidc", format!("{host}/none"), "status 404"),
        ] {
            let problem = read_error(&t, provider, None, client(&issuer, "s")).await;
            assert!(problem.detail.contains(words), "{issuer}: {}", problem.detail);
            assert_eq!(problem.fields[0].field, "issuer");
        }
        let guid = client("https://login.microsoftonline.com/t/v2.0", "0f8fad5b-d9cb-469f-a165-70867728950e");
        let problem = read_error(&t, "entra-oidc", None, guid).await;
        assert!(problem.detail.contains("This is the Secret ID"), "{}", problem.detail);
        let same = read_error(&t, "okta-oidc", None, client("https://acme.okta.com", "frontdesk")).await;
        assert!(same.detail.contains("This is the Client ID once more"), "{}", same.detail);
    });
}
