//! What a directory says of a person becomes the person's profile: in any spelling, from any place, and what cannot be read is
//! told with the reason.

use model::{DirectoryStatus, Role};
use serde_json::{Value, json};
use server::directory::DirectoryConfig;
use testkit::{TestApp, each_database};

use crate::feed::{Feed, person};

async fn set(t: &TestApp, feed: &Feed, config: Value) {
    let config = DirectoryConfig::from_json(&config).unwrap();
    let mut tx = t.app.store.write().await.unwrap();
    server::directory::set_config(&t.app, &mut tx, feed.directory.clone(), &config).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sends(feed: &Feed, address: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut it = person(address);
    change(&mut it);
    let answer = feed.call("POST", "/Users", Some(it)).await;
    assert_eq!(answer.status, 201, "{address}: {}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
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
        set(&t, &feed, config).await;
        sends(&feed, "ann@acme.test", |it| {
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
            sends(&feed, &address, |it| it["addresses"][0]["country"] = json!(written)).await;
            let member = feed.member(&address).await.unwrap();
            assert_eq!(member.country.as_deref(), Some(code), "{written}: {}", member.unread);
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
