//! Every failure explained: to the person calmly, to the administrator and the operator in full, to others by a link.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::TraceId;
use saml::idp::{ContentCipher, EncryptFor, Signed};
use testkit::{Answer, SamlProvider, Says, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, company, rows};

const ANN: &str = "ann@acme.test";

/// An answer for another service, with a script where a name should be. The reference that Ann sees.
async fn refused(t: &TestApp, acme: &Company, email: &str) -> String {
    let mut browser = t.browser();
    let asked = acme.begins(&mut browser, email, "/").await;
    let says = Says {
        audience: "https://elsewhere.example/saml",
        acs_url: &asked.acs_url,
        in_response_to: Some(&asked.request),
        name_id: ("ann@acme.test", saml::name_id_format::EMAIL),
        attributes: &[("email", &["ann@acme.test"]), ("firstName", &["<script>alert(1)</script>"])],
    };
    let answer = asked.post(&mut browser, &acme.idp.signed(t, says)).await;
    let page = browser.get(answer.location()).await;
    assert_eq!(page.status, 403);
    // Calm: what exactly was wrong is not the person's to mend.
    assert!(!page.text.contains("elsewhere.example"), "{}", page.text);
    assert!(page.text.contains("/login/other"), "{}", page.text);
    t.clock.advance(Duration::from_secs(1));
    let at = page.text.find("ref_").expect("a reference");
    page.text[at..at + 30].to_owned()
}

async fn administrator(t: &TestApp, acme: &Company, email: &str) -> TestBrowser {
    let mut browser = t.administrator(&acme.organization, email).await;
    browser.get("/account").await;
    browser
}

async fn audited(t: &TestApp, action: &str) -> Vec<String> {
    let all = store::audit::list(&mut t.app.read().await.unwrap(), None, None, 200).await.unwrap();
    all.items.into_iter().filter(|it| it.action == action).map(|it| it.data).collect()
}

/// The link on the page that shows it this once.
fn link_on(page: &Answer) -> String {
    let at = page.text.find("http://127.0.0.1:8080/t/").unwrap_or_else(|| panic!("no link: {}", page.text));
    let url: String =
        page.text[at..].chars().take_while(|c| !c.is_whitespace() && !"<\"&".contains(*c)).collect();
    url.trim_start_matches("http://127.0.0.1:8080").to_owned()
}

#[tokio::test]
async fn the_administrator_and_the_operator_see_under_the_reference_what_was_expected_and_the_fix() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let reference = refused(&t, &acme, ANN).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let found = admin.get(&format!("/org/sign-ins?q={reference}")).await;
        assert_eq!(found.location(), format!("/org/sign-ins/{reference}"));
        let list = admin.get("/org/sign-ins?q=ANN%40acme.test&only=refused").await;
        assert!(list.text.contains(&reference), "{}", list.text);
        assert!(!admin.get("/org/sign-ins?q=nobody%40acme.test").await.text.contains(&reference));
        let mut operator = t.operator().await;
        for page in [
            admin.get(&format!("/org/sign-ins/{reference}")).await,
            operator.get(&format!("/console/sign-ins/{reference}")).await,
            operator
                .get(&format!("/console/organizations/{}/desk/sign-ins/{reference}", acme.organization.id))
                .await,
        ] {
            assert_eq!(page.status, 200, "{}", page.text);
            for words in
                ["https://elsewhere.example/saml", "Audience URI (SP Entity ID)", "audience_mismatch", "••••"]
            {
                assert!(page.text.contains(words), "{words}: {}", page.text);
            }
            assert!(page.text.contains(&format!("/saml/{}", acme.connection.id)), "what was expected");
            // Of the message, nothing about the person, and nothing of it as markup.
            assert!(!page.text.contains("alert(1)"), "{}", page.text);
        }
    });
}

