//! `/account`: who I am here, who signs me in, where I am signed in, and who sees what of me.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Account, Member, MemberStatus, Organization, Role, Time};
use store::Connected;
use store::session::Session;

use crate::app::App;
use crate::connection;
use crate::enforcement;
use crate::member;
use crate::passkey::{self, Owner};
use crate::problem::Problem;
use crate::request::{Browser, Params, SignedIn};
use web::Html;
use web::guide;
use web::layout::NavItem;
use web::pages::account::{Account as View, AddressCard, AddressRow, SessionRow};
use web::parts::{Field, Notice, Person, Status, Tone};

/// What was typed and is not accepted, and what the request before did.
#[derive(Debug, Default)]
pub(super) struct Forms {
    pub(super) address: Field,
    pub(super) current: Field,
    pub(super) password: Field,
    pub(super) done: Option<Notice>,
}

/// `GET /account`.
pub(super) async fn show(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    params: Params,
) -> Result<Response, Problem> {
    let forms = Forms { done: params.first("done").and_then(done), ..Forms::default() };
    Ok(web::respond(StatusCode::OK, &view(&app, &browser, &signed_in, forms).await?))
}

fn done(what: &str) -> Option<Notice> {
    let (title, text) = match what {
        "signed-out" => ("Signed out there", "This browser stays signed in."),
        "password" => ("Your password is changed", "Every other browser is signed out."),
        "passkey" => ("The passkey is added", "Sign in with it from now on."),
        "passkey-removed" => {
            ("The passkey is removed", "It opens nothing any more. Every other browser is signed out.")
        }
        "mailed" => {
            ("Look into your mail", "We have sent you a link. The address is added when you open it.")
        }
        "later" => ("We do not ask again", "You can still add a personal address below."),
        "removed" => ("The address is removed", "We no longer write to it."),
        _ => return None,
    };
    Some(Notice::new(Tone::Ok, title, text))
}

/// A person's place in an organization.
struct Place {
    member: Member,
    organization: Organization,
    /// "Okta", its mark and hue, where the organization signs its people in.
    provider: Option<(String, String, u8)>,
}

impl Place {
    fn name(&self) -> &str {
        &self.organization.name
    }
}

/// Whether the person may sign in by password: no company does it for them, and none did in this session.
pub(super) async fn may_have_password(
    db: &mut impl Connected,
    it: &SignedIn,
    now: Time,
) -> Result<bool, Problem> {
    let way = enforcement::own_way(db, now, &it.account.email).await?;
    // Where the way stands open for a time alone, nobody makes a password that outlives it.
    Ok(it.session.connection_id.is_none() && way.closed().is_none() && way.ends_at().is_none())
}

/// The page.
pub(super) async fn view(app: &App, browser: &Browser, it: &SignedIn, forms: Forms) -> Result<View, Problem> {
    let mut db = app.read().await?;
    let places = places(&mut db, &it.account).await?;
    let sessions = store::session::list(&mut db, it.account.id, app.now()).await?;
    let own_password = may_have_password(&mut db, it, app.now()).await?;
    let later = store::account::is_asked_later(&mut db, it.account.id).await?;
    let passkeys = store::passkey::list(&mut db, Owner::Account(it.account.id)).await?;
    drop(db);
    let name = name(&it.account);
    let mut page = browser.page(app, "Your account").place("Your account", "/account");
    page.user = Some(Person::new(&name, ""));
    page.sign_out = Some("/logout".to_owned());
    page.nav = nav(&places, &it.session);
    page.flash = forms.done;
    let without = it.account.personal_email.is_none();
    let asked = places.first().filter(|_| without && !later);
    let card = asked.map(|place| AddressCard {
        title: format!("If you ever leave {}, where should we write to?", place.name()),
        text: format!(
            "An address of your own lets you keep this account then. We write a mail to it now, to see that it is yours, \
             and after that only when you would lose the account. {} does not see it.",
            place.name()
        ),
        later: "/account/email/later".to_owned(),
    });
    Ok(View {
        page,
        person: Person::new(&name, ""),
        summary: summary(&places, &it.account),
        addresses: addresses(&it.account, &places),
        add: forms.address,
        add_action: without.then(|| "/account/email".to_owned()),
        ways: ways(&places, &it.session, own_password, it.account.password_hash.is_some()),
        password_action: own_password.then(|| "/account/password".to_owned()),
        has_password: it.account.password_hash.is_some(),
        passkeys: passkeys.iter().map(|it| super::passkeys::row(it, "/account/passkeys")).collect(),
        passkey_action: (own_password && passkey::available(app)).then(|| "/account/passkeys".to_owned()),
        current: forms.current,
        password: forms.password,
        sessions: sessions.iter().map(|s| session_row(s, &places, it.session.id == s.id)).collect(),
        sign_out_others: "/account/sessions/end-others".to_owned(),
        card,
        who_sees: places.iter().flat_map(who_sees).collect(),
    })
}

