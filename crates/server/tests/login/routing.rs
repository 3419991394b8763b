//! One domain, several connections: who is led where, what a choice is worth, and what stays as it was.

use std::time::Duration;

use model::{Connection, DirectoryStatus, Role};
use serde_json::{Value, json};
use testkit::{Answer, Person, SamlProvider, TestApp, TestBrowser, each_database};

use crate::company::{Company, company, is_signed_in, types};

const ANN: Person<'static> = Person::new("u1", "ann@acme.test");
const BOB: Person<'static> = Person::new("u2", "bob@acme.test");

/// Acme signs in through one provider and tries a second one.
struct Two {
    old: Company,
    new: Company,
    token: String,
}

impl Two {
    async fn of(t: &TestApp) -> Self {
        let old = company(t, "Acme", "acme.test").await;
        t.clock.advance(Duration::from_secs(1));
        let idp = SamlProvider::of("new.acme.test");
        let connection = t.saml_connection(&old.organization, &idp).await;
        let new = Company { organization: old.organization.clone(), idp, connection };
        Self { old, new, token: t.api_token().await }
    }

    fn path(&self, domain: &str) -> String {
        format!("/api/v1/organizations/{}/domains/{domain}/routing", self.old.organization.id)
    }

    async fn put(&self, t: &TestApp, body: Value) -> Answer {
        t.browser().api("PUT", &self.path("acme.test"), &self.token, Some(body)).await
    }

    /// These rules, then the old connection for everybody else.
    async fn rules(&self, t: &TestApp, rules: Value) {
        let body =
            json!({"rules": rules, "everybody_else": {"connection": self.old.connection.id.to_string()}});
        let done = self.put(t, body).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }

    async fn pilot(&self, t: &TestApp, emails: &[&str]) {
        self.rules(t, json!([{"pilot": emails, "connection": self.new.connection.id.to_string()}])).await;
    }

    async fn choice(&self, t: &TestApp) {
        let ids = [&self.old, &self.new].map(|it| it.connection.id.to_string());
        let done = self.put(t, json!({"rules": [], "everybody_else": {"choose": ids}})).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }

    /// Which of the two an address is sent to.
    async fn sent(&self, t: &TestApp, email: &str) -> &'static str {
        self.which(&types(&mut t.browser(), "/login", email, "/wanted").await)
    }

    fn which(&self, answer: &Answer) -> &'static str {
        match answer.location() {
            to if to.starts_with(&self.old.idp.sso_url) => "old",
            to if to.starts_with(&self.new.idp.sso_url) => "new",
            to => panic!("sent to {to}"),
        }
    }
}

async fn switch(t: &TestApp, it: &Connection, on: bool) {
    let mut tx = t.app.write().await.unwrap();
    if on {
        server::connection::activate(&t.app, &mut tx, it, testkit::ACTOR).await.unwrap();
    } else {
        server::connection::deactivate(&t.app, &mut tx, it, testkit::ACTOR).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn events(t: &TestApp, kind: &str) -> Vec<Value> {
    let mut db = t.app.read().await.unwrap();
    let all = store::event::list_after(&mut db, 0, 1000).await.unwrap();
    all.iter().filter(|it| it.kind == kind).map(|it| serde_json::from_str(&it.data).unwrap()).collect()
}

async fn audited(t: &TestApp, action: &str) -> usize {
    t.rows("audit_log", action).await
}

#[tokio::test]
async fn a_pilot_uses_the_new_connection_and_everybody_else_the_old_one() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        assert_eq!(two.sent(&t, ANN.email).await, "new", "without rules the newest serves everybody");
        two.pilot(&t, &["Ann@ACME.test"]).await;
        assert_eq!(two.sent(&t, ANN.email).await, "new");
        assert_eq!(two.sent(&t, BOB.email).await, "old");
        let told = events(&t, "domain.routing_changed").await;
        assert_eq!((told.len(), &told[0]["pilots"]), (1, &json!(1)));
        assert!(!told[0].to_string().contains("ann@"), "events name no people: {}", told[0]);
        assert_eq!(audited(&t, "domain.routing_changed").await, 1);

        // Whoever is in the pilot comes in with the account that was there, by address.
        let mut ann = t.browser();
        assert_eq!(two.new.signs_in(&t, &mut ann, &ANN).await.location(), "/wanted");
        assert!(is_signed_in(&mut ann).await);
        assert_eq!(audited(&t, "sign_in.other_connection").await, 0);

        // A connection that is switched off leads nobody into a wall.
        switch(&t, &two.new.connection, false).await;
        assert_eq!(two.sent(&t, ANN.email).await, "old");
        switch(&t, &two.new.connection, true).await;
        switch(&t, &two.old.connection, false).await;
        assert_eq!(two.sent(&t, BOB.email).await, "new");
        switch(&t, &two.new.connection, false).await;
        let own = types(&mut t.browser(), "/login", ANN.email, "/wanted").await;
        assert_eq!(own.status, 200, "nothing is active: the ways of one's own");
    });
}

