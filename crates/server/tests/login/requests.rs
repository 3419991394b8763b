//! What our requests to a SAML provider ask for, set by the API and in the console, and held in the answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Connection;
use saml::idp::{Answer, Signed};
use saml::{binding, binding_uri, name_id_format};
use serde_json::{Value, json};
use server::connection::{self, Change, Settings, beside};
use testkit::{ACTOR, Asked, Person, Says, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, company, types};

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const TOKEN: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";

pub fn at(it: &Connection) -> String {
    format!("/api/v1/organizations/{}/connections/{}/requests", it.organization_id, it.id)
}

pub async fn put(t: &TestApp, it: &Connection, body: Value) -> testkit::Answer {
    let token = t.api_token().await;
    t.browser().api("PUT", &at(it), &token, Some(body)).await
}

/// The same, tested and put in use.
async fn put_in_use(t: &TestApp, it: &Connection, body: Value) -> Value {
    let answer = put(t, it, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut tx = t.app.write().await.unwrap();
    let draft = beside::draft_of(&mut tx, it.id).await.unwrap().expect("a draft");
    beside::mark_draft_tested(&mut tx, it.id, &draft.config, t.app.now()).await.unwrap();
    beside::replace(&t.app, &mut tx, it, None, ACTOR).await.unwrap();
    tx.commit().await.unwrap();
    answer.json()
}

/// Begins a sign-in by redirect; the request as XML beside what the provider reads of it.
async fn begins(acme: &Company, browser: &mut TestBrowser) -> (String, Asked) {
    let sent = types(browser, "/login", "ann@acme.test", "/wanted").await;
    let (_, query) = sent.location().split_once('?').unwrap();
    let request = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "SAMLRequest").unwrap();
    (binding::inflate(&request.1).unwrap(), acme.idp.reads(sent.location()))
}

