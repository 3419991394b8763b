//! A connection with everything around a change of it, as pages show it: at a company's desk and in the setup wizard.

use model::{Connection, ConnectionStatus, FlowId, Protocol, Time};
use store::connection_draft::{Draft, Version};
use store::shadow::Outcome;

use super::words::{brief, when};
use crate::app::App;
use crate::connection::compare::{Comparison, Line};
use crate::connection::requests::{Comparison as Demand, binding_name};
use crate::connection::shadow::{self, Report, Told};
use crate::connection::{Certificate, Refused, Settings, beside, edit};
use crate::login::{self, TestResult};
use crate::problem::Problem;
use crate::request::Browser;
use web::Html;
use web::guide;
use web::pages::change::{
    Change, Difference, Differences, DraftView, FormerView, Setting, ShadowRow, ShadowView, TestView,
};
use web::parts::{Compare, Figure, Notice, Person, Status, Tone};

/// "Country is read from": the name that was chosen for a field.
const READ_FROM: &str = " is read from";
/// Settings that are told only where they are not the usual ones.
const FRESH: &str = "People prove themselves";
const HOW: &str = "How people must sign in";
const FORMAT: &str = "Format of the name identifier";
const SHA1: &str = "Signatures with SHA-1";

/// Where the page stands.
pub struct At {
    /// The page itself, where acts are posted to.
    pub here: String,
    /// The form for other values.
    pub edit: String,
    /// The form about what our requests ask for, where it is open to the reader.
    pub requests: Option<String>,
    /// What it belongs to.
    pub back: String,
}

/// Everything about a change of this connection. `flow` is the test that this browser came back from.
pub async fn view(
    app: &App,
    browser: &Browser,
    it: &Connection,
    at: At,
    flow: Option<&str>,
) -> Result<Change, Problem> {
    let mut db = app.read().await?;
    let draft = beside::draft_of(&mut db, it.id).await?;
    let former = beside::versions(&mut db, it.id).await?.into_iter().next();
    let report = shadow::report(&mut db, it.id).await?;
    let others = store::connection::list(&mut db, it.organization_id).await?;
    let found = match flow.and_then(|id| id.parse::<FlowId>().ok()) {
        Some(id) => login::test_result(&mut db, app, browser, id).await?,
        None => None,
    };
    drop(db);
    let test = flow.map(|_| test_view(it, draft.as_ref(), found.as_ref()));
    let shadow = report.map(|report| shadow_view(it, &report));
    let can_shadow = if shadow.is_none() { shadow_effect(it, draft.is_some(), &others) } else { None };
    Ok(Change {
        provider: person(it),
        status: match it.status {
            ConnectionStatus::Draft => Status::pending("Being set up"),
            ConnectionStatus::Active => Status::ok("Active"),
            ConnectionStatus::Inactive => Status::stopped("Switched off"),
        },
        live: facts(it, app.now()),
        draft: draft.as_ref().map(|draft| draft_view(it, draft, app.now())),
        test,
        shadow,
        can_shadow,
        former: former.map(|version| former_view(it, &version, app.now())),
        edit: (it.status != ConnectionStatus::Draft && Settings::of(it).is_some()).then_some(at.edit),
        requests: at.requests,
        action: at.here,
        back: at.back,
    })
}

fn person(it: &Connection) -> Person {
    let protocol = match it.protocol {
        Protocol::Saml => "SAML 2.0",
        Protocol::Oidc => "OpenID Connect",
    };
    let detail = format!("{protocol} · {}", it.id);
    match guide::find(&it.provider) {
        Some(guide) => Person::thing(&guide.name, &detail, &guide.mark, guide.hue),
        None => Person::company(&it.provider, &detail),
    }
}