#[tokio::test]
async fn members_of_a_directory_group_are_told_apart_as_the_directory_says() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        let (directory, token) =
            t.directory(&two.old.organization, "custom-scim2", DirectoryStatus::Active).await;
        let scim = format!("/scim/v2/{}", directory.id);
        let mut feed = t.browser();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann", "active": true,
            "emails": [{"value": "a.lee@acme.test", "primary": true}, {"value": ANN.email}],
        });
        let user = feed.api("POST", &format!("{scim}/Users"), &token, Some(user)).await.json();
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Sales",
            "members": [{"value": user["id"]}],
        });
        let group = feed.api("POST", &format!("{scim}/Groups"), &token, Some(group)).await.json();
        let connection = two.new.connection.id.to_string();
        two.rules(&t, json!([{"group": group["id"], "connection": connection}])).await;
        assert_eq!(two.sent(&t, "a.lee@acme.test").await, "new");
        assert_eq!(two.sent(&t, ANN.email).await, "new", "by any of the addresses");
        assert_eq!(two.sent(&t, BOB.email).await, "old");
        let gone = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "remove", "path": format!("members[value eq {}]", user["id"])}],
        });
        let path = format!("{scim}/Groups/{}", group["id"].as_str().unwrap());
        let done = feed.api("PATCH", &path, &token, Some(gone)).await;
        assert!(done.status.is_success(), "{}", done.text);
        assert_eq!(two.sent(&t, ANN.email).await, "old");

        // Another organization's group is not there for this one.
        let other = company(&t, "Other", "other.test").await;
        let path = format!("/api/v1/organizations/{}/domains/other.test/routing", other.organization.id);
        let rule = json!([{"group": group["id"], "connection": other.connection.id.to_string()}]);
        let refused = t.browser().api("PUT", &path, &two.token, Some(json!({"rules": rule}))).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!("group")));
    });
}

#[tokio::test]
async fn where_people_choose_the_choice_is_remembered_and_opens_nothing() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        two.choice(&t).await;
        let mut ann = t.browser();
        let page = types(&mut ann, "/login", ANN.email, "/wanted").await;
        assert!(page.status == 200 && page.text.contains("Which sign-in do you use?"), "{}", page.text);
        let picked = two.old.connection.id.to_string();
        let form = [("email", ANN.email), ("connection", picked.as_str())];
        let sent = ann.post("/login/choose?return_to=%2Fwanted", &form).await;
        let asked = two.old.idp.reads(sent.location());
        let answer = two.old.answers(&t, &mut ann, &asked, &ANN).await;
        assert_eq!(ann.get(answer.location()).await.location(), "/wanted");
        assert_eq!(audited(&t, "sign_in.other_connection").await, 0, "what was offered is no other way");

        // The same browser is not asked again, unless the person wants to be.
        ann.post("/logout", &[]).await;
        assert_eq!(two.which(&types(&mut ann, "/login", ANN.email, "/wanted").await), "old");
        assert!(ann.get("/login").await.text.contains("Choose again"));
        ann.get("/login?choose=again").await;
        let again = ann.post("/login?choose=again", &[("email", ANN.email)]).await;
        assert!(again.text.contains("Which sign-in"), "{}", again.text);
        // A hint of the application leads the same way.
        let hinted = ann.get("/login?login_hint=ann%40acme.test").await;
        assert_eq!(two.which(&hinted), "old");
        let fresh = t.browser().get("/login?login_hint=ann%40acme.test").await;
        assert!(fresh.text.contains("Which sign-in"), "{}", fresh.text);
        let alone = t.browser().get(&format!("/login?organization={}", two.old.organization.id)).await;
        assert!(alone.text.contains("Email address"), "the address decides: {}", alone.text);

        // What the cookie or a form names counts only among what the rules offer.
        let other = company(&t, "Other", "other.test").await;
        let mut eve = t.browser();
        eve.get("/login").await;
        for foreign in [other.connection.id.to_string(), "rubbish".to_owned()] {
            let form = [("email", ANN.email), ("connection", foreign.as_str())];
            let answer = eve.post("/login/choose", &form).await;
            let asked = answer.status == 200 && answer.text.contains("Which sign-in");
            assert!(asked || answer.location().starts_with("/login"), "{}", answer.text);
        }
        two.pilot(&t, &[BOB.email]).await;
        let form = [("email", BOB.email), ("connection", picked.as_str())];
        let led = eve.post("/login/choose", &form).await;
        assert_eq!(two.which(&led), "new", "a rule goes before a choice");
    });
}

