//! What the organization's earlier links left half-done, for a link that has not been used yet.

use model::{ConnectionStatus, DirectoryStatus, Organization, Purpose, SetupLink};
use store::Connected;

use super::progress::Progress;
use super::visit::{connection_of, directory_of};
use crate::problem::Problem;

/// A draft, a preview, values that were replaced and can be put back: each from the newest link that has one, as far as
/// `link` lets its holder go on with it.
///
/// # Errors
/// When the database fails.
pub async fn left_over(
    db: &mut impl Connected,
    organization: &Organization,
    link: &SetupLink,
) -> Result<Progress, Problem> {
    let allows = |purpose| link.purposes.contains(&purpose);
    let mut left = Progress::default();
    for earlier in store::link::list(db, organization.id).await? {
        let other = Progress::of(&earlier);
        if earlier.id == link.id || other == Progress::default() {
            continue;
        }
        if allows(Purpose::Sso) && left.connection.is_none() {
            let connection = connection_of(db, organization, &other).await?;
            if connection.is_some_and(|it| it.status == ConnectionStatus::Draft) {
                (left.connection, left.ticked) = (other.connection.clone(), other.ticked.clone());
            }
        }
        if allows(Purpose::Scim) && left.directory.is_none() {
            let directory = directory_of(db, organization, &other).await?;
            if directory.is_some_and(|it| it.status == DirectoryStatus::Preview) {
                (left.directory, left.directory_ticked) =
                    (other.directory.clone(), other.directory_ticked.clone());
                (left.mapped, left.leavers) = (other.mapped, other.leavers);
            }
        }
        if allows(Purpose::Certificate) && left.replaced.is_none() {
            left.replaced = other.replaced;
        }
    }
    Ok(left)
}
