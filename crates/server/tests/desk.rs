//! What operators do in the console and administrators at `/org`, act by act, on both databases.

use std::time::Duration;

use model::{Member, MemberStatus, OrganizationId, Role};
use serde_json::json;
use testkit::{Answer, TestApp, TestBrowser, each_database};

/// A company made in the console, with one attested domain. Its id.
async fn company(operator: &mut TestBrowser, name: &str, domain: &str) -> OrganizationId {
    let form = [("name", name), ("domains", domain), ("attest", "1")];
    let answer = operator.post("/console/organizations/new", &form).await;
    let id = answer.location().rsplit('/').next().expect("an id").parse();
    id.unwrap_or_else(|e| panic!("{e}: {}", answer.location()))
}

/// Somebody who is in already, and a browser where the person is signed in.
async fn person(t: &TestApp, organization: OrganizationId, email: &str, role: Role) -> (TestBrowser, Member) {
    let found = store::organization::lookup(&mut t.app.read().await.unwrap(), organization).await.unwrap();
    let (mut browser, member) = t.person(&found.expect("the company"), email, role).await;
    browser.get("/account").await;
    (browser, member)
}

async fn stored(t: &TestApp, member: &Member) -> Member {
    store::member::lookup_any(&mut t.app.read().await.unwrap(), member.id).await.unwrap().expect("the member")
}

async fn audited(t: &TestApp, action: &str) -> usize {
    let all = store::audit::list(&mut t.app.read().await.unwrap(), None, None, 200).await.unwrap();
    all.items.iter().filter(|entry| entry.action == action).count()
}

fn ok(answer: &Answer) -> &Answer {
    assert!(
        answer.status.is_success() || answer.status.is_redirection(),
        "{} {}",
        answer.status,
        answer.text
    );
    answer
}

/// The setup link on the page that shows it this once: its path.
fn link_on(answer: &Answer) -> String {
    let at =
        answer.text.find("http://127.0.0.1:8080/s/").unwrap_or_else(|| panic!("no link: {}", answer.text));
    let url: String =
        answer.text[at..].chars().take_while(|c| !c.is_whitespace() && !"<\"&".contains(*c)).collect();
    url.trim_start_matches("http://127.0.0.1:8080").to_owned()
}

async fn links(t: &TestApp, organization: OrganizationId) -> Vec<model::SetupLink> {
    store::link::list(&mut t.app.read().await.unwrap(), organization).await.unwrap()
}