#[tokio::test]
async fn a_refusal_before_any_verdict_is_found_under_its_reference_too() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let person = testkit::Person::new("u1", ANN);
        let mut ann = t.browser();
        // In another browser, too late, and after the connection was switched off.
        let asked = acme.begins(&mut ann, ANN, "/").await;
        let answer = acme.answers(&t, &mut ann, &asked, &person).await;
        let elsewhere = t.browser().get(answer.location()).await;
        let asked = acme.begins(&mut ann, ANN, "/").await;
        t.clock.advance(Duration::from_mins(61));
        let late = acme.answers(&t, &mut ann, &asked, &person).await;
        let asked = acme.begins(&mut ann, ANN, "/").await;
        let mut tx = t.app.write().await.unwrap();
        server::connection::deactivate(&t.app, &mut tx, &acme.connection, testkit::ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let off = acme.answers(&t, &mut ann, &asked, &person).await;
        let mut admin = administrator(&t, &acme, "bo@acme.test").await;
        for (page, status, code, words) in [
            (elsewhere, 403, "other_browser", "in another browser"),
            (late, 400, "sign_in_ended", "nobody waited for it"),
            (off, 403, "connection_inactive", "is switched off"),
        ] {
            assert_eq!(page.status, status, "{}", page.text);
            let at = page.text.find("ref_").expect("a reference");
            let found = admin.get(&format!("/org/sign-ins/{}", &page.text[at..at + 30])).await;
            assert!(found.status == 200 && found.text.contains(words), "{words}: {}", found.text);
            assert!(attempts(&t).await.iter().any(|it| it == code), "{code}");
        }
        // Strangers who post what nobody waits for fill no table.
        for _ in 0..40 {
            acme.answers(&t, &mut t.browser(), &asked, &person).await;
        }
        assert!(rows(&t, &["login_attempts"]).await[0] < 25);
    });
}

#[tokio::test]
async fn personal_data_of_a_message_is_shown_once_asked_for_with_a_reason() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let reference = refused(&t, &acme, ANN).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let path = format!("/org/sign-ins/{reference}");
        admin.get(&path).await;
        let refused = admin.post(&format!("{path}/unmask"), &[("reason", " ")]).await;
        assert!(refused.status == 422 && !refused.text.contains("alert(1)"), "{}", refused.text);
        assert!(audited(&t, "sign_in.unmasked").await.is_empty());
        let shown = admin.post(&format!("{path}/unmask"), &[("reason", "Ann called, ticket 12")]).await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains("alert(1)") && !shown.text.contains("<script>alert"), "{}", shown.text);
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert!(audited(&t, "sign_in.unmasked").await[0].contains("ticket 12"));
        assert!(!admin.get(&path).await.text.contains("alert(1)"), "the next look is masked again");
    });
}

/// Our certificate, as the connection's metadata publishes it.
async fn our_certificate(t: &TestApp, acme: &Company) -> Vec<u8> {
    let metadata = t.browser().get(&format!("/saml/{}/metadata", acme.connection.id)).await.text;
    let (_, after) = metadata.split_once("X509Certificate>").expect("a certificate");
    let (encoded, _) = after.split_once('<').unwrap();
    STANDARD.decode(encoded.split_whitespace().collect::<String>()).unwrap()
}

/// An encrypted answer for another service, of this provider and with this issuer inside.
async fn refused_encrypted(t: &TestApp, acme: &Company, inside: &SamlProvider) -> String {
    let mut browser = t.browser();
    let asked = acme.begins(&mut browser, ANN, "/").await;
    let says = Says {
        audience: "https://elsewhere.example/saml",
        acs_url: &asked.acs_url,
        in_response_to: Some(&asked.request),
        name_id: ("ann@acme.test", saml::name_id_format::EMAIL),
        attributes: &[("firstName", &["Hopper"])],
    };
    let cert_der = our_certificate(t, acme).await;
    let recipient =
        EncryptFor { cert_der: &cert_der, cipher: ContentCipher::Aes256Gcm, session_key: &[7; 32] };
    let answer = inside.answer(t, says, ("_resp1", "_asrt1"));
    let xml = answer.to_xml(&acme.idp.signer(), Signed::Both, Some(&recipient)).unwrap();
    // Around what is inside, the company's own provider speaks.
    let answer = asked.post(&mut browser, &STANDARD.encode(xml)).await;
    let page = browser.get(answer.location()).await;
    assert_eq!(page.status, 403);
    t.clock.advance(Duration::from_secs(1));
    let at = page.text.find("ref_").expect("a reference");
    page.text[at..at + 30].to_owned()
}