/// Settings, as term and text.
fn settings(it: &Connection, now: Time) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |term: &str, value: String| all.push((term.to_owned(), value));
    let Some(settings) = Settings::of(it) else { return all };
    match &settings {
        Settings::Saml(saml) => {
            add("Issuer", saml.entity_id.clone());
            if let Some(sso) = saml.sign_in_endpoint() {
                add("People sign in at", sso.location.clone());
                add("Requests travel by", binding_name(&sso.binding).to_owned());
            }
            let certificates: Vec<String> = saml.certificates.iter().map(|it| certificate(it, now)).collect();
            add("Signing certificate", certificates.join(" · "));
            add(
                "Metadata",
                match &saml.metadata_url {
                    Some(url) => url.clone(),
                    None => "came as a file, a text or by hand".to_owned(),
                },
            );
            add("Our requests are signed", if saml.want_signed_requests { "yes" } else { "no" }.to_owned());
            add("Who starts at the provider", saml.requests.idp_initiated.sentence().to_owned());
            let asks = &saml.requests;
            if asks.force_authn {
                add(FRESH, "at each sign-in".to_owned());
            }
            if !asks.authn_context.is_empty() {
                let how = match asks.comparison {
                    Demand::Exact => "one of",
                    Demand::Minimum => "at least as strong as one of",
                };
                add(HOW, format!("{how}: {}", asks.authn_context.join(" · ")));
            }
            if let Some(format) = &asks.name_id_format {
                add(FORMAT, format.clone());
            }
            if saml.allow_sha1 {
                add(SHA1, "taken, which can be forged".to_owned());
            }
        }
        Settings::Oidc(oidc) => {
            add("Issuer", oidc.issuer.clone());
            add("Client", oidc.client_id.clone());
            add(
                "Proof",
                match oidc.client_secret_sealed.as_str() {
                    _ if oidc.by_key => "our own key".to_owned(),
                    "" => "none: a public client".to_owned(),
                    _ => oidc.secret_ends_at.map_or_else(
                        || "a secret, kept sealed".to_owned(),
                        |end| format!("a secret, kept sealed, ends {}", when(end).text),
                    ),
                },
            );
        }
    }
    for (wanted, name) in settings.attributes() {
        add(&format!("{}{READ_FROM}", edit::label(wanted)), name.clone());
    }
    all
}

fn certificate(it: &Certificate, now: Time) -> String {
    let ended = if it.not_after <= now { "ended" } else { "ends" };
    format!("{}, {ended} {}", it.fingerprint, when(it.not_after).text)
}

fn facts(it: &Connection, now: Time) -> Vec<(String, Html)> {
    settings(it, now).into_iter().map(|(term, text)| (term, Html::text(&text))).collect()
}

fn draft_view(it: &Connection, draft: &Draft, now: Time) -> DraftView {
    let new = beside::with_draft(it, draft);
    let notice = (draft.base != it.config).then(|| {
        Notice::new(
            Tone::Warn,
            "What is in use changed since this draft was made",
            "Open the draft, look whether it is still what you want, and save it once more.",
        )
    });
    DraftView {
        digest: beside::digest(draft),
        made: format!("Made by {}, changed last {}", who(&draft.made_by), when(draft.updated_at).text),
        status: match draft.tested_at {
            Some(at) => Status::ok(format!("Tested {}", when(at).text)),
            None => Status::pending("Not tested yet"),
        },
        changes: changes(it, &new, now),
        tested: draft.tested_at.is_some(),
        notice,
    }
}