#[tokio::test]
async fn a_setup_link_is_made_mailed_used_and_revoked_in_the_console() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let here = format!("/console/organizations/{acme}");
        let form =
            [("purpose", "sso"), ("purpose", "scim"), ("expires_in", "604800"), ("email", "it@acme.test")];
        let made = operator.post(&format!("{here}/setup-links"), &form).await;
        ok(&made);
        let path = link_on(&made);
        let link = links(&t, acme).await.remove(0);
        assert_eq!(link.sent_to.as_deref(), Some("it@acme.test"));
        assert_eq!(link.expires_at.since(link.created_at), Duration::from_hours(24 * 7));
        t.work().await;
        let mails = t.mails().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains(&path) && mails[0].recipient == "it@acme.test", "{}", mails[0].text);

        // Who has the link on the page sends it on from there, to an address that is one.
        let send = format!("{here}/desk/setup-links/{}/send", link.id);
        let url = format!("http://127.0.0.1:8080{path}");
        let wrong = operator.post(&send, &[("url", &url), ("email", "not an address")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("not an address"), "{}", wrong.text);
        ok(&operator.post(&send, &[("url", &url), ("email", "hr@acme.test")]).await);
        let guess = operator.post(&send, &[("url", "http://x/s/guess"), ("email", "hr@acme.test")]).await;
        assert_eq!(guess.status, 404);
        t.work().await;
        assert_eq!(t.mails().await.len(), 2);

        let mut admin = t.browser();
        ok(&admin.get(&path).await);
        assert!(links(&t, acme).await[0].last_used_at.is_none(), "programs open links too");
        let provider = format!("{path}/sso/providers/generic-saml");
        ok(&admin.get(&provider).await);
        let chosen = admin.post(&provider, &[]).await;
        assert_eq!(chosen.status, 303, "{}", chosen.text);
        let page = operator.get(&here).await;
        assert!(page.text.contains("hr@acme.test") && page.text.contains("Maren Okafor"), "{}", page.text);
        assert!(links(&t, acme).await[0].last_used_at.is_some(), "the first act is kept");
        let revoked = operator.post(&format!("{here}/desk/setup-links/{}/revoke", link.id), &[]).await;
        assert!(revoked.location().starts_with(&here), "{}", revoked.location());
        assert_eq!(t.browser().get(&path).await.status, 410);
        assert_eq!(operator.post(&send, &[("url", &url), ("email", "hr@acme.test")]).await.status, 404);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_setup_link_with_a_wrong_address_or_for_nothing_is_not_made() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let path = format!("/console/organizations/{acme}/setup-links");
        let wrong =
            operator.post(&path, &[("purpose", "sso"), ("expires_in", "86400"), ("email", "it@")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("value=\"it@\""), "{}", wrong.text);
        let nothing = operator.post(&path, &[("expires_in", "86400")]).await;
        assert!(nothing.status == 422 && nothing.text.contains("No link was made"), "{}", nothing.text);
        assert!(links(&t, acme).await.is_empty() && t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_companys_own_link_works_for_a_day_whatever_is_asked() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let (mut ada, _) = person(&t, acme, "ada@acme.test", Role::Admin).await;
        assert_eq!(ada.get("/org/members").await.status, 403, "self-service is off");
        ok(&operator
            .post(&format!("/console/organizations/{acme}/switches/self-service"), &[("on", "1")])
            .await);
        ok(&ada.get("/org/members").await);
        ok(&ada.post("/org/setup-links?purpose=scim", &[("expires_in", "7776000")]).await);
        let link = links(&t, acme).await.remove(0);
        assert_eq!(link.expires_at.since(link.created_at), Duration::from_hours(24));
        assert_eq!(link.created_by, "Ada Lovelace at Acme");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_operator_attests_a_domain_and_an_administrator_has_to_prove_it() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let here = format!("/console/organizations/{acme}");
        ok(&operator.post(&format!("{here}/switches/self-service"), &[("on", "1")]).await);
        let (mut ada, _) = person(&t, acme, "ada@acme.test", Role::Admin).await;
        ok(&ada.post("/org/domains", &[("domain", "acme-labs.test"), ("attest", "1")]).await);
        let domains = async || store::domain::list(&mut t.app.read().await.unwrap(), acme).await.unwrap();
        let labs = domains().await.into_iter().find(|d| d.name == "acme-labs.test").unwrap();
        assert_eq!(labs.status, model::DomainStatus::Pending);
        let public = ada.post("/org/domains", &[("domain", "gmail.com")]).await;
        assert!(public.status.is_client_error() && public.text.contains("gmail.com"), "{}", public.text);
        let before = audited(&t, "domain.verified").await;
        ok(&operator.post(&format!("{here}/domains"), &[("attest", &labs.id.to_string())]).await);
        assert_eq!(audited(&t, "domain.verified").await, before + 1);
        let labs = domains().await.into_iter().find(|d| d.name == "acme-labs.test").unwrap();
        assert_eq!(labs.status, model::DomainStatus::Verified);

        // A verified domain goes only after its effect was shown.
        let id = labs.id.to_string();
        let asked = ada.post(&format!("/org/domains?remove={id}"), &[]).await;
        assert!(asked.status == 200 && asked.text.contains("Yes, remove acme-labs.test"), "{}", asked.text);
        assert_eq!(domains().await.len(), 2);
        ok(&ada.post(&format!("/org/domains?remove={id}"), &[("sure", "yes")]).await);
        assert_eq!(domains().await.len(), 1);
        t.work().await;
    });
}