#[tokio::test]
async fn an_encrypted_message_is_shown_in_plain_and_masked_and_kept_as_it_came() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let reference = refused_encrypted(&t, &acme, &acme.idp).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let path = format!("/org/sign-ins/{reference}");
        let page = admin.get(&path).await.text;
        for there in ["audience_mismatch", "decrypted, personal data masked", "AttributeValue", "Audience&"] {
            assert!(page.contains(there), "{there}: {page}");
        }
        assert!(!page.contains("Hopper") && !page.contains("CipherValue"), "{page}");
        let shown = admin.post(&format!("{path}/unmask"), &[("reason", "Ann called")]).await.text;
        assert!(shown.contains("Hopper") && shown.contains("decrypted, with personal data"), "{shown}");
        let kept = t.contents().await;
        assert!(!format!("{:?}", kept["login_attempts"]).contains("Hopper"), "kept as it came");
        let id = reference.parse::<TraceId>().unwrap();
        let record = store::session::lookup_attempt(&mut t.app.read().await.unwrap(), id).await.unwrap();
        let message = STANDARD.decode(record.unwrap().message.unwrap()).unwrap();
        assert!(!String::from_utf8(message).unwrap().contains("AttributeValue"), "kept as it came");
    });
}

#[tokio::test]
async fn what_somebody_elses_provider_encrypted_for_us_is_not_opened_for_this_company() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let stolen_from = SamlProvider::of("globex.test");
        let reference = refused_encrypted(&t, &acme, &stolen_from).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let path = format!("/org/sign-ins/{reference}");
        admin.get(&path).await;
        let shown = admin.post(&format!("{path}/unmask"), &[("reason", "curious")]).await.text;
        assert!(shown.contains("CipherValue") && shown.contains("encrypted, as it came"), "{shown}");
        assert!(!shown.contains("Hopper"), "{shown}");
    });
}

#[tokio::test]
async fn another_companys_reference_is_unknown() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = company(&t, "Globex", "globex.test").await;
        let reference = refused(&t, &acme, ANN).await;
        let mut eve = administrator(&t, &globex, "eve@globex.test").await;
        let theirs = format!("/org/sign-ins/{reference}");
        let nothing = eve.get("/org/sign-ins/ref_00000000000000000000000000").await;
        let answer = eve.get(&theirs).await;
        assert_eq!((answer.status.as_u16(), nothing.status.as_u16()), (404, 404));
        for act in ["unmask", "shares", "shares/shr_00000000000000000000000000/end"] {
            let answer = eve.post(&format!("{theirs}/{act}"), &[("reason", "x"), ("hours", "1")]).await;
            assert_eq!(answer.status, 404, "{act}");
        }
        assert!(!eve.get("/org/sign-ins?q=ann%40acme.test").await.text.contains(&reference));
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let made = admin.post(&format!("{theirs}/shares"), &[("hours", "1")]).await;
        let share = made.text.split("/shares/shr_").nth(1).unwrap().split('/').next().unwrap().to_owned();
        // A link of Acme's cannot be ended through a sign-in of Globex's.
        let own = format!("/org/sign-ins/{}", refused(&t, &globex, "eve@globex.test").await);
        let answer = eve.post(&format!("{own}/shares/shr_{share}/end"), &[]).await;
        assert_eq!(answer.status, 404);
        assert_eq!(t.browser().get(&link_on(&made)).await.status, 200);
    });
}