/// Every setting that differs.
fn changes(live: &Connection, new: &Connection, now: Time) -> Vec<Setting> {
    let (was, is) = (settings(live, now), settings(new, now));
    let value = |all: &[(String, String)], term: &str| {
        all.iter().find(|(known, _)| known == term).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let mut terms: Vec<&String> = was.iter().map(|(term, _)| term).collect();
    for (term, _) in &is {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    let shown = |all: &[(String, String)], term: &str| match value(all, term) {
        text if text.is_empty() && term.ends_with(READ_FROM) => "the usual names".to_owned(),
        text if text.is_empty() => usual(term).to_owned(),
        text => text,
    };
    let rows = terms.into_iter().map(|term| Setting {
        label: term.clone(),
        live: shown(&was, term),
        draft: shown(&is, term),
    });
    let mut rows: Vec<Setting> = rows.filter(|row| row.live != row.draft).collect();
    // A new secret looks like the old one.
    if rows.is_empty() && live.config != new.config {
        rows.push(Setting {
            label: "Secret or documents".to_owned(),
            live: "as in use".to_owned(),
            draft: "new".to_owned(),
        });
    }
    rows
}

/// What a setting is that is not told where it is the usual one.
fn usual(term: &str) -> &'static str {
    match term {
        FRESH => "whenever their provider wants it",
        HOW => "as their provider has it",
        FORMAT => "whatever the provider is set to send",
        SHA1 => "refused",
        _ => "",
    }
}

fn former_view(it: &Connection, version: &Version, now: Time) -> FormerView {
    let was = Connection { config: version.config.clone(), provider: version.provider.clone(), ..it.clone() };
    FormerView {
        version: version.id.to_string(),
        replaced: format!("{}, replaced by {}", when(version.replaced_at).text, who(&version.replaced_by)),
        facts: facts(&was, now),
    }
}

/// Who did something, as far as the audit log's word for it says.
fn who(actor: &str) -> &'static str {
    match actor.split(':').next().unwrap_or_default() {
        "operator" => "an operator",
        "member" => "an administrator of the company",
        "link" => "somebody with a setup link",
        "api" => "a program",
        _ => "the system",
    }
}

fn test_view(it: &Connection, draft: Option<&Draft>, found: Option<&TestResult>) -> TestView {
    let fits = |found: &&TestResult| {
        found.connection == it.id && draft.is_some_and(|draft| draft.config == found.settings)
    };
    let Some(found) = found.filter(fits) else { return TestView::Other };
    match &found.outcome {
        Ok(asserted) => TestView::Passed {
            email: asserted.email.clone().unwrap_or_else(|| asserted.subject.clone()),
            differences: comparison_view(&found.comparison.clone().unwrap_or_default()),
        },
        Err(refused) => {
            let (title, text, compare, todo) = refusal(refused);
            let text = format!("{text} Everybody else goes on signing in with what is in use.");
            let reference = found.reference.clone().unwrap_or_default();
            TestView::Failed { title, text: text.trim().to_owned(), compare, todo, reference }
        }
    }
}

/// A refusal: what happened, more of it, expected beside received, and what puts it right.
fn refusal(it: &Refused) -> (String, String, Option<Compare>, Vec<Html>) {
    let (title, more) = match it.message.split_once(". ") {
        Some((first, more)) => (format!("{first}."), more.to_owned()),
        None => (it.message.clone(), String::new()),
    };
    let compare = match (&it.expected, &it.received) {
        (None, None) => None,
        (expected, received) => Some(Compare::new(
            expected.as_deref().unwrap_or_default(),
            received.as_deref().unwrap_or_default(),
        )),
    };
    (title, more, compare, it.steps.iter().map(|step| Html::marked(step)).collect())
}

/// What differs about a person, with what the left side was read from.
pub fn comparison_view(it: &Comparison) -> Differences {
    let differing = it.lines.iter().filter(|line| line.differs).count();
    let summary = match (it.live_from.as_str(), differing) {
        ("nothing" | "", _) => "There is nothing to compare with.".to_owned(),
        (_, 0) => "Nothing differs for this person.".to_owned(),
        (_, 1) => "One thing differs for this person.".to_owned(),
        (_, n) => format!("{n} things differ for this person."),
    };
    let from = match it.live_from.as_str() {
        "answer" => {
            "The settings in use would have taken this very answer too; the left side is how they read it."
        }
        "mapping" => {
            "The settings in use would have refused this very answer; the left side is how they would read what it says."
        }
        "record" => {
            "The settings in use would have refused this very answer; the left side is what is known of the person here."
        }
        _ => {
            "This person has not signed in through what is in use, which would have refused this very answer."
        }
    };
    let why = it.live_refuses.as_ref().map(|refused| format!(" It says: {}", refused.message));
    // What differs first.
    let (differ, same): (Vec<&Line>, Vec<&Line>) = it.lines.iter().partition(|line| line.differs);
    Differences {
        summary,
        lines: differ.into_iter().chain(same).map(difference).collect(),
        note: Html::text(&format!("{from}{}", why.unwrap_or_default())),
    }
}

