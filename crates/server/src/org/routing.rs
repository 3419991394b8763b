//! Which of several connections the addresses of a domain sign in through.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Connection, Domain, DomainStatus, RuleId};

use super::Desk;
use super::links::sentence;
use super::words;
use crate::app::App;
use crate::connection::{
    self, Because, Decision, Everybody, NewRule, NewWho, Routing, RoutingChange, Rule, Who,
};
use crate::enforcement;
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use crate::trace;
use web::Html;
use web::pages::org::{OrgRouting, Place, RuleRow};
use web::parts::{Crumb, Field, Notice, Opt, Status, Tone};

/// So many groups can be chosen from.
const GROUPS: usize = 500;

type Ids = Path<BTreeMap<String, String>>;

/// What was typed into one of the forms, with what is wrong with it.
#[derive(Default)]
struct Typed {
    flash: Option<Notice>,
    pilot: Field,
    /// The rule whose addresses were changed.
    of_rule: Option<(String, Field)>,
    connection: String,
    group: String,
    group_error: Option<String>,
    everybody: Option<String>,
    choose: Vec<String>,
    choose_error: Option<String>,
    tried: Option<String>,
}

/// `GET /domains/{domain}/routing`; with `email` it says where that address signs in.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    params: Params,
) -> Result<Response, Problem> {
    let domain = verified(&app, &desk, &ids).await?;
    let typed = Typed {
        flash: words::done(params.first("done")),
        tried: params.first("email").map(ToOwned::to_owned),
        ..Typed::default()
    };
    page(&app, &desk, &domain, typed, StatusCode::OK).await
}

async fn verified(app: &App, desk: &Desk, ids: &BTreeMap<String, String>) -> Result<Domain, Problem> {
    let named = ids.get("domain").map(String::as_str).unwrap_or_default();
    let domain = enforcement::domain_of(&mut app.read().await?, &desk.organization, named).await?;
    if domain.status == DomainStatus::Verified { Ok(domain) } else { Err(Problem::not_found("domain")) }
}

async fn page(
    app: &App,
    desk: &Desk,
    domain: &Domain,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let all = store::connection::list(&mut db, desk.organization.id).await?;
    let groups = store::directory_group::of_organization(&mut db, desk.organization.id, GROUPS).await?;
    let mut pilots: HashMap<RuleId, Vec<String>> = HashMap::new();
    for (rule, email) in store::routing::pilots(&mut db, domain.id).await? {
        pilots.entry(rule).or_default().push(email);
    }
    let (routing, names) = (Routing::of(domain), trace::names(&all));
    let view = View { names: all.iter().map(|it| it.id.to_string()).zip(names).collect(), all: &all };
    let outcome = match typed.tried.as_deref() {
        Some(email) => {
            let decision = connection::decision(&mut db, domain, &all, email, None).await?;
            Some(view.outcome(domain, email.trim(), &decision))
        }
        None => None,
    };
    drop(db);
    let active: Vec<&Connection> = connection::actives(&all).collect();
    let groups: Vec<(String, String)> =
        groups.iter().map(|it| (it.id.to_string(), group_name(&it.resource))).collect();
    let mut surroundings = desk.page(app, "Who signs in where", Place::Domains);
    surroundings.crumbs.push(Crumb::new("Domains", desk.at("domains")));
    surroundings.flash = typed.flash;
    let pilots_of = |rule: &Rule| pilots.get(&rule.id).map(Vec::as_slice).unwrap_or_default();
    let newest = active.last().map(|it| it.id.to_string()).unwrap_or_default();
    let chosen = if typed.connection.is_empty() { newest } else { typed.connection };
    let picked = typed.everybody.unwrap_or_else(|| last_of(&routing));
    let offered = |id: &str| match &routing.everybody {
        Everybody::Choose(among) if typed.choose.is_empty() => among.iter().any(|it| it.to_string() == id),
        _ => typed.choose.iter().any(|it| it == id),
    };
    let page = OrgRouting {
        page: surroundings,
        organization: desk.organization.name.clone(),
        domain: domain.name.clone(),
        notice: few(&desk.organization.name, active.len()),
        rules: routing
            .rules
            .iter()
            .map(|it| view.rule(it, pilots_of(it), &groups, typed.of_rule.as_ref()))
            .collect(),
        everybody: view.everybody(&routing),
        connections: active.iter().map(|it| view.option(it, &chosen)).collect(),
        groups: groups.iter().map(|(id, name)| Opt::new(id, name, *id == typed.group)).collect(),
        pilot: typed.pilot,
        group_error: typed.group_error,
        last: view.last(&active, &picked),
        choose: active
            .iter()
            .map(|it| Opt { selected: offered(&it.id.to_string()), ..view.option(it, "") })
            .collect(),
        choose_error: typed.choose_error,
        tried: Field::new(typed.tried.unwrap_or_default()),
        outcome,
        action: desk.at(&format!("domains/{}/routing", domain.id)),
        back: desk.at("domains"),
    };
    Ok(web::respond(status, &page))
}