#[tokio::test]
async fn policy_and_defaults_are_kept_and_complete_who_came_before() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let desk = format!("/console/organizations/{acme}/desk");
        let form = [("firstName", "Bo"), ("lastName", "Berg"), ("email", "bo@acme.test"), ("country", "")];
        ok(&operator.post(&format!("{desk}/members/invite"), &form).await);
        let list = operator.get(&format!("{desk}/members?status=incomplete")).await;
        assert!(list.text.contains("country is missing"), "{}", list.text);

        let wrong =
            operator.post(&format!("{desk}/leavers"), &[("policy", "delete"), ("grace", "1000")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("0 to 720"), "{}", wrong.text);
        ok(&operator.post(&format!("{desk}/leavers"), &[("policy", "delete"), ("grace", "2")]).await);
        let settings = [
            ("jit", "no"),
            ("country", "SE"),
            ("role", "member"),
            ("currentCity", "Malmö"),
            ("currentState", "Skåne"),
        ];
        ok(&operator.post(&format!("{desk}/settings"), &settings).await);
        let org = store::organization::lookup(&mut t.app.read().await.unwrap(), acme).await.unwrap().unwrap();
        assert_eq!(
            (org.leaver_policy, org.erase_grace),
            (model::LeaverPolicy::Delete, Duration::from_hours(2))
        );
        assert_eq!((org.jit, org.defaults.current_state.as_deref()), (false, Some("Skåne")));
        t.work().await;
        let bo = store::member::lookup_email(&mut t.app.read().await.unwrap(), acme, "bo@acme.test").await;
        let bo = bo.unwrap().unwrap();
        assert_eq!((bo.status, bo.country.as_deref()), (MemberStatus::Invited, Some("SE")));
        assert_eq!(bo.current_city.as_deref(), Some("Malmö"));

        let token = t.api_token().await;
        let path = format!("/api/v1/organizations/{acme}");
        let body = json!({"defaults": {"currentCity": "", "country": "NO"}});
        let answer = operator.api("PATCH", &path, &token, Some(body)).await.json();
        assert_eq!(answer["defaults"]["currentCity"], json!(null));
        assert_eq!(answer["defaults"]["currentState"], json!("Skåne"));
        let wrong = json!({"defaults": {"birthYear": 1980}});
        assert!(operator.api("PATCH", &path, &token, Some(wrong)).await.status.is_client_error());
        t.work().await;
        t.assert_no_work().await;
        assert_eq!(t.mails().await.len(), 1, "one invitation, and none again");
    });
}