fn difference(line: &Line) -> Difference {
    Difference {
        label: line.label(),
        live: line.live.clone().unwrap_or_default(),
        new: line.new.clone().unwrap_or_default(),
        differs: line.differs,
        meaning: line.meaning(),
    }
}

/// What a shadow would look at; none where it cannot.
fn shadow_effect(it: &Connection, has_draft: bool, all: &[Connection]) -> Option<String> {
    if has_draft {
        let text = "Each real sign-in is then judged by the draft too. Nobody notices: people are signed in by what is in \
                    use alone, and you see here what would have failed.";
        return (it.status == ConnectionStatus::Active).then(|| text.to_owned());
    }
    let others = |other: &&Connection| {
        other.id != it.id && other.status == ConnectionStatus::Active && other.protocol == it.protocol
    };
    let other = all.iter().find(others).filter(|_| Settings::of(it).is_some())?;
    let name = guide::find(&other.provider).map_or(other.provider.as_str(), |guide| guide.name.as_str());
    Some(format!(
        "Each real sign-in through {name} is then judged by this connection’s settings too. Nobody notices, and you see here \
         what would have failed."
    ))
}

fn shadow_view(it: &Connection, report: &Report) -> ShadowView {
    let mut figures = vec![
        Figure::count(report.judged, "sign-ins judged"),
        Figure::count(report.would_work, "would have worked"),
        Figure::count(report.would_fail, "would have failed"),
        Figure::count(report.would_differ, "would read the person otherwise"),
    ];
    if report.would_mend > 0 {
        figures.push(Figure::count(report.would_mend, "refused, and would have worked"));
    }
    let limits = if shadow::sees_refusals(it.protocol) {
        "Whether the provider knows our addresses for these settings cannot be seen so, nor what it would answer to other \
         requests; a test sign-in shows both. The newest 1,000 are kept, as long as records of sign-ins."
    } else {
        "Of OpenID Connect we judge issuer, audience, keys and claims of the ID token that came. Whether the provider takes \
         the client and its secret cannot be seen so, nor a sign-in that was refused: a code is good once. A test sign-in \
         shows both. The newest 1,000 are kept, as long as records of sign-ins."
    };
    let of = if report.shadow.of_draft { "the draft" } else { "this connection" };
    ShadowView {
        since: format!(
            "{of}, since {}, started by {}",
            when(report.shadow.since).text,
            who(&report.shadow.started_by)
        ),
        figures,
        rows: report.list.iter().map(|(it, told)| shadow_row(it, told)).collect(),
        limits: Html::text(limits),
    }
}

fn shadow_row(it: &Outcome, told: &Told) -> ShadowRow {
    let (status, refused) = match (it.lets_in, it.would) {
        (true, true) => (Status::warn("Would read otherwise"), None),
        (true, false) => (Status::bad("Would have failed"), told.refused.as_ref()),
        (false, true) => (Status::ok("Refused, and would have worked").ring(), told.live_refused.as_ref()),
        (false, false) => (Status::stopped("Refused by both"), told.refused.as_ref()),
    };
    let (title, more, compare, todo) = refused.map(refusal).unwrap_or_default();
    ShadowRow {
        when: brief(it.at),
        who: it.email.clone().unwrap_or_else(|| "Somebody whose address could not be read".to_owned()),
        status,
        text: format!("{title} {more}").trim().to_owned(),
        compare,
        todo,
        lines: told.lines.iter().map(difference).collect(),
    }
}
