//! What a test sign-in showed, as pages: each attribute found and missing, or the one thing to mend.

use profile::{Country, Field, RequiredFields};

use super::rail::Step;
use super::sso_test;
use super::visit::Visit;
use crate::app::App;
use crate::connection::{self, Asserted, Finding, Refused, Settings, domains};
use crate::request::Browser;
use web::guide::{Placeholder, Values};
use web::html::Html;
use web::pages::setup::{AttributeRow, Decision, FixIt, SetupTestFailed, SetupTestPassed};
use web::parts::{Check, Choice, Compare, Copy, Opt, Status, Tone, When};

/// A test that worked.
pub fn passed(app: &App, visit: &Visit, browser: &Browser, asserted: &Asserted, at: When) -> SetupTestPassed {
    let provider = provider(visit);
    let findings = &asserted.mapped.findings;
    let decisions: Vec<Decision> = country(app, visit, asserted).into_iter().collect();
    let lacks_email = asserted.email.is_none();
    let lede = match (lacks_email, decisions.len()) {
        (true, _) => {
            "The sign-in itself works, but no e-mail address came with it, and nobody can join without one. Add \
                      it in the steps before this one, then test again."
        }
        (false, 0) => "Check that it looks right. Nothing else is needed here.",
        (false, _) => "Check that it looks right. One thing needs a decision; everything else is ready.",
    };
    SetupTestPassed {
        page: visit.page(app, browser, "The test passed", Some(Step::Test)),
        when: at,
        email: asserted.email.clone().unwrap_or_else(|| asserted.subject.clone()),
        lede: lede.to_owned(),
        summary: summary(findings),
        rows: findings.iter().map(row).collect(),
        note: note(asserted, &provider),
        decisions,
        trust: trust(visit, asserted),
        action: visit.path("/sso/attributes"),
        test_action: visit.path("/sso/test"),
        provider,
    }
}

/// A test that did not work.
pub fn failed(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    refused: &Refused,
    reference: Option<&str>,
) -> SetupTestFailed {
    let provider = provider(visit);
    let values = visit.connection.as_ref().map(|it| connection::guide_values(app, it)).unwrap_or_default();
    let compare = match (&refused.expected, &refused.received) {
        (None, None) => None,
        (expected, received) => Some(Compare::new(
            expected.as_deref().unwrap_or_default(),
            received.as_deref().unwrap_or_default(),
        )),
    };
    let mut details = vec![("Rule".to_owned(), Html::text(&refused.code))];
    if let Some(reference) = reference {
        details.insert(0, ("Reference".to_owned(), Html::text(reference)));
    }
    let errors = visit.sso_guide().map(|guide| guide.render(&values).errors);
    let (title, more) = first_sentence(&refused.message);
    SetupTestFailed {
        page: visit.page(app, browser, "The test failed", Some(Step::Test)),
        when: When::words("your last test"),
        email: String::new(),
        title,
        lede: Html::text(format!("{more} Nobody but you is affected. Put it right and test again.").trim()),
        subject: String::new(),
        compare,
        fix: fix(visit, refused, &values, &provider),
        checks: Vec::new(),
        details,
        test_action: visit.path("/sso/test"),
        back: visit.path("/sso/values"),
        errors: errors.unwrap_or_default(),
    }
}

/// What happened, for the heading, and the rest of what is said about it.
fn first_sentence(message: &str) -> (String, &str) {
    match message.split_once(". ") {
        Some((first, more)) => (format!("{first}."), more),
        None => (message.to_owned(), ""),
    }
}

/// The steps of the refusal; where one of our values is wrong over there, with the value to copy and its place.
fn fix(visit: &Visit, refused: &Refused, values: &Values, provider: &str) -> Option<FixIt> {
    let steps: Vec<Html> = refused.steps.iter().map(|step| Html::marked(step)).collect();
    let ours = [Placeholder::SpEntityId, Placeholder::AcsUrl, Placeholder::OidcRedirectUri];
    let wrong = ours.into_iter().find(|it| Some(values.of(*it)) == refused.expected);
    let place = wrong.and_then(|it| visit.sso_guide()?.field_for(it, values));
    if steps.is_empty() && place.is_none() {
        return None;
    }
    let (path, label) = place.unwrap_or_default();
    let expected = refused.expected.clone().unwrap_or_default();
    Some(FixIt {
        title: format!("Put it right in {provider}"),
        copy: (!label.is_empty()).then(|| Copy::new("v-fix", label, expected)),
        path,
        before: Html::lines(steps),
        after: Html::default(),
    })
}

fn provider(visit: &Visit) -> String {
    visit.sso_guide().map_or_else(|| "your provider".to_owned(), |guide| guide.name.clone())
}

fn label(wanted: &str) -> String {
    match wanted {
        "id" => "Stable id".to_owned(),
        "groups" => "Groups".to_owned(),
        other => Field::from_api_name(other).map_or_else(|| other.to_owned(), |f| f.label().to_owned()),
    }
}

