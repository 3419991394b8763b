//! People from a file, by a link alone.

use axum::http::StatusCode;
use testkit::each_database;

use crate::world::{Admin, Company};

const FILE: &str = "First name,Last name,Email,Country\nAnn,Lee,ann@acme.test,US\nBen,Okri,ben.acme.test,NG\n\
    Cleo,Diaz,cleo@acme.test,Mexico\n";

#[tokio::test]
async fn a_file_is_looked_at_row_by_row_and_its_valid_rows_are_invited_once() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["csv"]).await;
        let mut admin = Admin::new(&t, &link).await;
        let start = admin.get("/people").await;
        assert!(start.text.contains("Bring Acme’s people by a file"), "{}", start.text);
        let template = admin.get("/people/template").await;
        assert_eq!(template.headers["content-type"], "text/csv; charset=utf-8");
        let empty = admin.upload("/people", &[], ("", b"")).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.text.contains("No file was chosen"), "{}", empty.text);
        let picture = admin.upload("/people", &[], ("a.png", b"\x89PNG\r\n\x1a\n\0\0")).await;
        assert!(picture.status.is_client_error(), "{}", picture.text);
        let kept = admin.upload("/people", &[], ("people.csv", FILE.as_bytes())).await;
        let path = kept.location().strip_prefix(&link).expect("below the link").to_owned();
        let all = admin.get(&path).await;
        assert!(all.text.contains("3 people found, 1 row needs a look"), "{}", all.text);
        let only = admin.get(&format!("{path}?only=problems")).await;
        assert!(only.text.contains("Ben Okri") && !only.text.contains("Ann Lee"), "{}", only.text);
        let every = admin.post(&path, &[("mode", "all")]).await;
        assert_eq!(every.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", every.text);
        assert!(t.mails().await.is_empty(), "nobody was invited");
        let done = admin.go(&path, &[("mode", "valid")], &path).await;
        assert!(done.text.contains("2 people were added"), "{}", done.text);
        // A second click leaves the receipt as it is.
        let again = admin.go(&path, &[("mode", "valid")], &path).await;
        assert!(again.text.contains("2 people were added"), "{}", again.text);
        assert_eq!(acme.told(&t, "import.applied").await, 1);
        let mend = admin.get(&format!("{path}/rejected")).await;
        assert_eq!(mend.text.trim().lines().count(), 2, "{}", mend.text);
        assert!(mend.text.contains("ben.acme.test"), "{}", mend.text);
        let mut to: Vec<String> = t.mails().await.into_iter().map(|mail| mail.recipient).collect();
        to.sort();
        assert_eq!(to, ["ann@acme.test", "cleo@acme.test"]);
        assert!(admin.get("").await.text.contains("Look at what is set up"));
        t.work().await;
    });
}

#[tokio::test]
async fn a_file_of_another_company_or_of_the_companys_own_administrators_is_unknown_to_a_link() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let globex = Company::new(&t, "Globex", "globex.test").await;
        let mut paths = Vec::new();
        let (_, theirs) = globex.link(&t, &["csv"]).await;
        let (_, colleagues) = acme.link(&t, &["csv"]).await;
        for link in [&theirs, &colleagues] {
            let mut other = Admin::new(&t, link).await;
            other.get("/people").await;
            let kept = other.upload("/people", &[], ("people.csv", FILE.as_bytes())).await;
            paths.push(kept.location().strip_prefix(link.as_str()).expect("below the link").to_owned());
        }
        let (_, link) = acme.link(&t, &["csv"]).await;
        let mut admin = Admin::new(&t, &link).await;
        admin.get("/people").await;
        for path in paths {
            assert_eq!(admin.get(&path).await.status, StatusCode::NOT_FOUND);
            assert_eq!(admin.get(&format!("{path}/rejected")).await.status, StatusCode::NOT_FOUND);
            assert_eq!(admin.post(&path, &[("mode", "valid")]).await.status, StatusCode::NOT_FOUND);
        }
        assert!(t.mails().await.is_empty());
    });
}