#[tokio::test]
async fn a_member_is_suspended_checked_out_brought_back_and_given_a_role() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        ok(&operator
            .post(&format!("/console/organizations/{acme}/switches/self-service"), &[("on", "1")])
            .await);
        let (mut ada, _) = person(&t, acme, "ada@acme.test", Role::Admin).await;
        let (mut bob, of_bob) = person(&t, acme, "bob@acme.test", Role::Member).await;
        let page = format!("/org/members/{}", of_bob.id);
        ok(&bob.get("/account").await);
        ok(&ada.post(&page, &[("do", "suspend")]).await);
        assert_eq!(stored(&t, &of_bob).await.status, MemberStatus::Suspended);
        assert_eq!(bob.get("/account").await.status, 303, "signed out at once");
        ok(&ada.post(&page, &[("do", "resume")]).await);
        assert_eq!(stored(&t, &of_bob).await.status, MemberStatus::Active);
        ok(&ada.post(&page, &[("do", "admin")]).await);
        assert_eq!(stored(&t, &of_bob).await.role, Role::Admin);
        ok(&ada.post(&page, &[("do", "member")]).await);

        let asked = ada.post(&page, &[("do", "leave")]).await;
        assert!(asked.text.contains("Yes, Ada Lovelace leaves"), "{}", asked.text);
        assert_eq!(stored(&t, &of_bob).await.status, MemberStatus::Active, "asked first");
        let id = of_bob.id.to_string();
        ok(&ada.post("/org/members", &[("do", "leave"), ("sure", "yes"), ("id", &id)]).await);
        assert_eq!(stored(&t, &of_bob).await.status, MemberStatus::Disconnected);
        let left = ada.get("/org/leavers").await;
        assert!(left.text.contains("bob@acme.test"), "{}", left.text);
        ok(&ada.post(&page, &[("do", "undo")]).await);
        assert_eq!(stored(&t, &of_bob).await.status, MemberStatus::Active);
        let told = ada.get(&page).await.text;
        for fact in
            ["Came back", "Left, by an administrator", "Suspension taken back", "Role changed to member"]
        {
            assert!(told.contains(fact), "{fact} not in {told}");
        }
        t.work().await;
        let mut mails: Vec<String> = t.mails().await.into_iter().map(|it| it.kind).collect();
        mails.sort();
        assert_eq!(
            mails,
            ["offboarding", "offboarding_void"],
            "the offer to keep the account, and that it is void"
        );
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn undo_works_until_the_grace_is_over() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let desk = format!("/console/organizations/{acme}/desk");
        ok(&operator.post(&format!("{desk}/leavers"), &[("policy", "delete"), ("grace", "24")]).await);
        let (_, bob) = person(&t, acme, "bob@acme.test", Role::Member).await;
        let id = bob.id.to_string();
        let leave = [("do", "leave"), ("sure", "yes"), ("id", id.as_str())];
        ok(&operator.post(&format!("{desk}/members"), &leave).await);
        assert_eq!(stored(&t, &bob).await.status, MemberStatus::Erasing);
        t.clock.advance(Duration::from_hours(23));
        let mut operator = t.operator().await;
        ok(&operator.post(&format!("{desk}/members"), &[("undo", &id)]).await);
        assert_eq!(stored(&t, &bob).await.status, MemberStatus::Active);
        ok(&operator.post(&format!("{desk}/members"), &leave).await);
        t.clock.advance(Duration::from_hours(25));
        let mut operator = t.operator().await;
        t.work().await;
        assert_eq!(operator.get(&format!("{desk}/members/{id}")).await.status, 404, "every record is gone");
        t.assert_no_work().await;
        assert!(t.mails().await.is_empty());
    });
}

#[tokio::test]
async fn the_last_administrator_is_not_taken_away_by_accident() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        ok(&operator
            .post(&format!("/console/organizations/{acme}/switches/self-service"), &[("on", "1")])
            .await);
        let (mut ada, of_ada) = person(&t, acme, "ada@acme.test", Role::Admin).await;
        let id = of_ada.id.to_string();
        let page = format!("/org/members/{id}");
        for form in [&[("do", "member")][..], &[("do", "suspend")]] {
            let answer = ada.post(&page, form).await;
            assert!(answer.status == 409 && answer.text.contains("no administrator"), "{}", answer.text);
        }
        for act in ["suspend", "leave"] {
            let answer = ada.post("/org/members", &[("do", act), ("sure", "yes"), ("id", &id)]).await;
            assert_eq!(answer.status, 409, "{act}: {}", answer.text);
        }
        assert_eq!(stored(&t, &of_ada).await, of_ada, "nothing was changed");
        ok(&ada.get("/org/members").await);

        // An operator may, on the page that says so.
        let desk = format!("/console/organizations/{acme}/desk/members");
        let asked = operator.post(&desk, &[("do", "leave"), ("id", &id)]).await;
        assert!(asked.text.contains("Acme has no administrator then."), "{}", asked.text);
        // With a second administrator everybody may.
        let (_, of_eve) = person(&t, acme, "eve@acme.test", Role::Admin).await;
        ok(&ada.post(&format!("/org/members/{}", of_eve.id), &[("do", "member")]).await);
        ok(&operator.post(&desk, &[("do", "leave"), ("sure", "yes"), ("id", &id)]).await);
        assert_eq!(stored(&t, &of_ada).await.status, MemberStatus::Disconnected);
        t.work().await;
        let mails = t.mails().await;
        let of_ada = mails.iter().filter(|it| it.recipient == "ada@acme.test").count();
        assert_eq!(of_ada, 1, "the offer to keep the account");
        assert!(mails.iter().any(|it| it.kind == "no_administrator"), "operators are told: {mails:?}");
        let jobs = store::job::list(&mut t.app.read().await.unwrap()).await.unwrap();
        let kinds: Vec<&str> = jobs.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(kinds, ["member.claim_reminder"], "once more before the offer ends");
    });
}