/// Where the person is, without the organizations that they left.
async fn places(db: &mut impl Connected, account: &Account) -> Result<Vec<Place>, Problem> {
    let mut all = Vec::new();
    for member in store::member::list_of_account(db, account.id).await? {
        if matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing) {
            continue;
        }
        let Some(organization) = store::organization::lookup(db, member.organization_id).await? else {
            continue;
        };
        let active = match member.email.as_deref() {
            Some(email) => connection::route(db, email, None).await?,
            None => None,
        };
        let provider = active.filter(|(it, _)| it.id == organization.id);
        let provider =
            provider.as_ref().and_then(|(_, way)| way.through()).map(|c| match guide::find(&c.provider) {
                Some(guide) => (guide.name.clone(), guide.mark.clone(), guide.hue),
                None => ("single sign-on".to_owned(), "S".to_owned(), 0),
            });
        all.push(Place { member, organization, provider });
    }
    Ok(all)
}

fn name(account: &Account) -> String {
    match format!("{} {}", account.first_name, account.last_name).trim() {
        "" => account.email.clone(),
        name => name.to_owned(),
    }
}

fn summary(places: &[Place], account: &Account) -> String {
    if places.is_empty() {
        return format!("A personal account since {}", day(account.created_at));
    }
    let one = |p: &Place| {
        let role = if p.member.role == Role::Admin { "Administrator" } else { "Member" };
        let paused = if p.member.status == MemberStatus::Suspended { ", paused" } else { "" };
        format!("{role} of {} since {}{paused}", p.name(), day(p.member.created_at))
    };
    places.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// The way to `/org`, for an administrator whose session is the organization's.
fn nav(places: &[Place], session: &Session) -> Vec<NavItem> {
    let mine = places.iter().find(|p| {
        session.organization_id == Some(p.organization.id)
            && p.member.status == MemberStatus::Active
            && p.member.role == Role::Admin
            && p.organization.self_service
    });
    let item = |label: String, href: &str, current| NavItem { label, href: href.to_owned(), current };
    mine.map_or_else(Vec::new, |place| {
        vec![
            item("Your account".to_owned(), "/account", true),
            item(format!("Administer {}", place.name()), "/org", false),
        ]
    })
}

fn addresses(account: &Account, places: &[Place]) -> Vec<AddressRow> {
    let folded = store::fold(&account.email);
    let from = places.iter().find(|p| p.member.email.as_deref().map(store::fold).as_ref() == Some(&folded));
    let status = |verified| if verified { Status::ok("Verified") } else { Status::pending("Not proven yet") };
    let detail = match from {
        Some(Place { organization, provider: Some((provider, ..)), .. }) => {
            format!("From {0}, through {provider}. Only {0} can change it.", organization.name)
        }
        Some(place) => format!("Your address at {}.", place.name()),
        None => "The address you sign in with.".to_owned(),
    };
    let work = AddressRow {
        email: account.email.clone(),
        detail,
        status: status(account.email_verified_at.is_some()),
        remove: None,
    };
    let private = account.personal_email.iter().map(|email| AddressRow {
        email: email.clone(),
        detail: "Private. Only you see it.".to_owned(),
        status: status(true),
        remove: Some("/account/email/remove".to_owned()),
    });
    std::iter::once(work).chain(private).collect()
}

fn ways(places: &[Place], session: &Session, own: bool, has_password: bool) -> Vec<(Person, String)> {
    let used = |this: bool| if this { "used for this visit".to_owned() } else { String::new() };
    let mut all: Vec<_> = places
        .iter()
        .filter_map(|p| {
            let (provider, mark, hue) = p.provider.as_ref()?;
            let way = Person::thing(
                &format!("{}’s {provider}", p.name()),
                &format!("chosen by {}", p.name()),
                mark,
                *hue,
            );
            let this = session.connection_id.is_some() && session.organization_id == Some(p.organization.id);
            Some((way, used(this)))
        })
        .collect();
    if own && has_password {
        all.push((Person::thing("Password", "yours", "P", 2), used(session.method == "password")));
    }
    if own {
        let way = Person::thing("Link by mail", "works once, for a short time", "@", 4);
        all.push((way, used(session.method == "link")));
    }
    all
}

fn session_row(session: &Session, places: &[Place], current: bool) -> SessionRow {
    let company = places.iter().find(|p| session.organization_id == Some(p.organization.id));
    let by = match (session.connection_id, company) {
        (Some(_), Some(place)) => format!("through {}, ", place.name()),
        (Some(_), None) => "through your company, ".to_owned(),
        (None, _) => format!("{}, ", super::way(&session.method)),
    };
    SessionRow {
        device: super::device(&session.user_agent),
        detail: format!("{by}{}", session.created_at.to_jiff().strftime("%-d %B %Y, %H:%M UTC")),
        current,
        action: format!("/account/sessions/{}/end", session.id),
    }
}

fn who_sees(place: &Place) -> [(String, Html); 2] {
    let profile = member::profile_of(&place.member);
    let mut seen = vec!["name", "work address", "country", "role"];
    for (field, word) in [
        (profile::Field::CurrentCity, "city"),
        (profile::Field::CurrentState, "state"),
        (profile::Field::BirthYear, "year of birth"),
    ] {
        if profile.has(&field) {
            seen.push(word);
        }
    }
    let seen = format!(
        "{}, whether you are active, when you last signed in, and in which browsers you are signed in through it",
        seen.join(", ")
    );
    [
        (format!("{} sees", place.name()), Html::text(&seen)),
        (
            format!("{} does not see", place.name()),
            Html::text("your private address, and sign-ins of your own that are not through it"),
        ),
    ]
}

fn day(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y").to_string()
}
