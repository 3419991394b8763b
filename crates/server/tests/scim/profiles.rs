//! What a directory says of a person becomes the person's profile: in any spelling, from any place, and what cannot be read is
//! told with the reason.

use model::{DirectoryStatus, Role};
use serde_json::{Value, json};
use server::directory::DirectoryConfig;
use testkit::{TestApp, each_database};

use crate::feed::{Feed, person};

/// Something else in what is sent of a person; the text is the name of our own extension.
type Change = fn(&mut Value, &str);

/// Every page and answer where the company looks for what could not be read.
async fn told(t: &TestApp, feed: &Feed, address: &str) -> [String; 4] {
    let mut browser = t.operator().await;
    let desk = format!("/console/organizations/{}/desk", feed.org.id);
    let member = feed.member(address).await.expect("a member").id;
    [
        browser.get(&feed.desk("/health")).await.text,
        browser.get(&feed.desk("/mapping")).await.text,
        browser.get(&format!("{desk}/members/{member}")).await.text,
        feed.api(t, "GET", "/health", None).await.text,
    ]
}

#[tokio::test]
async fn all_eight_fields_and_the_vendors_own_are_read_each_from_its_first_place_that_has_one() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let config = json!({
            "rules": {
                "firstName": ["nickName", "name.givenName"],
                "currentCity": ["addresses[type eq \"home\"].locality", "urn:acme:2.0:User:seat"],
                "plan": ["*:plan"],
                "costCenter": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"],
            },
        });
        feed.configure(&config).await;
        feed.sends("ann@acme.test", |it| {
            it["addresses"] = json!([{"type": "work", "region": "Bayern", "country": "Deutschland"}]);
            it["urn:acme:2.0:User"] = json!({"plan": "plus", "seat": "Ulm"});
            it["urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User"] =
                json!({"birthYear": "1984", "role": "Administrator"});
            it["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"costCenter": 4711});
        })
        .await;
        let ann = feed.member("ann@acme.test").await.unwrap();
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        assert_eq!((text(&ann.first_name), text(&ann.last_name)), ("Jonas".into(), "ann".into()));
        assert_eq!((text(&ann.country), text(&ann.current_state)), ("DE".into(), "Bayern".into()));
        assert_eq!(
            (text(&ann.current_city), ann.birth_year, ann.role),
            ("Ulm".into(), Some(1984), Role::Admin)
        );
        let extra: Value = serde_json::from_str(&ann.extra).unwrap();
        assert_eq!(extra, json!({"plan": "plus", "costCenter": "4711"}));
        assert_eq!(ann.unread, "[]");
    });
}

#[tokio::test]
async fn a_country_is_known_in_whatever_way_it_is_written() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        for (number, (written, code)) in [
            ("DE", "DE"),
            ("deu", "DE"),
            ("276", "DE"),
            ("Bundesrepublik Deutschland", "DE"),
            ("ALLEMAGNE", "DE"),
            (" United  States of America ", "US"),
            ("U.S.A.", "US"),
            ("États-Unis", "US"),
            ("UK", "GB"),
            ("England", "GB"),
            ("Cote d'Ivoire", "CI"),
            ("Türkiye", "TR"),
            ("Korea, Republic of", "KR"),
            ("日本", "JP"),
            ("Россия", "RU"),
            ("Österreich", "AT"),
            ("Osterreich", "AT"),
            ("Czech Republic", "CZ"),
            ("The Netherlands", "NL"),
        ]
        .into_iter()
        .enumerate()
        {
            let address = format!("p{number}@acme.test");
            feed.sends(&address, |it| it["addresses"][0]["country"] = json!(written)).await;
            let member = feed.member(&address).await.unwrap();
            assert_eq!(member.country.as_deref(), Some(code), "{written}: {}", member.unread);
        }
    });
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_reason_wherever_the_company_looks() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let own = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";
        let cases: [(&str, Change, &str, &str); 8] = [
            ("land", |it, _| it["addresses"][0]["country"] = json!("D-A-CH"), "D-A-CH", "not one country"),
            ("place", |it, _| it["addresses"][0]["country"] = json!("Atlantis"), "Atlantis", "country"),
            (
                "two",
                |it, _| {
                    it["addresses"] =
                        json!([{"type": "home", "country": "FR"}, {"type": "other", "country": "IT"}]);
                },
                "FR, IT",
                "several",
            ),
            ("young", |it, own| it[own] = json!({"birthYear": 2020}), "2020", "year"),
            (
                "odd",
                |it, _| it["urn:acme:2.0:User"] = json!({"birthYear": "the eighties"}),
                "the eighties",
                "year",
            ),
            ("king", |it, own| it[own] = json!({"role": "king"}), "king", "role"),
            ("far", |it, own| it[own] = json!({"birthYear": 3000}), "3000", "year"),
            (
                "box",
                |it, _| it["urn:acme:2.0:User"] = json!({"birthYear": {"year": 1984}}),
                "1984",
                "parts of its own",
            ),
        ];
        for (name, change, received, reason) in cases {
            let address = format!("{name}@acme.test");
            feed.sends(&address, |it| change(it, own)).await;
            let [health, mapping, member, api] = told(&t, &feed, &address).await;
            let line = health.split("<tr>").skip(1).find(|row| row.contains(&address));
            let line = line.unwrap_or_else(|| {
                panic!(
                    "{name} is not on the page about health: {}",
                    health.split("<main").nth(1).unwrap_or_default()
                )
            });
            assert!(line.contains(received) && line.contains(reason), "{name}: {line}");
            for (place, text) in [("mapping", mapping), ("member", member), ("api", api)] {
                assert!(text.contains(received), "{name}: {received} is not in {place}: {text}");
            }
        }
    });
}