/// What to say where there is nothing to tell apart.
fn few(company: &str, active: usize) -> Option<Notice> {
    let title = match active {
        0 => format!("{company} has no active connection"),
        1 => format!("{company} has one active connection"),
        _ => return None,
    };
    let text = "Rules are of use when there are two: while you move to another provider, for instance.";
    Some(Notice::new(Tone::None, title, text))
}

fn group_name(resource: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(resource).unwrap_or_default();
    value["displayName"].as_str().unwrap_or("a group without a name").to_owned()
}

fn last_of(routing: &Routing) -> String {
    match &routing.everybody {
        Everybody::Newest => "newest".to_owned(),
        Everybody::Connection(id) => id.to_string(),
        Everybody::Choose(_) => "choose".to_owned(),
    }
}

/// The company's connections by name.
struct View<'a> {
    names: HashMap<String, String>,
    all: &'a [Connection],
}

impl View<'_> {
    fn name(&self, id: model::ConnectionId) -> String {
        let found = self.names.get(&id.to_string());
        found.cloned().unwrap_or_else(|| "a connection that is gone".to_owned())
    }

    fn option(&self, it: &Connection, chosen: &str) -> Opt {
        let id = it.id.to_string();
        let selected = id == chosen;
        Opt::new(id, self.name(it.id), selected)
    }

    fn last(&self, active: &[&Connection], picked: &str) -> Vec<Opt> {
        let mut all =
            vec![Opt::new("newest", "Sign in through the connection that was made last", picked == "newest")];
        all.extend(active.iter().map(|it| {
            let id = it.id.to_string();
            let selected = id == picked;
            Opt::new(id, format!("Sign in through {}", self.name(it.id)), selected)
        }));
        if active.len() > 1 {
            all.push(Opt::new("choose", "Each person chooses at the sign-in", picked == "choose"));
        }
        all
    }

    fn rule(
        &self,
        it: &Rule,
        named: &[String],
        groups: &[(String, String)],
        of_rule: Option<&(String, Field)>,
    ) -> RuleRow {
        let mut status = Status::ok("In force");
        let who = match it.who {
            Who::Pilot => words::shown(named.len(), "named address", "named addresses"),
            Who::Group(group) => match groups.iter().find(|(id, _)| *id == group.to_string()) {
                Some((_, name)) => format!("Members of the group {name}"),
                None => {
                    status = Status::stopped("Rests: the directory took the group away");
                    "Members of a group that is gone".to_owned()
                }
            },
        };
        if !connection::actives(self.all).any(|active| active.id == it.connection) {
            status = Status::stopped("Rests: the connection is switched off");
        }
        let typed = of_rule.filter(|(id, _)| *id == it.id.to_string()).map(|(_, field)| field.clone());
        let pilot = (it.who == Who::Pilot).then(|| typed.unwrap_or_else(|| Field::new(named.join("\n"))));
        RuleRow { id: it.id.to_string(), who, connection: self.name(it.connection), status, pilot }
    }

    fn everybody(&self, routing: &Routing) -> String {
        match &routing.everybody {
            Everybody::Newest => match connection::actives(self.all).last() {
                Some(it) => {
                    format!("signs in through the connection that was made last: {}", self.name(it.id))
                }
                None => "signs in without the company".to_owned(),
            },
            Everybody::Connection(id) => format!("signs in through {}", self.name(*id)),
            Everybody::Choose(among) => {
                let names: Vec<String> = among.iter().map(|id| self.name(*id)).collect();
                format!("chooses among {}", names.join(" and "))
            }
        }
    }

    fn outcome(&self, domain: &Domain, email: &str, decision: &Decision) -> Notice {
        let shown: String = email.chars().take(80).collect();
        if connection::domains::of_email(email).as_ref() != Some(&domain.name) {
            let title = format!("“{shown}” is not an address in {}", domain.name);
            return Notice::new(Tone::Warn, title, "The rules here are about this domain alone.");
        }
        let (title, why) = match decision {
            Decision::Nowhere => (
                format!("{shown} does not sign in through the company"),
                "No connection is active.".to_owned(),
            ),
            Decision::Choose(among) => {
                let names: Vec<String> = among.iter().map(|id| self.name(*id)).collect();
                (format!("{shown} chooses at the sign-in"), format!("Among {}.", names.join(" and ")))
            }
            Decision::Through(id, because) => (
                format!("{shown} signs in through {}", self.name(*id)),
                match because {
                    Because::Rule(place) => format!("Rule {} fits.", place + 1),
                    Because::Everybody | Because::Chosen => "No rule fits: everybody else.".to_owned(),
                    Because::Newest => {
                        "No rule fits, and it is the connection that was made last.".to_owned()
                    }
                },
            ),
        };
        Notice { text: Html::text(&why), ..Notice::new(Tone::Ok, title, "") }
    }
}

