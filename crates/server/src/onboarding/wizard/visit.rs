//! Somebody with a setup link: an argument that can only be built from a link that works.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use model::{
    Connection, ConnectionStatus, Directory, Domain, DomainStatus, LinkId, NewEvent, Organization, Purpose,
    SetupLink,
};
use serde_json::json;
use store::connection_draft::Draft;
use store::{Connected, Tx};

use super::left_over::left_over;
use super::progress::Progress;
use crate::app::App;
use crate::connection::{self, Settings, beside};
use crate::onboarding::links;
use crate::problem::Problem;
use crate::request::{Browser, ClientAddress};
use web::guide::{self, Guide, Kind};
use web::html::Html;
use web::layout::Page;
use web::pages::person::LinkEnded;
use web::pages::setup::Way;

/// Everything a page of the wizard starts from. The connection and the directory are the link's organization's own.
pub struct Visit {
    token: String,
    from: ClientAddress,
    /// The link.
    pub link: SetupLink,
    /// For whom it was made.
    pub organization: Organization,
    /// Where it stands. Before its first use: what the organization's earlier links left half-done.
    pub progress: Progress,
    /// The organization's domains.
    pub domains: Vec<Domain>,
    /// The connection that is set up.
    pub connection: Option<Connection>,
    /// The directory that is set up.
    pub directory: Option<Directory>,
    /// The connections that people sign in through, for a link that may change them.
    pub live: Vec<Connection>,
    /// The draft beside the connection that is renewed.
    pub draft: Option<Draft>,
    /// The draft beside the connection that is set up, where it is live already.
    pub change: Option<Draft>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let token = path.ok().and_then(|Path(mut all)| all.remove("token")).unwrap_or_default();
        let from = ClientAddress::from_request_parts(parts, app).await.unwrap_or_default();
        Self::open(app, token, from).await.map_err(|problem| {
            let ended =
                matches!(problem.code, "setup_link_unknown" | "setup_link_revoked" | "setup_link_expired");
            match parts.extensions.get::<Browser>() {
                Some(browser) if ended => link_ended(app, browser, &problem),
                _ => problem.into_response(),
            }
        })
    }
}

impl Visit {
    async fn open(app: &App, token: String, from: ClientAddress) -> Result<Self, Problem> {
        let mut db = app.read().await?;
        let (link, organization) = links::open(app, &mut db, &token).await?;
        let mut progress = Progress::of(&link);
        if link.first_used_at.is_none() && progress == Progress::default() {
            progress = left_over(&mut db, &organization, &link).await?;
        }
        let domains = store::domain::list(&mut db, organization.id).await?;
        let connection = connection_of(&mut db, &organization, &progress).await?;
        let directory = directory_of(&mut db, &organization, &progress).await?;
        let mut live = Vec::new();
        if [Purpose::Certificate, Purpose::Sso].iter().any(|it| link.purposes.contains(it)) {
            live = store::connection::list(&mut db, organization.id).await?;
            live.retain(|it| it.status == ConnectionStatus::Active);
        }
        let mut it = Self {
            token,
            from,
            link,
            organization,
            progress,
            domains,
            connection,
            directory,
            live,
            draft: None,
            change: None,
        };
        if let Some(id) = it.renewing().filter(|_| it.allows(Purpose::Certificate)).map(|it| it.id) {
            it.draft = beside::draft_of(&mut db, id).await?;
        }
        if let Some(id) = it.connection.as_ref().map(|it| it.id) {
            it.change = beside::draft_of(&mut db, id).await?;
        }
        Ok(it)
    }

    /// The same visit with what is stored by now.
    ///
    /// # Errors
    /// When the link has ended meanwhile.
    pub async fn again(&self, app: &App) -> Result<Self, Problem> {
        Self::open(app, self.token.clone(), self.from.clone()).await
    }