#[tokio::test]
async fn a_shared_link_shows_the_explanation_without_a_session_until_it_ends() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let reference = refused(&t, &acme, ANN).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let path = format!("/org/sign-ins/{reference}");
        admin.get(&path).await;
        for hours in ["0", "169", "x"] {
            assert_eq!(
                admin.post(&format!("{path}/shares"), &[("hours", hours)]).await.status,
                422,
                "{hours}"
            );
        }
        assert_eq!(rows(&t, &["trace_shares"]).await, [0]);
        let masked = link_on(&admin.post(&format!("{path}/shares"), &[("hours", "1")]).await);
        let form = [("hours", "168"), ("unmasked", "yes")];
        let whole = link_on(&admin.post(&format!("{path}/shares"), &form).await);
        assert_eq!(audited(&t, "sign_in.shared").await.len(), 2);
        let kept = t.contents().await;
        assert!(
            !format!("{kept:?}").contains(masked.trim_start_matches("/t/")),
            "the token is kept as a hash"
        );
        let mut support = t.browser();
        let page = support.get(&masked).await;
        assert_eq!(page.status, 200);
        assert!(page.headers["x-robots-tag"].to_str().unwrap().contains("noindex"));
        assert!(page.text.contains("https://elsewhere.example/saml") && page.text.contains("a•••@acme.test"));
        assert!(!page.text.contains("ann@acme.test") && !page.text.contains("alert(1)"), "{}", page.text);
        // Nothing on it leads into the company's pages, or names its people.
        assert!(!page.text.contains("/org/") && !page.text.contains("/console"), "{}", page.text);
        let page = support.get(&whole).await;
        assert!(page.text.contains("ann@acme.test") && !page.text.contains("<script>alert"), "{}", page.text);
        support.get(&whole).await;
        let page = admin.get(&path).await;
        assert!(page.text.contains("opened once") && page.text.contains("opened 2 times"), "{}", page.text);
        // A guess, a slip and an old link get the same page.
        let guess = support.get("/t/4fK9mQ2xT7vZ1bN8").await;
        t.clock.advance(Duration::from_hours(1));
        let old = support.get(&masked).await;
        assert_eq!((guess.status.as_u16(), old.status.as_u16()), (410, 410));
        assert_eq!(guess.text, old.text);
        let end = page.text.split("action=\"").filter(|it| it.contains("/shares/shr_")).count();
        assert_eq!(end, 2);
        let page = admin.get(&path).await;
        let end = page.text.split("action=\"").find(|it| it.contains("/shares/shr_")).unwrap();
        let end = end.split('"').next().unwrap().to_owned();
        assert_eq!(admin.post(&end, &[]).await.location(), path);
        assert_eq!(support.get(&whole).await.status, 410);
        assert_eq!(rows(&t, &["sessions"]).await, [1], "a link signs nobody in");
    });
}

#[tokio::test]
async fn tokens_of_shared_links_are_not_guessed() {
    each_database!(|t| {
        let mut stranger = t.browser();
        let mut last = 0;
        for guess in 0..320 {
            last = stranger.get(&format!("/t/guess{guess}")).await.status.as_u16();
        }
        assert_eq!(last, 429);
    });
}

#[tokio::test]
async fn traces_go_when_their_days_are_over_and_with_the_person() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let old = refused(&t, &acme, ANN).await;
        let mut admin = administrator(&t, &acme, "boss@acme.test").await;
        let path = format!("/org/sign-ins/{old}");
        let link = link_on(&admin.post(&format!("{path}/shares"), &[("hours", "168")]).await);
        assert!(admin.get(&path).await.text.contains("31 March 2026"), "the page says how long it is kept");
        t.clock.advance(Duration::from_hours(24 * 30 - 1));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(attempts(&t).await.len(), 1);
        let young = refused(&t, &acme, ANN).await;
        t.clock.advance(Duration::from_hours(1));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(attempts(&t).await.len(), 1, "the young one stays");
        assert_eq!(rows(&t, &["trace_shares"]).await, [0]);
        assert_eq!(t.browser().get(&link).await.status, 410);
        let mut tx = t.app.write().await.unwrap();
        let found = store::session::lookup_attempt(&mut tx, young.parse::<TraceId>().unwrap()).await.unwrap();
        assert!(found.is_some());
        // More than one batch.
        for _ in 0..1100 {
            let mut it = found.clone().unwrap();
            it.id = t.app.id(TraceId::new);
            store::session::add_attempt(&mut tx, &it).await.unwrap();
        }
        tx.commit().await.unwrap();
        t.clock.advance(Duration::from_hours(24 * 30) + Duration::from_secs(1));
        server::job::tidy(&t.app).await.unwrap();
        assert!(attempts(&t).await.is_empty());
    });
}