#[tokio::test]
async fn another_name_and_address_at_the_provider_are_the_same_persons() {
    each_database!(|t| {
        for (number, provider) in ["okta-scim", "entra-scim"].into_iter().enumerate() {
            let domain = format!("acme{number}.test");
            let feed = Feed::new(&t, &domain, provider, DirectoryStatus::Active).await;
            let (old, new) = (format!("ann@{domain}"), format!("ann.miller@{domain}"));
            let id = feed.user(&old).await;
            let before = feed.member(&old).await.unwrap();
            let at = format!("/Users/{id}");
            if provider == "okta-scim" {
                let mut whole = person(&new);
                whole["externalId"] = json!(format!("ext-{old}"));
                whole["name"] = json!({"givenName": "Ann", "familyName": "Miller"});
                assert_eq!(feed.call("PUT", &at, Some(whole)).await.status, 200);
            } else {
                let operations = json!([
                    {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": new},
                    {"op": "Replace", "path": "userName", "value": new},
                    {"op": "Replace", "path": "name.familyName", "value": "Miller"},
                ]);
                assert_eq!(feed.patch(&at, operations).await.status, 200);
            }
            let after = feed.member(&new).await.expect("the member has the new address");
            assert_eq!((after.id, after.account_id), (before.id, before.account_id));
            assert_eq!(after.last_name.as_deref(), Some("Miller"));
            assert!(feed.member(&old).await.is_none());
            let account = after.account_id.expect("an account");
            let mut db = t.app.read().await.unwrap();
            let account = store::account::lookup(&mut db, account).await.unwrap().unwrap();
            assert_eq!(account.email, new, "the sign-in with the new address finds the same account");
        }
    });
}

#[tokio::test]
async fn an_address_that_is_not_the_companys_to_change_stays_with_the_account() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        // The person's own account, known to the company by a private address; and one whose new address is taken.
        let id = feed.user("ann@acme.test").await;
        let ann = feed.member("ann@acme.test").await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let own = store::account::lookup(&mut tx, ann.account_id.unwrap()).await.unwrap().unwrap();
        let own = model::Account { email: "ann@home.example".to_owned(), ..own };
        store::account::update(&mut tx, &own).await.unwrap();
        tx.commit().await.unwrap();
        let taken = t.account("taken@acme.test").await;
        let bob = feed.user("bob@acme.test").await;
        for (id, to) in [(&id, "ann.miller@acme.test"), (&bob, "bob@elsewhere.example")] {
            let change = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": to}]);
            assert_eq!(feed.patch(&format!("/Users/{id}"), change).await.status, 200);
        }
        let mut db = t.app.read().await.unwrap();
        let mail = async |db: &mut _, id| store::account::lookup(db, id).await.unwrap().unwrap().email;
        assert_eq!(mail(&mut db, own.id).await, "ann@home.example");
        assert_eq!(mail(&mut db, taken.id).await, "taken@acme.test");
        let bob = store::member::lookup_email(&mut db, feed.org.id, "bob@elsewhere.example").await.unwrap();
        let account = bob.and_then(|it| it.account_id).expect("bob's account");
        assert_eq!(mail(&mut db, account).await, "bob@acme.test", "nobody has proven the other domain");
    });
}