/// `POST /domains/{domain}/routing` with `act`: `pilot`, `group`, `pilots`, `up`, `remove` or `everybody`.
pub async fn act(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let domain = verified(&app, &desk, &ids).await?;
    let change = match read(&form) {
        Ok(change) => change,
        Err(problem) if problem.fields.is_empty() => return Err(problem),
        Err(problem) => return again(&app, &desk, &domain, &form, &problem).await,
    };
    let mut tx = app.write().await?;
    let done =
        connection::change_routing(&app, &mut tx, &desk.organization, &domain, change, &desk.actor).await;
    match done {
        Ok(_) => {
            tx.commit().await?;
            let back = format!("domains/{}/routing?done=saved", domain.id);
            Ok(Redirect::to(&desk.at(&back)).into_response())
        }
        Err(problem) if problem.fields.is_empty() => Err(problem),
        Err(problem) => {
            drop(tx);
            again(&app, &desk, &domain, &form, &problem).await
        }
    }
}

fn read(form: &Params) -> Result<RoutingChange, Problem> {
    let text = |name: &str| form.first(name).unwrap_or_default();
    let rule = || text("rule").parse().map_err(|_| Problem::not_found("rule"));
    let through = |field: &str, id: &str| {
        id.parse().map_err(|_| Problem::field(field, "expected one of the connections of the list"))
    };
    let lines = || text("pilot").split(['\n', ',', ';', ' ']).map(ToOwned::to_owned).collect::<Vec<_>>();
    Ok(match text("act") {
        "pilot" => RoutingChange::Add(NewRule {
            who: NewWho::Pilot(lines()),
            connection: through("connection", text("connection"))?,
        }),
        "group" => {
            let group = text("group").parse();
            let group =
                group.map_err(|_| Problem::field("group", "expected one of the groups of the list"))?;
            let connection = through("connection", text("connection"))?;
            RoutingChange::Add(NewRule { who: NewWho::Group(group), connection })
        }
        "pilots" => RoutingChange::Pilots(rule()?, lines()),
        "up" => RoutingChange::Up(rule()?),
        "remove" => RoutingChange::Remove(rule()?),
        "everybody" => RoutingChange::Everybody(match text("everybody") {
            "newest" => Everybody::Newest,
            "choose" => Everybody::Choose(
                form.all("choose").map(|id| through("choose", id)).collect::<Result<_, _>>()?,
            ),
            id => Everybody::Connection(through("choose", id)?),
        }),
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    })
}

/// The page once more, with what was typed and what is wrong with it.
async fn again(
    app: &App,
    desk: &Desk,
    domain: &Domain,
    form: &Params,
    problem: &Problem,
) -> Result<Response, Problem> {
    let text = |name: &str| form.first(name).unwrap_or_default().to_owned();
    let fault = |names: &[&str]| {
        let found = problem.fields.iter().find(|it| names.contains(&it.field.as_str()));
        found.map(|it| sentence(&it.problem))
    };
    let pilot = Field { value: text("pilot"), error: fault(&["pilot", "rules"]) };
    let act = text("act");
    let here = |name: &str| act == name;
    let typed = Typed {
        of_rule: here("pilots").then(|| (text("rule"), pilot.clone())),
        pilot: if here("pilot") {
            Field { error: pilot.error.clone().or_else(|| fault(&["connection"])), ..pilot }
        } else {
            Field::default()
        },
        connection: text("connection"),
        group: text("group"),
        group_error: if here("group") { fault(&["group", "connection", "rules"]) } else { None },
        everybody: here("everybody").then(|| text("everybody")),
        choose: form.all("choose").map(ToOwned::to_owned).collect(),
        choose_error: if here("everybody") { fault(&["choose", "connection"]) } else { None },
        ..Typed::default()
    };
    page(app, desk, domain, typed, problem.status).await
}
