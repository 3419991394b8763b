//! `frontdesk demo --tour`: the whole story over real HTTP, each step checked.

use std::process::ExitCode;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Places;
use super::idp::{CLIENT_ID, CLIENT_SECRET};
use super::story::Story;
use super::walker::{Failure, Page, Walker};

/// Plays the story. Success only if every step was as it should be.
pub async fn play(places: &Places, story: &Story) -> ExitCode {
    let tour = Tour { places, story, api: reqwest::Client::builder().no_proxy().build().unwrap_or_default() };
    match tour.whole().await {
        Ok(steps) => {
            println!("\nAll {steps} steps were as they should be.");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("\nThe tour stopped: {failure}");
            ExitCode::FAILURE
        }
    }
}

struct Tour<'a> {
    places: &'a Places,
    story: &'a Story,
    api: reqwest::Client,
}

fn check(good: bool, failure: impl FnOnce() -> String) -> Result<(), Failure> {
    if good { Ok(()) } else { Err(failure()) }
}

impl Tour<'_> {
    async fn whole(&self) -> Result<usize, Failure> {
        let mut done = 0;
        let mut step = |words: &str| {
            done += 1;
            println!("  {done:>2}  {words}");
        };
        self.acme_sso().await?;
        step("Acme’s IT admin finished the wizard for single sign-on: SAML, tested, live");
        self.first_sign_in().await?;
        step("Jonas signed in to the product by his address alone, and was asked for his country once");
        self.directory("acme", &self.story.acme_link, 25).await?;
        step("Acme’s directory is connected and live: 25 people synced");
        let waiting = self.count("acme", "status=incomplete").await?;
        check(waiting == 3, || format!("3 people should be incomplete, {waiting} are"))?;
        step("Three people without a country are shown as incomplete");
        self.complete().await?;
        step("The directory sent the three countries; nobody is incomplete");
        self.administrator().await?;
        step("Priya is an administrator because the directory says so, and sees /org");
        self.file().await?;
        step("A file of 10 rows, 2 of them broken: 8 invited, and a file with the 2 to mend");
        self.leaver().await?;
        step("Daniel was deactivated: signed out everywhere, mailed, and kept the account as his own");
        self.globex_sso().await?;
        step("Globex finished the wizard with OpenID Connect");
        self.directory("globex", &self.story.globex_link, 3).await?;
        step("Globex’s directory is connected and live: 3 people synced");
        self.erased().await?;
        step("Pavel left Globex, whose policy is to delete: every record of him is gone");
        Ok(done)
    }

    // -- the setup wizard ---------------------------------------------------------------------------------------

    async fn acme_sso(&self) -> Result<(), Failure> {
        let link = &self.story.acme_link;
        let mut admin = Walker::new()?;
        admin.open(link).await?.says("Acme")?;
        let list = admin.open(&format!("{link}/sso/providers?q=custom")).await?.says("Custom SAML")?;
        admin.submit(list.form("/sso/providers/generic-saml")?, &[]).await?;
        let values = admin.open(&format!("{link}/sso/values")).await?;
        let metadata = format!("{}/acme/saml/metadata", self.places.idp);
        admin.submit(values.form("/sso/values")?, &[("paste", &metadata)]).await?;
        self.test_and_go_live(&mut admin, link, "/acme/saml/answer", "priya.raman").await
    }

    async fn globex_sso(&self) -> Result<(), Failure> {
        let link = &self.story.globex_link;
        let mut admin = Walker::new()?;
        admin.open(link).await?.says("Globex")?;
        let list = admin.open(&format!("{link}/sso/providers")).await?;
        admin.submit(list.form("/sso/providers/generic-oidc")?, &[]).await?;
        let values = admin.open(&format!("{link}/sso/values")).await?;
        let issuer = format!("{}/globex/oidc", self.places.idp);
        let typed = [("issuer", issuer.as_str()), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        admin.submit(values.form("/sso/client")?, &typed).await?;
        self.test_and_go_live(&mut admin, link, "/globex/oidc/answer", "greta.lindqvist").await
    }

    async fn test_and_go_live(
        &self,
        admin: &mut Walker,
        link: &str,
        answer: &str,
        person: &str,
    ) -> Result<(), Failure> {
        let test = admin.open(&format!("{link}/sso/test")).await?;
        let choose = admin.submit(test.form("/sso/test")?, &[]).await?;
        let result = self.sign_in_at(admin, choose, answer, person).await?;
        result.says(person)?;
        let live = admin.open(&format!("{link}/sso/live")).await?;
        admin.submit(live.form("/sso/live")?, &[]).await?;
        Ok(())
    }

    /// Chooses a person at the simulated provider and goes back with its answer.
    async fn sign_in_at(
        &self,
        walker: &mut Walker,
        choose: Page,
        answer: &str,
        person: &str,
    ) -> Result<Page, Failure> {
        let answered = walker.submit(choose.form(answer)?, &[("person", person)]).await?;
        // SAML comes back by a form, OpenID Connect by a redirect that was followed already.
        match answered.form("/acs") {
            Ok(form) => walker.submit(form, &[]).await,
            Err(_) => Ok(answered),
        }
    }

    async fn directory(&self, company: &str, link: &str, people: u64) -> Result<(), Failure> {
        let mut admin = Walker::new()?;
        let list = admin.open(&format!("{link}/scim/providers?q=custom")).await?.says("Custom SCIM")?;
        // The answer to choosing shows the token, this once.
        let steps = admin.submit(list.form("/scim/providers/custom-scim2")?, &[]).await?;
        let base = steps.word(&format!("{}/scim/v2/", self.places.frontdesk))?;
        let token = steps.word("fd_scim_")?;
        let directory = format!("{}/{company}/directory", self.places.idp);
        let page = admin.open(&directory).await?;
        admin.submit(page.form("/directory/connect")?, &[("base_url", &base), ("token", &token)]).await?;
        let page = admin.open(&directory).await?;
        admin.submit(page.form("/directory/sync")?, &[]).await?.says("Directory of")?;
        admin.open(&format!("{link}/scim/waiting")).await?;
        let mapping = admin.open(&format!("{link}/scim/mapping")).await?;
        admin.submit(mapping.form("/scim/mapping")?, &[]).await?;
        let leavers = admin.open(&format!("{link}/scim/leavers")).await?;
        admin.submit(leavers.form("/scim/leavers")?, &[]).await?;
        let live = admin.open(&format!("{link}/scim/live")).await?;
        admin.submit(live.form("/scim/live")?, &[("sure", "1")]).await?;
        self.until(&format!("{people} people of {company} are members"), async || {
            Ok(self.count(company, "").await? == people)
        })
        .await
    }

    // -- people -------------------------------------------------------------------------------------------------

    async fn to_product(&self, walker: &mut Walker, email: &str, answer: &str) -> Result<Page, Failure> {
        let url = format!("{}/signin?email={}", self.places.product, email.replace('@', "%40"));
        let choose = walker.open(&url).await?;
        let person = email.split('@').next().unwrap_or_default();
        self.sign_in_at(walker, choose, answer, person).await
    }

    async fn first_sign_in(&self) -> Result<(), Failure> {
        let mut jonas = Walker::new()?;
        let asked = self.to_product(&mut jonas, "jonas.weber@acme.test", "/acme/saml/answer").await?;
        let path = asked.url.path().to_owned();
        check(path.starts_with("/login/profile/"), || {
            format!("Jonas should be asked for his country, but is at {path}")
        })?;
        let home = jonas.submit(asked.form(&path)?, &[("country", "DE")]).await?;
        home.says("Good morning, Jonas Weber")?.says("Acme")?.says("DE")?;
        Ok(())
    }

    async fn complete(&self) -> Result<(), Failure> {
        let mut admin = Walker::new()?;
        for (person, country) in
            [("hannah.schoenfelder", "Österreich"), ("tomas.novak", "CZE"), ("sofia.papadaki", "Ελλάδα")]
        {
            let page = admin.open(&format!("{}/acme/directory", self.places.idp)).await?;
            admin.submit(page.form(&format!("/people/{person}"))?, &[("country", country)]).await?;
        }
        let left = self.count("acme", "status=incomplete").await?;
        check(left == 0, || format!("nobody should be incomplete, {left} are"))
    }

    async fn administrator(&self) -> Result<(), Failure> {
        let mut priya = Walker::new()?;
        let home = self.to_product(&mut priya, "priya.raman@acme.test", "/acme/saml/answer").await?;
        home.says("You are here as admin of Acme")?;
        priya.open(&format!("{}/org/members", self.places.frontdesk)).await?.says("Hannah Schönfelder")?;
        Ok(())
    }

    async fn file(&self) -> Result<(), Failure> {
        const FILE: &str = "Vorname;Nachname;E-Mail;Land\n\
            Ada;Lund;ada.lund@acme.test;Norwegen\nBen;Okri;ben.okri@acme.test;NG\nCleo;Diaz;cleo.diaz@acme.test;Mexiko\n\
            Dana;Fox;dana.fox.acme.test;US\nEli;Gray;eli.gray@acme.test;Canada\nFay;Hart;fay.hart@acme.test;Atlantis\n\
            Gus;Iten;gus.iten@acme.test;Schweiz\nHal;Jung;hal.jung@acme.test;DEU\nIda;Kall;ida.kall@acme.test;FI\n\
            Jan;Lowe;jan.lowe@acme.test;GB\n";
        let org = |path: &str| format!("{}/org/{path}", self.places.frontdesk);
        let mut priya = Walker::new()?;
        self.to_product(&mut priya, "priya.raman@acme.test", "/acme/saml/answer").await?;
        let start = priya.open(&org("import")).await?;
        let preview = priya.upload(start.form("/org/import")?, "people.csv", FILE).await?;
        let preview = preview.says("2 rows need a look")?.says("Atlantis")?;
        let here = preview.url.path().to_owned();
        let done = priya.submit(preview.form(&here)?, &[("mode", "valid")]).await?;
        done.says("8 people were added")?;
        let mend = priya.open(&format!("{}{here}/rejected", self.places.frontdesk)).await?;
        let rows = mend.text.trim().lines().count();
        check(rows == 3 && mend.text.contains("dana.fox.acme.test"), || {
            format!("the file to mend should have a heading and 2 rows: {}", mend.text)
        })?;
        // The same file once more invites nobody.
        let start = priya.open(&org("import")).await?;
        let preview = priya.upload(start.form("/org/import")?, "people.csv", FILE).await?;
        let here = preview.url.path().to_owned();
        priya.submit(preview.form(&here)?, &[("mode", "valid")]).await?.says("0 people were added")?;
        Ok(())
    }

    async fn leaver(&self) -> Result<(), Failure> {
        let mut daniel = Walker::new()?;
        self.to_product(&mut daniel, "daniel.cohen@acme.test", "/acme/saml/answer")
            .await?
            .says("Good morning, Daniel")?;
        self.deactivate("acme", "daniel.cohen").await?;
        let me = format!("{}/me", self.places.product);
        self.until("the product has signed Daniel out", async || {
            Ok(daniel.open(&me).await?.status == StatusCode::UNAUTHORIZED)
        })
        .await?;
        let account = daniel.open(&format!("{}/account", self.places.frontdesk)).await?;
        check(account.url.path() == "/login", || {
            format!("Daniel should have to sign in again, but is at {}", account.url)
        })?;
        let gone = self.count("acme", "email=daniel.cohen%40acme.test&status=disconnected").await?;
        check(gone == 1, || "Daniel should be disconnected".to_owned())?;
        self.claim(&mut daniel).await
    }

    async fn claim(&self, daniel: &mut Walker) -> Result<(), Failure> {
        const PASSWORD: &str = "a quiet harbour at dawn";
        let link = self.mailed_link("daniel.cohen@acme.test", "/claim/").await?;
        let claim = daniel.open(&link).await?.says("Acme")?;
        let path = claim.url.path().to_owned();
        let typed = [("email", "daniel@home.test"), ("password", PASSWORD)];
        daniel.submit(claim.form(&path)?, &typed).await?;
        let confirm = self.mailed_link("daniel@home.test", "/claim/").await?;
        let confirm = daniel.open(&confirm).await?;
        let path = confirm.url.path().to_owned();
        daniel.submit(confirm.form(&path)?, &[]).await?;
        let mut fresh = Walker::new()?;
        let login = fresh.open(&format!("{}/login", self.places.frontdesk)).await?;
        let own = fresh.submit(login.form("/login")?, &[("email", "daniel@home.test")]).await?;
        let account = fresh.submit(own.form("/login/password")?, &[("password", PASSWORD)]).await?;
        account.says("daniel@home.test")?;
        let left = self.count("acme", "email=daniel.cohen%40acme.test").await?;
        check(left == 0, || "Acme should see nothing of Daniel any more".to_owned())
    }

    async fn erased(&self) -> Result<(), Failure> {
        let mut pavel = Walker::new()?;
        self.to_product(&mut pavel, "pavel.dvorak@globex.test", "/globex/oidc/answer")
            .await?
            .says("Good morning, Pavel")?;
        let url = format!("{}/api/v1/organizations/{}", self.places.frontdesk, self.story.globex);
        let answer = self
            .api
            .patch(url)
            .bearer_auth(&self.story.api_token)
            .json(&json!({"erase_grace_seconds": 0}))
            .send()
            .await;
        let status = answer.map_err(|e| e.to_string())?.status();
        check(status.is_success(), || format!("the grace period could not be changed: {status}"))?;
        self.deactivate("globex", "pavel.dvorak").await?;
        self.until("every record of Pavel is gone", async || {
            Ok(self.count("globex", "email=pavel.dvorak%40globex.test").await? == 0)
        })
        .await?;
        let mails = Walker::new()?.open(&self.places.mailbox).await?;
        check(!mails.text.contains("pavel.dvorak"), || "a mail to Pavel is left".to_owned())?;
        let mut after = 0;
        let mut erased = false;
        loop {
            let page = self.get(&format!("/api/v1/events?after={after}&limit=200")).await?;
            let events = page["data"].as_array().cloned().unwrap_or_default();
            erased |= events.iter().any(|e| e["type"] == "member.erased");
            check(!page.to_string().contains("pavel.dvorak"), || "an event still names Pavel".to_owned())?;
            let next = page["next_cursor"].as_str().and_then(|c| c.parse().ok()).unwrap_or(after);
            if events.is_empty() || next == after {
                break;
            }
            after = next;
        }
        check(erased, || "the product should hear member.erased".to_owned())
    }

    async fn deactivate(&self, company: &str, person: &str) -> Result<(), Failure> {
        let mut admin = Walker::new()?;
        let page = admin.open(&format!("{}/{company}/directory", self.places.idp)).await?;
        let answer = admin.submit(page.form(&format!("/people/{person}"))?, &[("active", "false")]).await?;
        answer.says("Directory of").map(|_| ())
    }

    // -- looking ------------------------------------------------------------------------------------------------

    /// The newest link in a mail to `recipient` whose path begins with `path`.
    async fn mailed_link(&self, recipient: &str, path: &str) -> Result<String, Failure> {
        let start = format!("{}{path}", self.places.frontdesk);
        let list = Walker::new()?.open(&self.places.mailbox).await?;
        let rows = list.text.split("<tr>").filter(|row| row.contains(recipient));
        for row in rows {
            let Some(id) = row.split("/mail/").nth(1).and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let mail = Walker::new()?.open(&format!("{}/mail/{id}", self.places.mailbox)).await?;
            if let Ok(link) = mail.word(&start) {
                return Ok(link);
            }
        }
        Err(format!("no mail to {recipient} holds a link to {path}"))
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.places.frontdesk);
        let answer = self.api.get(&url).bearer_auth(&self.story.api_token).send().await;
        let answer = answer.map_err(|e| e.to_string())?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|e| format!("{url} ({status}) is no JSON: {e}"))?;
        check(status.is_success(), || format!("{url} was answered {status}: {body}"))?;
        Ok(body)
    }

    async fn count(&self, company: &str, query: &str) -> Result<u64, Failure> {
        let id = if company == "acme" { &self.story.acme } else { &self.story.globex };
        let body = self.get(&format!("/api/v1/organizations/{id}/members?limit=200&{query}")).await?;
        let people = body["data"].as_array().map_or(0, Vec::len);
        u64::try_from(people).map_err(|e| e.to_string())
    }

    /// Waits up to ten seconds for something that happens in the background.
    #[expect(clippy::disallowed_methods, reason = "the tour watches a running server from outside")]
    async fn until(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        for _ in 0..100 {
            if look().await? {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(format!("after ten seconds still not true: {what}"))
    }
}