    /// An address of this link: `rest` is empty or begins with a slash.
    pub fn path(&self, rest: &str) -> String {
        format!("/s/{}{rest}", self.token)
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> String {
        format!("link:{}", self.link.id)
    }

    /// Whether the link lets its holder do this.
    pub fn allows(&self, purpose: Purpose) -> bool {
        self.link.purposes.contains(&purpose)
    }

    /// Refuses a page that the link is not for.
    ///
    /// # Errors
    /// 403 with what to do.
    pub fn require(&self, purpose: Purpose) -> Result<(), Problem> {
        if self.allows(purpose) {
            return Ok(());
        }
        Err(Problem::forbidden(
            "This setup link is for something else. Ask whoever sent it for one that allows this too.",
        ))
    }

    /// The connection, or the way to the list where one is chosen.
    ///
    /// # Errors
    /// The redirect, or a refusal where the link is not for single sign-on.
    pub fn connection(&self) -> Result<&Connection, Response> {
        self.require(Purpose::Sso).map_err(IntoResponse::into_response)?;
        self.connection.as_ref().ok_or_else(|| super::see_other(&self.path("/sso/providers")))
    }

    /// The directory, or the way to the list where one is chosen.
    ///
    /// # Errors
    /// The redirect, or a refusal where the link is not for directories.
    pub fn directory(&self) -> Result<&Directory, Response> {
        self.require(Purpose::Scim).map_err(IntoResponse::into_response)?;
        self.directory.as_ref().ok_or_else(|| super::see_other(&self.path("/scim/providers")))
    }

    /// The guide of the connection.
    pub fn sso_guide(&self) -> Option<&'static Guide> {
        let connection = self.connection.as_ref()?;
        let general = match connection.protocol {
            model::Protocol::Saml => "generic-saml",
            model::Protocol::Oidc => "generic-oidc",
        };
        guide::find(&connection.provider).or_else(|| guide::find(general))
    }

    /// The guide of the directory.
    pub fn directory_guide(&self) -> Option<&'static Guide> {
        let directory = self.directory.as_ref()?;
        guide::find(&directory.provider).or_else(|| guide::find("custom-scim2"))
    }

    /// What the connection trusts, once its values came.
    pub fn settings(&self) -> Option<Settings> {
        self.connection.as_ref().and_then(Settings::of)
    }

    /// A test sign-in came through after the last change of the values.
    pub fn is_tested(&self) -> bool {
        self.connection.as_ref().is_some_and(|it| it.tested_at.is_some())
    }

    /// People sign in through the connection.
    pub fn is_live(&self) -> bool {
        self.connection.as_ref().is_some_and(|it| it.status == ConnectionStatus::Active)
    }

    /// Names of the domains that are proven, or of those that are not.
    pub fn domain_names(&self, proven: bool) -> Vec<&str> {
        let fits = |it: &&Domain| (it.status == DomainStatus::Verified) == proven;
        self.domains.iter().filter(fits).map(|it| it.name.as_str()).collect()
    }

    /// The live connection that is renewed: the chosen one, or the only one.
    pub fn renewing(&self) -> Option<&Connection> {
        match (&self.progress.renewal, self.live.as_slice()) {
            (Some(renewal), all) => all.iter().find(|it| it.id.to_string() == renewal.connection),
            (None, [one]) => Some(one),
            (None, _) => None,
        }
    }

    /// That connection with its new values, once they came.
    pub fn candidate(&self) -> Option<Connection> {
        let it = self.renewing()?;
        let draft = self.draft.as_ref().filter(|draft| draft.connection_id == it.id)?;
        Some(beside::with_draft(it, draft))
    }

    /// New values came into use through this link, and no others are on their way.
    pub fn is_renewed(&self) -> bool {
        let since = self.link.created_at.as_micros();
        self.progress.renewal.is_none() && self.progress.replaced.as_ref().is_some_and(|it| it.at >= since)
    }

    /// Begins the one write of this request, under the link's lock: two who act at once act one after the other, and
    /// the second decides by what the first has done. Records the use of the link; opening pages is no use.
    ///
    /// # Errors
    /// When the link has ended meanwhile.
    pub async fn hold(&self, app: &App) -> Result<Held, Problem> {
        let mut tx = app.write().await?;
        tx.lock(&format!("setup_link:{}", self.link.id)).await?;
        let link = links::working(app, store::link::lookup(&mut tx, self.link.id).await?)?;
        let kept = Progress::of(&link);
        let mut progress = kept.clone();
        if link.first_used_at.is_none() {
            self.record_first_use(app, &mut tx).await?;
            if kept == Progress::default() {
                progress = left_over(&mut tx, &self.organization, &link).await?;
            }
        }
        store::link::touch(&mut tx, link.id, app.now(), &self.from.to_string()).await?;
        Ok(Held { tx, progress, kept, link: link.id })
    }

    async fn record_first_use(&self, app: &App, tx: &mut Tx) -> Result<(), Problem> {
        let organization = Some(self.organization.id);
        let data = json!({
            "organization_id": self.organization.id.to_string(),
            "setup_link_id": self.link.id.to_string(),
        });
        let kind = "setup_link.used";
        app.append(
            tx,
            NewEvent { kind, organization_id: organization, member_id: None, data: data.to_string() },
        );
        app.audit(tx, &self.actor(), kind, organization, Some(self.link.id.to_string()), &data).await
    }
}