fn need(wanted: &str) -> &'static str {
    let field = Field::from_api_name(wanted);
    match field {
        _ if wanted == "id" => "",
        Some(field) if RequiredFields::default().contains(&field) => "",
        Some(Field::CurrentCity | Field::CurrentState) => "recommended",
        _ => "optional",
    }
}

fn row(finding: &Finding) -> AttributeRow {
    let need = need(&finding.wanted);
    let result = match finding.outcome {
        "found" => Status::ok("Found"),
        "matched" => Status::ok("Matched").ring(),
        "split" => Status::ok("Taken from the full name").ring(),
        "unreadable" => Status::warn("Not readable"),
        _ if need.is_empty() => Status::warn("Missing"),
        _ => Status::pending("Not sent"),
    };
    AttributeRow {
        field: label(&finding.wanted),
        need,
        sent: finding.received.clone().unwrap_or_default(),
        name: finding.source.clone().unwrap_or_default(),
        result,
    }
}

fn summary(findings: &[Finding]) -> String {
    let count = |outcomes: &[&str]| findings.iter().filter(|it| outcomes.contains(&it.outcome)).count();
    let mut words = vec![format!("{} found", count(&["found"]))];
    for (outcomes, word) in [
        (["matched", "split"].as_slice(), "matched"),
        (&["unreadable"], "not readable"),
        (&["missing"], "missing"),
    ] {
        let some = count(outcomes);
        if some > 0 {
            words.push(format!("{some} {word}"));
        }
    }
    words.join(" · ")
}

fn note(asserted: &Asserted, provider: &str) -> Html {
    let mut sentences: Vec<Html> = Vec::new();
    for it in asserted.mapped.findings.iter().filter(|it| it.outcome == "matched") {
        let source = it.source.as_deref().unwrap_or_default();
        let parts = [
            Html::text("We asked for "),
            Html::code(&it.asked),
            Html::text(&format!(" and {provider} sent ")),
            Html::code(source),
            Html::text(&format!(". We read it as: {}.", label(&it.wanted).to_lowercase())),
        ];
        sentences.push(Html::joined("", parts));
    }
    for problem in &asserted.mapped.unread {
        sentences.push(Html::text(&format!("{}.", problem.to_string().trim_end_matches('.'))));
    }
    if !asserted.mapped.unused.is_empty() {
        let names = Html::joined(", ", asserted.mapped.unused.iter().map(|name| Html::code(name)));
        let parts = [Html::text("Also sent, and not used: "), names, Html::text(".")];
        sentences.push(Html::joined("", parts));
    }
    Html::joined(" ", sentences)
}

/// The question where the country comes from, when the provider does not send it.
fn country(app: &App, visit: &Visit, asserted: &Asserted) -> Option<Decision> {
    if asserted.mapped.profile.country.is_some() {
        return None;
    }
    let chosen = visit.organization.defaults.country.clone().unwrap_or_default();
    let mut all: Vec<Country> = profile::country::all();
    all.sort_by_key(|country| country.name());
    Some(Decision {
        question: format!("{} needs everyone’s country. Where should it come from?", app.brand.vendor_name),
        choices: vec![
            Choice::new(
                "country",
                "ask",
                "Ask each person once",
                "A single question at first sign-in.",
                chosen.is_empty(),
            ),
            Choice {
                asks: true,
                ..Choice::new(
                    "country",
                    "default",
                    "Use one country for everybody",
                    "Right if you all live in one place. People can correct it.",
                    !chosen.is_empty(),
                )
            },
        ],
        default_name: "default_country".to_owned(),
        defaults: all.iter().map(|it| Opt::new(it.code(), it.name(), it.code() == chosen)).collect(),
    })
}

fn trust(visit: &Visit, asserted: &Asserted) -> Vec<Check> {
    let mut checks = match visit.settings() {
        Some(Settings::Saml(saml)) => sso_test::certificate(&saml.certificates),
        Some(Settings::Oidc(oidc)) => {
            vec![Check::new(Tone::Ok, "Signed by the issuer", &format!("``{}``", oidc.issuer))]
        }
        None => Vec::new(),
    };
    let proven = visit.domain_names(true);
    if let Some(domain) = asserted.email.as_deref().and_then(domains::of_email) {
        checks.push(if proven.contains(&domain.as_str()) {
            Check::new(Tone::Ok, &format!("Your address lies in {domain}"), "verified")
        } else {
            Check::new(
                Tone::Warn,
                &format!("People with {domain} cannot sign in this way until the domain is verified"),
                "not verified",
            )
        });
    }
    for name in visit.domain_names(false) {
        checks.push(Check::new(Tone::Warn, &format!("{name} waits to be verified"), "pending"));
    }
    checks
}