#[tokio::test]
async fn roles_of_a_large_group_go_with_its_name_its_members_and_its_rule() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        t.operator_cookie().await;
        let mut ids = Vec::new();
        for number in 0..205 {
            ids.push(feed.user(&format!("p{number}@acme.test")).await);
        }
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let group = feed.group("Leads", &all).await;
        let config = json!({"roles": [{"group": "Leads", "role": "admin"}]});
        feed.configure(&config).await;
        let admins = async || {
            t.work().await;
            let mut db = t.app.read().await.unwrap();
            store::member::admins(&mut db, feed.org.id, 1000).await.unwrap().len()
        };
        let at = format!("/Groups/{group}");
        let named = async |name: &str| {
            let whole = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name,
                "members": all.iter().map(|id| json!({"value": id})).collect::<Vec<_>>()});
            assert_eq!(feed.call("PUT", &at, Some(whole)).await.status, 200);
        };
        named("Former leads").await;
        assert_eq!(admins().await, 0);
        named("LEADS").await;
        assert_eq!(admins().await, 205, "renamed by a whole replacement");
        let empty = json!([{"op": "replace", "path": "members", "value": []}]);
        assert!(feed.patch(&at, empty).await.status.is_success());
        assert_eq!(admins().await, 0, "emptied");
        named("Leads").await;
        assert_eq!(admins().await, 205);
        // The rule itself goes: so does what it gave, as the page about it says before it is kept.
        let mut browser = t.operator().await;
        let page = feed.desk("/mapping");
        browser.get(&page).await;
        let drop = [("rules", "1"), ("rule-0-group", "Leads"), ("rule-0-role", "admin"), ("drop", "0")];
        let shown = browser.post(&page, &drop).await;
        assert!(shown.text.contains("Something is different for 205 of 205 people."), "{}", shown.text);
        let name = shown.input("shown").unwrap();
        assert_eq!(browser.post(&page, &[("rules", "1"), ("shown", &name)]).await.status, 303);
        assert_eq!(admins().await, 0, "no rule gives it any more");
        let told = t.mails().await.into_iter().filter(|it| it.kind == "no_administrator").count();
        assert_eq!(told, 3, "each time when the last one was none any more");
    });
}

#[tokio::test]
async fn only_roles_that_the_rules_gave_go_with_the_last_rule_also_where_the_directory_rests_meanwhile() {
    each_database!(|t| {
        t.operator_cookie().await;
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let ann = feed.user("ann@acme.test").await;
        feed.user("bob@acme.test").await;
        feed.group("Leads", &[&ann]).await;
        let status = async |status| {
            let mut tx = t.app.store.write().await.unwrap();
            let it = store::directory::lookup(&mut tx, feed.directory.id).await.unwrap().unwrap();
            server::directory::set_status(&t.app, &mut tx, it, status).await.unwrap();
            tx.commit().await.unwrap();
            t.work().await;
        };
        let by_hand = async || {
            let mut tx = t.app.store.write().await.unwrap();
            let bob = store::member::lookup_email(&mut tx, feed.org.id, "bob@acme.test").await.unwrap();
            server::member::set_role(&t.app, &mut tx, &feed.org, bob.unwrap(), Role::Admin).await.unwrap();
            tx.commit().await.unwrap();
        };
        let roles = async || {
            let mut roles = Vec::new();
            for email in ["ann@acme.test", "bob@acme.test"] {
                roles.push(feed.member(email).await.unwrap().role);
            }
            roles
        };
        for rests in [DirectoryStatus::Active, DirectoryStatus::Paused, DirectoryStatus::Preview] {
            feed.configure(&json!({"roles": [{"group": "Leads", "role": "admin"}]})).await;
            let mut tx = t.app.store.write().await.unwrap();
            server::directory::reapply(&t.app, &mut tx, &feed.directory, None).await.unwrap();
            tx.commit().await.unwrap();
            t.work().await;
            by_hand().await;
            assert_eq!(roles().await, [Role::Admin, Role::Admin], "{rests}");
            status(rests).await;
            let mut tx = t.app.store.write().await.unwrap();
            let it = store::directory::lookup(&mut tx, feed.directory.id).await.unwrap().unwrap();
            let (none, by) = (DirectoryConfig::default(), "operator:test");
            server::onboarding::mapping_panel::keep(&t.app, &mut tx, it, &none, by).await.unwrap();
            tx.commit().await.unwrap();
            t.work().await;
            if rests != DirectoryStatus::Active {
                assert_eq!(roles().await, [Role::Admin, Role::Admin], "{rests}: nothing is applied");
                status(DirectoryStatus::Active).await;
            }
            assert_eq!(
                roles().await,
                [Role::Member, Role::Admin],
                "{rests}: hers was the rule's, his is not"
            );
        }
    });
}