#[tokio::test]
async fn a_sign_in_through_another_active_connection_of_the_company_is_taken_and_told() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        two.pilot(&t, &[ANN.email]).await;
        // Bob starts at the new provider's page of applications, where he should use the old one.
        let mut bob = t.browser();
        let sent = bob.get(&format!("/login?connection={}&return_to=/wanted", two.new.connection.id)).await;
        let asked = two.new.idp.reads(sent.location());
        let answer = two.new.answers(&t, &mut bob, &asked, &BOB).await;
        assert_eq!(bob.get(answer.location()).await.location(), "/wanted");
        assert_eq!(audited(&t, "sign_in.other_connection").await, 1);
        let rows = t.contents().await;
        let attempts = format!("{:?}", rows["login_attempts"]);
        assert!(attempts.contains("while the rules of acme.test lead to"), "{attempts}");

        // Never through another organization's, whatever its provider says of the address.
        let other = company(&t, "Other", "other.test").await;
        let mut eve = t.browser();
        let sent = eve.get(&format!("/login?connection={}", other.connection.id)).await;
        let asked = other.idp.reads(sent.location());
        let answer = other.answers(&t, &mut eve, &asked, &ANN).await;
        assert_eq!(eve.get(answer.location()).await.status, 403);
        // Nor through one that was switched off meanwhile.
        let mut late = t.browser();
        let sent = late.get(&format!("/login?connection={}", two.new.connection.id)).await;
        let asked = two.new.idp.reads(sent.location());
        let answer = two.new.answers(&t, &mut late, &asked, &BOB).await;
        switch(&t, &two.new.connection, false).await;
        assert_eq!(late.get(answer.location()).await.status, 403);
        assert!(!is_signed_in(&mut late).await);
    });
}

#[tokio::test]
async fn a_requirement_rests_for_those_whose_connection_nobody_came_in_through_yet() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        two.rules(&t, json!([])).await;
        let ann = t.account(ANN.email).await;
        t.member(&two.old.organization, &ann, Role::Admin).await;
        two.old.signs_in(&t, &mut t.browser(), &ANN).await;
        two.old.signs_in(&t, &mut t.browser(), &BOB).await;
        let sso = two.path("acme.test").replace("/routing", "/sso");
        let done = t.browser().api("PUT", &sso, &two.token, Some(json!({"required": true}))).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let closed = async |email: &str| {
            let mut browser = t.browser();
            browser.get("/login/other").await;
            browser.post("/login/other", &[("email", email)]).await.status == 403
        };
        assert!(closed(ANN.email).await && closed(BOB.email).await);
        two.pilot(&t, &[ANN.email]).await;
        assert!(!closed(ANN.email).await, "the new connection is not proven");
        assert!(closed(BOB.email).await);
        two.new.signs_in(&t, &mut t.browser(), &ANN).await;
        assert!(closed(ANN.email).await);
    });
}

