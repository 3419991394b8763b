//! A directory's settings: where the profile fields lie, and which groups make an administrator.

use model::{Directory, Role};
use profile::mapping::Mapping;
use serde_json::{Map, Value, json};
use store::directory_group::DirectoryGroup;

use crate::problem::Problem;

/// Members of a group have a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRule {
    /// The group's name, whatever its case, or the provider's or our id of it.
    pub group: String,
    /// The role of its members.
    pub role: Role,
}

impl RoleRule {
    /// Whether the rule means this group.
    pub fn is_about(&self, group: &DirectoryGroup) -> bool {
        store::fold(&self.group) == group.display_name_folded
            || group.external_id.as_ref() == Some(&self.group)
            || group.id.to_string() == self.group
    }
}

/// The settings of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryConfig {
    /// Where each profile field comes from.
    pub mapping: Mapping,
    /// Roles by group. Of several that hold for a person, the first counts.
    pub roles: Vec<RoleRule>,
}

/// Where the stored text keeps what was applied when the directory was last live.
const APPLIED: &str = "applied";

/// The stored text of a directory that is live no more: it keeps beside the settings those that gave people their roles.
pub(super) fn while_not_live(directory: &Directory) -> Result<String, Problem> {
    let mut settings = stored(directory)?;
    let applied = settings.clone();
    settings.insert(APPLIED.to_owned(), Value::Object(applied));
    Ok(Value::Object(settings).to_string())
}

/// The stored text of a directory that is live again, and what was applied when it was so last.
pub(super) fn live_again(directory: &Directory) -> Result<(String, Option<DirectoryConfig>), Problem> {
    let mut settings = stored(directory)?;
    let applied = settings.remove(APPLIED);
    let applied = applied.map(|it| DirectoryConfig::from_json(&it)).transpose();
    let text = if settings.is_empty() { String::new() } else { Value::Object(settings).to_string() };
    Ok((text, applied.map_err(|e| Problem::internal(&e))?))
}

/// The stored text with other settings.
pub(super) fn with_settings(directory: &Directory, config: &DirectoryConfig) -> Result<String, Problem> {
    let mut settings = config.to_json();
    if let Some(applied) = stored(directory)?.remove(APPLIED) {
        settings[APPLIED] = applied;
    }
    Ok(settings.to_string())
}

fn stored(directory: &Directory) -> Result<Map<String, Value>, Problem> {
    if directory.config.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(&directory.config).map_err(|e| Problem::internal(&e))
}

impl DirectoryConfig {
    /// The settings of this directory; the defaults where it has none.
    ///
    /// # Errors
    /// An internal problem where the stored text cannot be read.
    pub fn of(directory: &Directory) -> Result<Self, Problem> {
        if directory.config.is_empty() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_str(&directory.config).map_err(|e| Problem::internal(&e))?;
        Self::from_json(&value).map_err(|e| Problem::internal(&e))
    }

    /// Reads `{"rules": …, "readings": …, "roles": [{"group": "Admins", "role": "admin"}]}`; each part may be missing.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let mapping = Mapping::from_json(value).map_err(|e| e.to_string())?;
        let mut roles = Vec::new();
        for rule in value.get("roles").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| rule.get(key).and_then(Value::as_str).map(str::trim);
            let group = text("group").filter(|group| !group.is_empty());
            let role = text("role").and_then(|role| role.parse::<Role>().ok());
            let (Some(group), Some(role)) = (group, role) else {
                return Err(format!(
                    "Expected a group’s name and the role admin or member in each rule; received {rule}."
                ));
            };
            roles.push(RoleRule { group: group.to_owned(), role });
        }
        Ok(Self { mapping, roles })
    }

    /// The role that these groups give; `None` where no rule speaks of any.
    pub fn role_of(&self, groups: &[&DirectoryGroup]) -> Option<Role> {
        self.roles.iter().find(|rule| groups.iter().any(|group| rule.is_about(group))).map(|rule| rule.role)
    }

    /// What [`DirectoryConfig::from_json`] reads.
    pub fn to_json(&self) -> Value {
        let mut value = self.mapping.to_json();
        value["roles"] =
            self.roles.iter().map(|rule| json!({"group": rule.group, "role": rule.role.as_str()})).collect();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were_written() {
        let rule = |group: &str, role| RoleRule { group: group.to_owned(), role };
        let config = DirectoryConfig {
            roles: vec![rule("Admins", Role::Admin), rule("Everybody", Role::Member)],
            ..DirectoryConfig::default()
        };
        assert_eq!(DirectoryConfig::from_json(&config.to_json()), Ok(config));
    }

    #[test]
    fn a_rule_without_a_known_role_is_refused() {
        let value = json!({"roles": [{"group": "Admins", "role": "root"}]});
        assert!(DirectoryConfig::from_json(&value).is_err());
        assert_eq!(DirectoryConfig::from_json(&json!({})), Ok(DirectoryConfig::default()));
    }
}