/// The write of a request, with where the link stands now.
pub struct Held {
    /// The transaction.
    pub tx: Tx,
    /// Where the link stands; what is changed here is kept by [`Held::commit`].
    pub progress: Progress,
    kept: Progress,
    link: LinkId,
}

impl Held {
    /// Makes everything true.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn commit(mut self) -> Result<(), Problem> {
        if self.progress != self.kept {
            store::link::set_progress(&mut self.tx, self.link, &self.progress.to_json()?).await?;
        }
        Ok(self.tx.commit().await?)
    }
}

/// Other guides for the same provider.
pub fn other_ways(kind: Kind, chosen: &Guide, base: &str) -> Vec<Way> {
    let family = guide::families(kind).iter().find(|f| f.guides.iter().any(|g| g.id == chosen.id));
    let others = family.into_iter().flat_map(|f| &f.guides).filter(|g| g.id != chosen.id);
    others
        .map(|g| {
            let label = if g.variant.is_empty() { g.protocol.label() } else { &g.variant };
            Way::of(label, g, base)
        })
        .collect()
}

/// The connection that a progress names, if it is the organization's.
pub async fn connection_of(
    db: &mut impl Connected,
    organization: &Organization,
    progress: &Progress,
) -> Result<Option<Connection>, Problem> {
    let Some(id) = progress.connection.as_deref().and_then(|id| id.parse().ok()) else { return Ok(None) };
    match connection::get(db, organization.id, id).await {
        Ok(it) => Ok(Some(it)),
        // Removed in the console since: the wizard begins again.
        Err(problem) if problem.code == "not_found" => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The directory that a progress names, if it is the organization's.
pub async fn directory_of(
    db: &mut impl Connected,
    organization: &Organization,
    progress: &Progress,
) -> Result<Option<Directory>, Problem> {
    let Some(id) = progress.directory.as_deref().and_then(|id| id.parse().ok()) else { return Ok(None) };
    let found = store::directory::lookup(db, id).await?;
    Ok(found.filter(|it| it.organization_id == organization.id))
}

/// The page of a link that no longer works, or never did.
fn link_ended(app: &App, browser: &Browser, problem: &Problem) -> Response {
    tracing::info!(code = problem.code, status = problem.status.as_u16(), "a setup link was refused");
    let page = LinkEnded {
        page: Page::new(app.brand.clone(), problem.title.clone(), browser.csrf(app)),
        title: problem.title.clone(),
        text: Html::text(&problem.detail),
        renew: None,
    };
    web::respond(problem.status, &page)
}