#[tokio::test]
async fn rules_that_cannot_be_kept_are_refused_and_change_nothing() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        two.pilot(&t, &[ANN.email]).await;
        let before = t.browser().api("GET", &two.path("acme.test"), &two.token, None).await.json();
        let new = two.new.connection.id.to_string();
        let draft = t.draft(&two.old.organization, "okta-saml").await.id.to_string();
        for (body, field) in [
            (json!({"rules": [{"pilot": ["eve@elsewhere.test"], "connection": new}]}), "pilot"),
            (json!({"rules": [{"pilot": ["*@acme.test"], "connection": new}]}), "pilot"),
            (json!({"rules": [{"pilot": [], "connection": new}]}), "pilot"),
            (json!({"rules": [{"pilot": [ANN.email], "connection": draft}]}), "connection"),
            (json!({"rules": [{"pilot": [ANN.email], "group": "grp_x", "connection": new}]}), "rules"),
            (json!({"rules": [{"connection": new}]}), "rules"),
            (json!({"rulez": []}), "rules"),
            (json!({"everybody_else": {"choose": [new]}}), "choose"),
            (json!({"everybody_else": {"choose": [new, new]}}), "choose"),
            (json!({"everybody_else": {"connection": "con_x"}}), "everybody_else.connection"),
        ] {
            let refused = two.put(&t, body.clone()).await;
            assert_eq!(refused.status, 422, "{body}: {}", refused.text);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
        }
        let after = t.browser().api("GET", &two.path("acme.test"), &two.token, None).await.json();
        assert_eq!(before, after);
        assert_eq!(after["rules"][0]["pilot"], json!([ANN.email]));
        let asked = format!("{}?email=ann@acme.test", two.path("acme.test"));
        let asked = t.browser().api("GET", &asked, &two.token, None).await.json();
        assert_eq!(asked["email"]["connection"], json!(new));
        let cleared = t.browser().api("DELETE", &two.path("acme.test"), &two.token, None).await;
        assert_eq!((cleared.status.as_u16(), cleared.json()["rules"].clone()), (200, json!([])));
        assert_eq!(events(&t, "domain.routing_changed").await.len(), 2);
        let foreign = t.browser().api("GET", &two.path("other.test"), &two.token, None).await;
        assert_eq!(foreign.status, 404);
    });
}

async fn act(browser: &mut TestBrowser, path: &str, form: &[(&str, &str)]) -> Answer {
    browser.post(path, form).await
}

#[tokio::test]
async fn an_administrator_manages_the_rules_on_a_page() {
    each_database!(|t| {
        let two = Two::of(&t).await;
        let ann = t.account(ANN.email).await;
        let member = t.member(&two.old.organization, &ann, Role::Admin).await;
        let mut browser = t.browser();
        t.session(&mut browser, &ann, Some(&member)).await;
        let listed = browser.get("/org/domains").await;
        let at = listed.text.find("/org/domains/dom_").expect("a link to the rules");
        let path = listed.text[at..].split('"').next().unwrap().to_owned();
        let page = browser.get(&path).await;
        assert!(page.text.contains("Everybody else") && page.text.contains("Okta"), "{}", page.text);
        let (old, new) = (two.old.connection.id.to_string(), two.new.connection.id.to_string());
        let pilot = [("act", "pilot"), ("pilot", "ann@acme.test\r\nbob@acme.test"), ("connection", &new)];
        assert_eq!(act(&mut browser, &path, &pilot).await.status, 303);
        let wrong = [("act", "pilot"), ("pilot", "eve@elsewhere.test"), ("connection", &new)];
        let refused = act(&mut browser, &path, &wrong).await;
        assert!(
            refused.status == 422 && refused.text.contains("“eve@elsewhere.test” is not an address"),
            "{}",
            refused.text
        );
        let last = [("act", "everybody"), ("everybody", old.as_str())];
        assert_eq!(act(&mut browser, &path, &last).await.status, 303);
        let one = [("act", "everybody"), ("everybody", "choose"), ("choose", old.as_str())];
        assert!(act(&mut browser, &path, &one).await.text.contains("at least two different connections"));
        let page = browser.get(&format!("{path}?email=bob@acme.test")).await;
        assert!(
            page.text.contains("2 named addresses") && page.text.contains("Rule 1 fits"),
            "{}",
            page.text
        );
        let rule = page.input("rule").expect("the rule's id");
        let fewer = [("act", "pilots"), ("rule", rule.as_str()), ("pilot", "ann@acme.test")];
        assert_eq!(act(&mut browser, &path, &fewer).await.status, 303);
        assert_eq!(two.sent(&t, BOB.email).await, "old");
        assert_eq!(act(&mut browser, &path, &[("act", "remove"), ("rule", &rule)]).await.status, 303);
        assert_eq!(two.sent(&t, ANN.email).await, "old");
        assert_eq!(act(&mut browser, &path, &[("act", "up"), ("rule", &rule)]).await.status, 404);
    });
}