#[tokio::test]
async fn somebody_who_is_here_or_elsewhere_is_not_invited_and_the_form_says_why() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        company(&mut operator, "Globex", "globex.test").await;
        person(&t, acme, "ada@acme.test", Role::Member).await;
        let path = format!("/console/organizations/{acme}/desk/members/invite");
        for (email, why) in
            [("ada@acme.test", "is here already (active)"), ("x@globex.test", "another company")]
        {
            let form = [("firstName", "A"), ("lastName", "B"), ("email", email), ("country", "DE")];
            let answer = operator.post(&path, &form).await;
            assert!(
                answer.status == 422 && answer.text.contains(why) && answer.text.contains(email),
                "{}",
                answer.text
            );
        }
        assert!(t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_operator_invites_a_second_one_and_takes_her_out_again() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        ok(&operator.post("/console/operators", &[("email", "theo@vendor.example")]).await);
        t.work().await;
        let mail = t.mails().await.remove(0);
        let at = mail.text.find("/console/join/").expect("a link");
        let path = mail.text[at..].split_whitespace().next().unwrap().to_owned();
        let waiting = operator.get("/console/operators").await;
        assert!(waiting.text.contains("Invited, until"), "{}", waiting.text);

        let mut theo = t.browser();
        ok(&theo.get(&path).await);
        let short = theo.post(&path, &[("name", "Theo Lindt"), ("password", "short")]).await;
        assert_eq!(short.status, 422, "{}", short.text);
        let form =
            [("name", "Theo Lindt"), ("email", "other@vendor.example"), ("password", "a long one of Theo")];
        assert_eq!(theo.post(&path, &form).await.location(), "/console");
        assert_eq!(t.browser().get(&path).await.status, 410, "the link works once");
        let all = store::operator::list(&mut t.app.read().await.unwrap()).await.unwrap();
        let of_theo = all.iter().find(|o| o.name == "Theo Lindt").unwrap();
        assert_eq!(of_theo.email, "theo@vendor.example", "the invitation is for this address");

        let own = all.iter().find(|o| o.name == "Maren Okafor").unwrap();
        let remove = |id: &dyn std::fmt::Display| format!("/console/operators/{id}/remove");
        let answer = operator.post(&remove(&own.id), &[("sure", "yes")]).await;
        assert_eq!(answer.status, 409, "nobody takes out themselves");
        ok(&theo.get("/console").await);
        let asked = operator.post(&remove(&of_theo.id), &[]).await;
        assert!(asked.text.contains("Yes, remove Theo Lindt"), "{}", asked.text);
        ok(&operator.post(&remove(&of_theo.id), &[("sure", "yes")]).await);
        assert!(theo.get("/console").await.location().starts_with("/console/login"), "out at once");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_invitation_to_the_console_that_is_taken_back_opens_nothing() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        ok(&operator.post("/console/operators", &[("email", "theo@vendor.example")]).await);
        t.work().await;
        let mail = t.mails().await.remove(0);
        let at = mail.text.find("/console/join/").expect("a link");
        let path = mail.text[at..].split_whitespace().next().unwrap().to_owned();
        let open =
            store::invitation::list_open(&mut t.app.read().await.unwrap(), "operator", t.app.now()).await;
        let id = open.unwrap()[0].id;
        ok(&operator.post(&format!("/console/operators/invitations/{id}/remove"), &[]).await);
        assert_eq!(t.browser().get(&path).await.status, 410);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_revoked_api_token_stops_working_at_once() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let made = operator.post("/console/tokens", &[("name", "invoices")]).await;
        let at = made.text.find("fd_api_").expect("the token");
        let token: String =
            made.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        let mut program = t.browser();
        ok(&program.api("GET", "/api/v1/organizations", &token, None).await);
        let list = store::operator::list_api_tokens(&mut t.app.read().await.unwrap()).await.unwrap();
        let revoke = format!("/console/tokens/{}/revoke", list[0].id);
        let asked = operator.post(&revoke, &[]).await;
        assert!(asked.text.contains("Yes, revoke it"), "{}", asked.text);
        ok(&program.api("GET", "/api/v1/organizations", &token, None).await);
        ok(&operator.post(&revoke, &[("sure", "yes")]).await);
        let refused = program.api("GET", "/api/v1/organizations", &token, None).await;
        assert_eq!(refused.status, 401, "{}", refused.text);
        assert!(!operator.get("/console/tokens").await.text.contains("invoices"));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn the_icon_of_the_tab_is_served() {
    each_database!(|t| {
        let icon = t.browser().get("/favicon.ico").await;
        assert_eq!(
            (icon.status.as_u16(), icon.headers["content-type"].to_str().unwrap()),
            (200, "image/svg+xml")
        );
        assert!(t.browser().get("/login").await.text.contains("<link rel=\"icon\" href=\"/favicon.ico?v="));
    });
}

#[tokio::test]
async fn a_file_of_leavers_is_shown_by_name_before_anybody_leaves() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let acme = company(&mut operator, "Acme", "acme.test").await;
        let globex = company(&mut operator, "Globex", "globex.test").await;
        let (_, bob) = person(&t, acme, "bob@acme.test", Role::Member).await;
        let (_, eve) = person(&t, acme, "eve@acme.test", Role::Member).await;
        let (_, other) = person(&t, globex, "zoe@globex.test", Role::Member).await;
        let here = format!("/console/organizations/{acme}/desk/leavers");
        let file = format!("{here}/file");
        ok(&operator.get(&here).await);

        // What cannot be used is said on the page, and nobody leaves.
        for (content, said) in [
            (&b""[..], "No file was chosen"),
            (b"\x89PNG\r\n\x1a\n\0\0", "cannot be read"),
            (b"name\nBob\n", "cannot be read"),
            (b"Email\nzoe@globex.test\n", "Nobody of Acme is in this file"),
        ] {
            let name = if content.is_empty() { "" } else { "leavers.csv" };
            let refused = operator.upload(&file, &[], (name, content)).await;
            assert!(refused.status == 422 && refused.text.contains(said), "{said}: {}", refused.text);
        }
        let forged = t.browser().upload(&file, &[], ("leavers.csv", b"Email\nbob@acme.test\n")).await;
        assert_eq!(forged.status, 303, "a stranger is sent to sign in");

        let rows =
            "E-Mail;Note\nBOB@acme.test;leaves\nbob@acme.test;again\nnobody@acme.test;\n;\nno address;\n";
        let asked = operator.upload(&file, &[], ("leavers.csv", rows.as_bytes())).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        assert!(
            asked.text.contains("nobody@acme.test") && asked.text.contains("no address that we can read")
        );
        assert!(asked.text.contains(&bob.id.to_string()) && !asked.text.contains(&eve.id.to_string()));
        assert!(t.mails().await.is_empty(), "so far it was a question");

        let yes = [("do", "leave"), ("sure", "yes"), ("id", &*bob.id.to_string())];
        let done = operator.post(&format!("/console/organizations/{acme}/desk/members"), &yes).await;
        assert_eq!(done.status, 303, "{}", done.text);
        t.work().await;
        let letters: Vec<String> = t.mails().await.into_iter().map(|mail| mail.recipient).collect();
        assert_eq!(letters, ["bob@acme.test"]);
        let mut db = t.app.read().await.unwrap();
        let status = async |id| {
            store::member::lookup_any(&mut t.app.read().await.unwrap(), id).await.unwrap().unwrap().status
        };
        assert_eq!(status(bob.id).await, MemberStatus::Disconnected);
        assert_eq!(
            (status(eve.id).await, status(other.id).await),
            (MemberStatus::Active, MemberStatus::Active)
        );
        assert!(store::member::lookup_email(&mut db, acme, "nobody@acme.test").await.unwrap().is_none());
        drop(db);
        let again = operator.upload(&file, &[], ("leavers.csv", b"Email\nbob@acme.test\n")).await;
        assert!(again.status == 422 && again.text.contains("One person has left already"), "{}", again.text);
    });
}
