//! Requests in spellings that no standard has and some client writes: each has the effect that was meant.

use model::DirectoryStatus;
use serde_json::json;
use testkit::each_database;

use crate::feed::{Feed, person};

#[tokio::test]
async fn an_address_with_the_query_in_an_odd_place_leads_to_the_same_users() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let ada = feed.user("ada@acme.test").await;
        let plus = feed.user("ada+test@acme.test").await;
        let filter = "filter=userName%20eq%20%22ada%40acme.test%22";
        for path in [
            format!("?aadOptscim062020/Users?{filter}"),
            format!("?aadOptscim062020%2FUsers?{filter}"),
            format!("?aadOptscim062020&/Users?{filter}"),
            format!("?aadOptscim062020=true/Users&{filter}"),
            format!("?/Users?{filter}"),
            format!("&/Users?{filter}"),
            format!("/Users?{filter}?aadOptscim062020"),
            format!("/Users&{filter}"),
            format!("/Users%3F{filter}&count="),
            "/Users?filter=userName%2Beq%2B%2522ada%2540acme.test%2522".to_owned(),
            "/Users?filter=urn:ietf:params:scim:schemas:core:2.0:User.userName%20eq%20%22ada@acme.test%22"
                .to_owned(),
        ] {
            let list = feed.get(&path).await;
            assert_eq!(
                (&list["totalResults"], &list["Resources"][0]["id"]),
                (&json!(1), &json!(ada)),
                "{path}"
            );
        }
        let list = feed.get("/Users?filter=userName+eq+%22ada+test%40acme.test%22").await;
        assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(plus)));
        let off = json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
        let path = format!("?aadOptscim062020%2FUsers%2F{ada}");
        assert_eq!(feed.call("PATCH", &path, Some(off)).await.json()["id"], json!(ada));
        assert_eq!(
            (feed.status("ada@acme.test").await, feed.status("ada+test@acme.test").await),
            ("disconnected".into(), "active".into())
        );
    });
}

#[tokio::test]
async fn a_body_behind_a_byte_order_mark_or_with_flattened_names_makes_the_same_person() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut body = b"\xef\xbb\xbf".to_vec();
        body.extend(person("ada@acme.test").to_string().into_bytes());
        assert_eq!(feed.raw("POST", "/Users", body, &[]).await.status, 201);
        let mut flat = person("eve@acme.test");
        flat["name"] = json!(null);
        flat["name.givenName"] = json!("Eve");
        flat["name.familyName"] = json!("Stone");
        assert_eq!(feed.call("POST", "/Users", Some(flat)).await.status, 201);
        assert_eq!(feed.status("ada@acme.test").await, "active");
        let eve = feed.member("eve@acme.test").await.unwrap();
        assert_eq!((eve.first_name.as_deref(), eve.last_name.as_deref()), (Some("Eve"), Some("Stone")));
    });
}

#[tokio::test]
async fn a_value_that_was_read_in_several_places_is_told_once() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut body = person("ada@acme.test");
        body["addresses"][0]["country"] = json!("Atlantis");
        assert_eq!(feed.call("POST", "/Users", Some(body)).await.status, 201);
        let ada = feed.member("ada@acme.test").await.unwrap();
        assert_eq!(
            ada.unread.matches("Atlantis").count(),
            ada.unread.matches("\"received\"").count() * 2,
            "{}",
            ada.unread
        );
        assert_eq!(ada.unread.matches("\"field\"").count(), 1, "{}", ada.unread);
    });
}

#[tokio::test]
async fn what_the_directory_takes_back_is_the_members_no_more_unless_it_is_required_or_typed_since() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let user = format!("/Users/{}", feed.user("ada@acme.test").await);
        let own = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";
        let set = json!([{"op": "add", "path": format!("{own}:birthYear"), "value": 1984},
            {"op": "add", "path": "addresses[type eq \"work\"].region", "value": "BE"}]);
        assert_eq!(feed.patch(&user, set).await.status, 200);
        let told = async || {
            let it = feed.member("ada@acme.test").await.unwrap();
            (it.country.unwrap_or_default(), it.current_city, it.current_state, it.birth_year)
        };
        let text = |it: &str| Some(it.to_owned());
        assert_eq!(told().await, ("DE".into(), text("Berlin"), text("BE"), Some(1984)));
        let gone = json!([{"op": "remove", "path": "addresses[type eq \"work\"].locality"}]);
        assert_eq!(feed.patch(&user, gone).await.status, 200);
        assert_eq!(told().await, ("DE".into(), None, text("BE"), Some(1984)));
        // A year that cannot be read takes nothing back.
        let odd = json!([{"op": "replace", "path": format!("{own}:birthYear"), "value": 3000}]);
        assert_eq!(feed.patch(&user, odd).await.status, 200);
        assert_eq!(told().await.3, Some(1984));
        let mut whole = person("ada@acme.test");
        whole["addresses"] = json!([]);
        assert_eq!(feed.call("PUT", &user, Some(whole)).await.status, 200);
        assert_eq!(told().await, ("DE".into(), None, None, Some(1984)));
        assert_eq!(feed.status("ada@acme.test").await, "active");
    });
}
