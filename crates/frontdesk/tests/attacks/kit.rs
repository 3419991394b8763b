//! Where the attacks go: the command line, and the assertion consumer service of a running application.

pub use crate::base::*;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Connection, ConnectionStatus, FlowId, Protocol};
use saml::Code;
use saml::idp::metadata_xml;
use saml::testing::{ACS, IDP, REQUEST, SP, TestKey, now};
use serde_json::{Value, json};
use server::Config;
use server::connection::{self, Input};
use store::session::Flow;
use testkit::{Answer, TestApp};

/// The message must be refused for one of these reasons.
#[track_caller]
pub fn refused(xml: &str, codes: &[Code]) {
    refused_bytes(xml.as_bytes(), codes);
}

/// The same for bytes that may not even be text.
#[track_caller]
pub fn refused_bytes(message: &[u8], codes: &[Code]) {
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    // The command takes what people copy from a browser's network view, the form field's name included.
    if !message.starts_with(b"SAMLResponse=") {
        let verdict = inspected(message);
        assert_eq!(verdict["accepted"], false, "by the command: {verdict}");
        let code = verdict["code"].as_str().unwrap_or_default();
        assert!(codes.contains(&code), "by the command as {code}, expected one of {codes:?}");
    }
    match posted(message) {
        // A form holds text: bytes that are none come in base64, and so are refused at a later step.
        Verdict::Refused(_) if std::str::from_utf8(message).is_err() => {}
        Verdict::Refused(code) => {
            assert!(codes.contains(&code.as_str()), "by the service as {code}, expected one of {codes:?}");
        }
        // Nothing in the form, or more than any form: there is no message to give a reason about.
        Verdict::Turned(status) => assert!(message.is_empty() || status == 413 || status == 400, "{status}"),
        Verdict::Taken => panic!("taken by the service"),
    }
}

/// The message must be taken by both.
#[track_caller]
pub fn taken(message: &[u8]) {
    assert_eq!(inspected(message)["accepted"], true);
    assert!(matches!(posted(message), Verdict::Taken));
}

/// What `frontdesk saml inspect` says.
fn inspected(message: &[u8]) -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("attacks").join(number.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let (metadata, response) = (folder.join("idp.xml"), folder.join("response"));
    std::fs::write(&metadata, provider()).unwrap();
    std::fs::write(&response, message).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_frontdesk"))
        .args(["saml", "inspect", "--json", "--sp-entity-id", SP, "--acs-url", ACS, "--request-id", REQUEST])
        .args(["--now", &now().to_string(), "--metadata"])
        .arg(metadata)
        .arg(response)
        .output()
        .unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let verdict: Value = serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.code(), Some(i32::from(verdict["accepted"] != true)));
    verdict
}

fn provider() -> String {
    metadata_xml(IDP, "https://idp.acme.test/sso", None, &[&TestKey::Rsa.signing_key().unwrap().cert_der])
}

enum Verdict {
    /// The sign-in goes on.
    Taken,
    /// Judged, and refused with this code.
    Refused(String),
    /// Not judged: what the request was answered.
    Turned(u16),
}

/// What the assertion consumer service makes of it. The verdict does not depend on the database.
fn posted(message: &[u8]) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut config = Config::new("https://frontdesk.test".parse().unwrap());
        config.allow_private_network = true;
        let t = TestApp::with(testkit::sqlite(), config).await;
        t.clock.set(now().into());
        let it = connection(&t).await;
        let flow = waiting(&t, &it).await;
        let value = std::str::from_utf8(message).map_or_else(|_| STANDARD.encode(message), str::to_owned);
        let relay_state = flow.to_string();
        let form = [("SAMLResponse", value.as_str()), ("RelayState", relay_state.as_str())];
        let path = ACS.trim_start_matches("https://frontdesk.test");
        let answer = t.browser().post_cross_site(path, &form).await;
        verdict(&t, flow, &answer).await
    })
}

async fn verdict(t: &TestApp, flow: FlowId, answer: &Answer) -> Verdict {
    let mut db = t.app.read().await.unwrap();
    let kept = store::session::lookup_flow(&mut db, flow, t.app.now()).await.unwrap().unwrap();
    let sessions = store::testing::contents(&mut db).await.unwrap()["sessions"].len();
    assert_eq!(sessions, 0, "nobody is signed in before the browser has come back");
    if answer.status != 303 {
        assert_eq!(kept.step, "sent", "what was not judged may still be answered");
        return Verdict::Turned(answer.status.as_u16());
    }
    let state: Value = serde_json::from_str(&kept.state).unwrap();
    match state["answer"]["refused"]["code"].as_str() {
        Some(code) => {
            let all = store::session::Attempts { limit: 10, ..store::session::Attempts::default() };
            let record = store::session::list_attempts(&mut db, &all).await.unwrap().items;
            assert_eq!(record.len(), 1);
            assert_eq!((record[0].accepted, record[0].code.as_str()), (false, code));
            Verdict::Refused(code.to_owned())
        }
        None => Verdict::Taken,
    }
}

/// The connection that the messages are for.
async fn connection(t: &TestApp) -> Connection {
    let organization = t.organization("Acme").await;
    t.domain(&organization, "acme.test").await;
    let input = Input::MetadataXml { xml: provider(), entity_id: None };
    let settings = connection::read_input(&t.app, "generic-saml", None, &input).await.unwrap();
    let it = Connection {
        id: SP.rsplit('/').next().unwrap().parse().unwrap(),
        organization_id: organization.id,
        protocol: Protocol::Saml,
        provider: "generic-saml".to_owned(),
        status: ConnectionStatus::Active,
        config: settings.to_text(),
        tested_at: None,
        last_login_at: None,
        created_at: t.app.now(),
        updated_at: t.app.now(),
    };
    let mut tx = t.app.write().await.unwrap();
    store::connection::add(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    it
}

/// A sign-in that waits for the answer to the request of the messages.
async fn waiting(t: &TestApp, it: &Connection) -> FlowId {
    let state = json!({
        "connection": it.id.to_string(),
        "organization": it.organization_id.to_string(),
        "return_to": "/account",
        "protocol": {"request_id": REQUEST},
    });
    let flow = Flow {
        id: t.app.id(FlowId::new),
        browser: t.app.token("").hash(),
        step: "sent".to_owned(),
        state: state.to_string(),
        created_at: t.app.now(),
        expires_at: t.app.now().after(std::time::Duration::from_hours(1)),
    };
    let mut tx = t.app.write().await.unwrap();
    store::session::add_flow(&mut tx, &flow).await.unwrap();
    tx.commit().await.unwrap();
    flow.id
}
