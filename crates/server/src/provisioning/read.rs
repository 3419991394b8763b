//! Reading one resource; lists are in `list`.

use axum::http::{StatusCode, header};
use model::{DirectoryGroupId, DirectoryUserId};
use scim::{Projection, ScimError, etag};
use store::directory_user::{DirectoryUser, GroupName};
use store::{directory_group, directory_user};

use super::call::Call;
use super::plan::{Kind, Read};
use super::show::{self, Stored};
use super::{Done, list};
use crate::app::App;
use crate::directory::Effect;
use crate::problem::Problem;

/// Answers a request that changes nothing.
pub async fn read(app: &App, call: &Call, what: Read) -> Result<Done, Problem> {
    match what {
        Read::Fixed(body) => Ok(Done::ok(body, "Read what this server can do")),
        Read::List(kinds, query) => {
            let _leave = list::leave_to_walk(kinds, &query).await;
            let mut db = app.read().await?;
            list::list(app, &mut db, call, kinds, &query).await
        }
        Read::One(kind, id, query) => {
            let mut db = app.read().await?;
            let (stored, groups) = match kind {
                Kind::User => {
                    let (user, groups) = find_user(&mut db, call, &id).await?;
                    (Stored::User(user), Some(groups))
                }
                _ => (find(app, &mut db, call, kind, &id).await?, None),
            };
            let projection =
                Projection::new(&query.attributes, &query.excluded_attributes, kind.resource_type());
            let tag = stored.etag();
            let known =
                call.header(header::IF_NONE_MATCH).is_some_and(|known| !etag::if_none_match(known, &tag));
            let outcome = format!("Read {}", stored.name());
            let subject = if let Stored::User(user) = &stored { Some(user.id) } else { None };
            let body = match groups {
                _ if known => None,
                Some(groups) => Some(show::with_groups(call, &stored, &groups, &projection)?),
                None => Some(show::one(&mut db, call, &stored, &projection).await?),
            };
            Ok(Done {
                status: if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK },
                body,
                location: (!known).then(|| stored.location(call)),
                etag: Some(tag),
                outcome,
                subject,
                effect: Effect::default(),
                // Where it is, no record of the read is kept at all.
                private: false,
            })
        }
    }
}

/// The resource with this id in this directory.
pub async fn find(
    app: &App,
    db: &mut impl store::Connected,
    call: &Call,
    kind: Kind,
    id: &str,
) -> Result<Stored, Problem> {
    let found = match kind {
        Kind::User => return find_user(db, call, id).await.map(|(user, _)| Stored::User(user)),
        Kind::Group => match id.parse::<DirectoryGroupId>() {
            Ok(id) => directory_group::lookup(db, call.directory.id, id).await?.map(Stored::Group),
            Err(_) => None,
        },
        Kind::Test => app.scim_tests.lookup(call.directory.id, id).map(Stored::Test),
    };
    found.ok_or_else(|| not_found(kind, id))
}

/// The user with this id in this directory, and its groups.
pub async fn find_user(
    db: &mut impl store::Connected,
    call: &Call,
    id: &str,
) -> Result<(DirectoryUser, Vec<GroupName>), Problem> {
    let found = match id.parse::<DirectoryUserId>() {
        Ok(id) => directory_user::lookup_grouped(db, call.directory.id, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| not_found(Kind::User, id))
}

fn not_found(kind: Kind, id: &str) -> Problem {
    let short: String = id.chars().take(80).collect();
    ScimError::not_found(kind.resource_type().name, &short).into()
}