#[tokio::test]
async fn a_request_asks_for_what_the_connection_wants_and_keeps_it_when_metadata_comes_again() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let (plain, _) = begins(&acme, &mut browser).await;
        for word in ["ForceAuthn", "NameIDPolicy", "RequestedAuthnContext", "Signature"] {
            assert!(!plain.contains(word), "{plain}");
        }
        let token = t.api_token().await;
        let shown = t.browser().api("GET", &at(&acme.connection), &token, None).await.json();
        let offered = json!(["post", "redirect"]);
        assert_eq!((&shown["signed"], &shown["bindings_offered"]), (&json!(false), &offered));
        assert_eq!((&shown["binding"], &shown["idp_initiated"]), (&Value::Null, &json!("round_trip")));

        let wanted = json!({"signed": true, "binding": "post", "force_authn": true, "authn_context": [PASSWORD, TOKEN],
            "comparison": "minimum", "name_id_format": "persistent"});
        let answer = put_in_use(&t, &acme.connection, wanted).await;
        assert_eq!(answer["name_id_format"], name_id_format::PERSISTENT);
        assert_eq!(answer["sent_to"], json!({"binding": "post", "url": acme.idp.sso_url}));
        let mut tx = t.app.write().await.unwrap();
        let it = connection::get(&mut tx, acme.organization.id, acme.connection.id).await.unwrap();
        let input = connection::Input::MetadataXml { xml: acme.idp.metadata(), entity_id: None };
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &input).await.unwrap();
        let change = Change { settings: Some(settings), ..Change::default() };
        connection::change(&t.app, &mut tx, &it, change, "operator:test").await.unwrap();
        tx.commit().await.unwrap();

        let page = types(&mut browser, "/login", "ann@acme.test", "/wanted").await;
        assert_eq!(page.status, 200, "by a form");
        assert!(page.text.contains(&format!("action=\"{}\"", acme.idp.sso_url)), "{}", page.text);
        let xml = STANDARD.decode(page.input("SAMLRequest").unwrap()).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        for part in [
            "ForceAuthn=\"true\"".to_owned(),
            format!("<samlp:NameIDPolicy Format=\"{}\"", name_id_format::PERSISTENT),
            "<samlp:RequestedAuthnContext Comparison=\"minimum\">".to_owned(),
            format!(
                "<saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef><saml:AuthnContextClassRef>{TOKEN}"
            ),
            "SignatureValue".to_owned(),
        ] {
            assert!(xml.contains(&part), "{part}: {xml}");
        }
        let back = put_in_use(&t, &acme.connection, json!({"signed": false})).await;
        assert_eq!((&back["force_authn"], &back["sent_to"]["binding"]), (&json!(false), &json!("redirect")));
        let (xml, _) = begins(&acme, &mut t.browser()).await;
        assert!(!xml.contains("ForceAuthn"), "{xml}");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused_with_what_was_expected() {
    each_database!(|t| {
        let mut acme = company(&t, "Acme", "acme.test").await;
        let Some(Settings::Saml(mut config)) = Settings::of(&acme.connection) else { panic!("SAML") };
        config.sso.retain(|endpoint| endpoint.binding == binding_uri::REDIRECT);
        acme.connection.config = Settings::Saml(config).to_text();
        let mut tx = t.app.write().await.unwrap();
        store::connection::update(&mut tx, &acme.connection).await.unwrap();
        tx.commit().await.unwrap();
        let eleven: Vec<String> = (0..11).map(|n| format!("urn:{n}")).collect();
        for (body, field, words) in [
            (
                json!({"binding": "post"}),
                "binding",
                "the provider's metadata names: redirect, received “post”",
            ),
            (json!({"comparison": "better"}), "comparison", "expected exact or minimum, received “better”"),
            (json!({"comparison": "minimum"}), "comparison", "there are none"),
            (json!({"authn_context": ["MFA"]}), "authn_context", "received “MFA”"),
            (json!({"authn_context": ["urn:a b"]}), "authn_context", "received “urn:a b”"),
            (json!({"authn_context": eleven}), "authn_context", "at most 10 classes, received “11”"),
            (json!({"name_id_format": "mail"}), "name_id_format", "or a URI, received “mail”"),
            (
                json!({"idp_initiated": "on"}),
                "idp_initiated",
                "expected round_trip, direct or off, received “on”",
            ),
            (
                json!({"idp_initiated": "direct", "force_authn": true}),
                "idp_initiated",
                "only a request can ask",
            ),
        ] {
            let answer = put(&t, &acme.connection, body).await;
            assert_eq!(answer.status, 422, "{}", answer.text);
            let problem = answer.json();
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
            assert!(problem["errors"][0]["problem"].as_str().unwrap().contains(words), "{problem}");
        }
        assert!(put(&t, &acme.connection, json!({"sign": true})).await.status.is_client_error());
        // The connection of somebody else, and one without settings.
        let globex = t.organization("Globex").await;
        let mut theirs = acme.connection.clone();
        theirs.organization_id = globex.id;
        assert_eq!(put(&t, &theirs, json!({})).await.status, 404);
        let draft = t.draft(&globex, "okta-saml").await;
        assert_eq!(put(&t, &draft, json!({})).await.json()["code"], "connection_not_set_up");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_answer_must_be_as_fresh_and_of_the_kind_that_the_connection_demands() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        put_in_use(&t, &acme.connection, json!({"force_authn": true, "authn_context": [PASSWORD]})).await;
        let mut browser = t.browser();
        let ann = Person::new("00u1", "ann@acme.test");
        let signed = acme.signs_in(&t, &mut browser, &ann).await;
        assert_eq!(signed.location(), "/wanted", "{}", signed.text);

        // A session at the provider from before our request.
        let mut browser = t.browser();
        let (_, asked) = begins(&acme, &mut browser).await;
        assert!(asked.force_authn);
        let says = Says {
            audience: &asked.entity_id,
            acs_url: &asked.acs_url,
            in_response_to: Some(&asked.request),
            name_id: ("00u1", name_id_format::PERSISTENT),
            attributes: &[("email", &["ann@acme.test"])],
        };
        let answer = acme.idp.answer(&t, says, ("_r1", "_a1"));
        let earlier = t.app.now().before(std::time::Duration::from_mins(4)).to_jiff();
        let stale = Answer { issue_instant: earlier, ..answer };
        let stale = stale.to_xml(&acme.idp.signer(), Signed::Both, None).unwrap();
        let answer = asked.post(&mut browser, &STANDARD.encode(stale)).await;
        assert_eq!(browser.get(answer.location()).await.status, 403);
        assert!(attempts(&t).await.contains(&"authn_too_old".to_owned()));

        put_in_use(&t, &acme.connection, json!({"authn_context": [TOKEN]})).await;
        let mut browser = t.browser();
        let refused = acme.signs_in(&t, &mut browser, &ann).await;
        assert_eq!(refused.status, 403);
        assert!(attempts(&t).await.contains(&"authn_context_mismatch".to_owned()));
        // Only the provider can compare strengths.
        put_in_use(&t, &acme.connection, json!({"authn_context": [TOKEN], "comparison": "minimum"})).await;
        assert_eq!(acme.signs_in(&t, &mut t.browser(), &ann).await.location(), "/wanted");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_operator_sets_the_requests_of_a_connection_in_the_console() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut operator = t.operator().await;
        let company = format!("/console/organizations/{}", acme.organization.id);
        let at = format!("{company}/connections/{}/requests", acme.connection.id);
        assert!(operator.get(&company).await.text.contains(&at));
        let page = operator.get(&at).await;
        assert!(
            page.text.contains("What we ask Okta for") && page.text.contains("by redirect"),
            "{}",
            page.text
        );
        let typed = [("signed", "yes"), ("authn_context", "MFA"), ("force_authn", "1")];
        let wrong = operator.post(&at, &typed).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("received “MFA”"), "{}", wrong.text);
        assert!(wrong.text.contains("name=\"force_authn\" value=\"1\" checked"), "{}", wrong.text);
        let form = [
            ("signed", "yes"),
            ("allow_sha1", "1"),
            ("force_authn", "1"),
            ("authn_context", &format!("{PASSWORD}\r\n{TOKEN}\r\n")),
            ("comparison", "exact"),
            ("name_id_format", name_id_format::EMAIL),
            ("idp_initiated", "off"),
            ("binding", "post"),
        ];
        let desk = format!("{company}/desk/sign-on/{}?done=drafted", acme.connection.id);
        assert_eq!(operator.post(&at, &form).await.location(), desk);
        let token = t.api_token().await;
        let draft = crate::requests::at(&acme.connection).replace("/requests", "/draft");
        let shown = operator.api("GET", &draft, &token, None).await.json()["saml"]["requests"].clone();
        assert_eq!(shown["authn_context"], json!([PASSWORD, TOKEN]));
        assert_eq!((&shown["signed"], &shown["force_authn"]), (&json!(true), &json!(true)));
        assert_eq!((&shown["binding"], &shown["idp_initiated"]), (&json!("post"), &json!("off")));
        assert_eq!(shown["name_id_format"], name_id_format::EMAIL);
        let other = format!(
            "/console/organizations/{}/connections/{}/requests",
            t.organization("Globex").await.id,
            acme.connection.id
        );
        assert_eq!(operator.get(&other).await.status, 404);
        // What is not safe is told in red while it is in use.
        let sha1 = "may be signed with SHA-1";
        assert!(!operator.get(&company).await.text.contains(sha1));
        put_in_use(&t, &acme.connection, json!({"allow_sha1": true})).await;
        assert!(operator.get(&company).await.text.contains(sha1));
        put_in_use(&t, &acme.connection, json!({"allow_sha1": false})).await;
        assert!(!operator.get(&company).await.text.contains(sha1));
        // While it is being set up, nobody signs in through it and there is nothing beside it.
        let begun = t.draft(&acme.organization, "okta-saml").await;
        let Some(settings) = Settings::of(&acme.connection) else { panic!("SAML") };
        let mut tx = t.app.write().await.unwrap();
        let change = Change { settings: Some(settings), ..Change::default() };
        let begun = connection::change(&t.app, &mut tx, &begun, change, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let at = format!("{company}/connections/{}/requests", begun.id);
        operator.get(&at).await;
        assert_eq!(operator.post(&at, &[("signed", "yes")]).await.location(), format!("{at}?done=saved"));
        let shown = operator.api("GET", &crate::requests::at(&begun), &token, None).await.json();
        assert_eq!(shown["signed"], true);
        // A company's own administrator has no such link.
        let mut admin = t.administrator(&acme.organization, "boss@acme.test").await;
        assert!(!admin.get("/org/sign-on").await.text.contains("Sign-in requests"));
        t.assert_no_work().await;
    });
}
