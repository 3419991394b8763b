//! That what providers ask of a large directory is found by an index, on both databases.

use model::DirectoryStatus;
use testkit::{TestApp, databases};

#[tokio::test]
async fn what_filters_ask_of_a_large_directory_is_never_searched_for_in_all_of_it() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let mut all = Vec::new();
        for name in ["one.test", "two.test"] {
            let org = t.organization_with(name, |_| {}).await;
            all.push(t.directory(&org, "custom-scim2", DirectoryStatus::Active).await.0);
        }
        let mut tx = t.app.store.write().await.unwrap();
        for directory in &all {
            store::testing::fill_directory(&mut tx, directory.id, 20_000, t.app.now()).await.unwrap();
        }
        for (sql, indexes) in store::testing::directory_look_ups() {
            let plan = store::testing::plan(&mut tx, all[0].id, &sql).await.unwrap();
            let scans = ["SCAN", "Seq Scan"].iter().any(|word| plan.contains(word));
            assert!(!scans, "{sql}\n{plan}");
            for index in indexes {
                assert!(plan.contains(index), "{index} was expected for {sql}\n{plan}");
            }
        }
    }
}
