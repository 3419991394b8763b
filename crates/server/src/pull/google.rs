//! Google Workspace through the Admin SDK's Directory API.
//!
//! Owns tokens, lists and what Google's refusals mean. Reads only (`…readonly` scopes).

use std::collections::HashSet;

use oidc::relying_party::{SERVICE_GRANT_TYPE, ServiceAssertion};
use serde_json::Value;
use url::Url;

use super::fault::Fault;
use super::google_person::{self, USER_FIELDS};
use super::settings::GoogleSettings;
use super::{Listed, Page, Source};
use crate::app::App;
use crate::outbound::Fetched;

/// What is asked for.
pub const SCOPES: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly \
     https://www.googleapis.com/auth/admin.directory.group.readonly";
/// The largest answer, in bytes.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// People in a part of the list: what Google gives at most.
const PEOPLE: &str = "500";
/// Groups, and members of a group, in a part of a list: what Google gives at most.
const GROUPS: &str = "200";

/// Where Google is. Others only for a stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleAddresses {
    /// Where administrators consent.
    pub authorize: String,
    /// The token endpoint.
    pub token: String,
    /// What the Directory API's paths begin with, without a slash at the end.
    pub api: String,
}

impl Default for GoogleAddresses {
    fn default() -> Self {
        Self {
            authorize: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
            token: "https://oauth2.googleapis.com/token".to_owned(),
            api: "https://admin.googleapis.com/admin/directory/v1".to_owned(),
        }
    }
}

/// A Workspace, with a token to read it.
pub struct Google {
    app: App,
    token: String,
    /// Who is in one of the groups that were named; none where everybody is read.
    scope: Option<HashSet<String>>,
    groups: Vec<String>,
}

impl Google {
    /// Gets a token.
    ///
    /// # Errors
    /// Why Google refuses, with what to do in the Admin console.
    pub async fn connect(app: &App, settings: &GoogleSettings) -> Result<Self, Fault> {
        let token = access_token(app, settings).await?;
        Ok(Self { app: app.clone(), token, scope: None, groups: settings.groups.clone() })
    }

    async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        known: Option<&str>,
    ) -> Result<Option<Value>, Fault> {
        let base = format!("{}/{path}", self.app.config.google.api);
        let mut url = Url::parse(&base).map_err(|e| Fault::Later(format!("{base} is no address: {e}.")))?;
        url.query_pairs_mut().extend_pairs(query);
        let mut headers = vec![("authorization", format!("Bearer {}", self.token))];
        if let Some(known) = known {
            headers.push(("if-none-match", known.to_owned()));
        }
        let answer = self.app.outbound.get_with(url.as_str(), &headers, MAX_ANSWER).await?;
        match answer.status.as_u16() {
            304 => Ok(None),
            200 => Ok(Some(json(&answer)?)),
            _ => Err(refusal(&answer)),
        }
    }

    /// Who is in the groups that were named.
    async fn scope(&mut self) -> Result<Option<&HashSet<String>>, Fault> {
        if self.groups.is_empty() {
            return Ok(None);
        }
        if self.scope.is_none() {
            let mut all = HashSet::new();
            for group in self.groups.clone() {
                match self.members(&group, None).await {
                    Ok(found) => all.extend(found.into_iter().flat_map(|(ids, _)| ids)),
                    Err(Fault::Refused { code: "not_found", .. }) => {
                        return Err(Fault::refused(
                            "group_not_found",
                            format!("Google knows no group {group}."),
                            "Check its address in the Admin console under Directory, Groups, and correct it here.",
                        ));
                    }
                    Err(fault) => return Err(fault),
                }
            }
            self.scope = Some(all);
        }
        Ok(self.scope.as_ref())
    }
}

/// Puts the parts of a list together with where the next one is.
fn page(answer: &Value, name: &str, read: impl Fn(&Value) -> Option<Listed>) -> Page {
    let items = answer[name].as_array().map(Vec::as_slice).unwrap_or_default();
    Page {
        items: items.iter().filter_map(read).collect(),
        next: answer["nextPageToken"].as_str().filter(|next| !next.is_empty()).map(str::to_owned),
        ..Page::default()
    }
}

impl Source for Google {
    async fn people(&mut self, page_token: Option<&str>, whole: bool) -> Result<Page, Fault> {
        let fields = if whole {
            format!("nextPageToken,users({USER_FIELDS})")
        } else {
            "nextPageToken,users(id,etag)".to_owned()
        };
        let mut query = vec![
            ("customer", "my_customer"),
            ("maxResults", PEOPLE),
            ("orderBy", "email"),
            ("projection", if whole { "full" } else { "basic" }),
            ("fields", fields.as_str()),
        ];
        query.extend(page_token.map(|token| ("pageToken", token)));
        let answer = self.get("users", &query, None).await?.unwrap_or_default();
        let mut page = page(&answer, "users", google_person::user);
        if let Some(scope) = self.scope().await? {
            page.items.retain(|it| scope.contains(&it.id));
        }
        Ok(page)
    }

    async fn person(&mut self, id: &str) -> Result<Option<Listed>, Fault> {
        let path = format!("users/{}", segment(id));
        match self.get(&path, &[("projection", "full"), ("fields", USER_FIELDS)], None).await {
            Ok(answer) => Ok(answer.as_ref().and_then(google_person::user)),
            Err(Fault::Refused { code: "not_found", .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn groups(&mut self, page_token: Option<&str>) -> Result<Option<Page>, Fault> {
        let mut query = vec![
            ("customer", "my_customer"),
            ("maxResults", GROUPS),
            ("fields", "nextPageToken,groups(id,email,name)"),
        ];
        query.extend(page_token.map(|token| ("pageToken", token)));
        let answer = self.get("groups", &query, None).await?.unwrap_or_default();
        Ok(Some(page(&answer, "groups", google_person::group)))
    }

    async fn members(
        &mut self,
        group: &str,
        known: Option<&str>,
    ) -> Result<Option<(Vec<String>, String)>, Fault> {
        let path = format!("groups/{}/members", segment(group));
        let (mut ids, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![
                ("maxResults", GROUPS),
                ("includeDerivedMembership", "true"),
                ("fields", "etag,nextPageToken,members(id,type)"),
            ];
            query.extend(next.as_deref().map(|token| ("pageToken", token)));
            // The version is of one part; a list of several parts is read each time.
            let known = known.filter(|known| next.is_none() && !known.is_empty());
            let Some(answer) = self.get(&path, &query, known).await? else { return Ok(None) };
            let people = answer["members"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
            let people = people.filter(|it| it["type"] == "USER").filter_map(|it| it["id"].as_str());
            ids.extend(people.map(str::to_owned));
            match answer["nextPageToken"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => next = Some(token.to_owned()),
                None if next.is_some() => return Ok(Some((ids, String::new()))),
                None => return Ok(Some((ids, answer["etag"].as_str().unwrap_or_default().to_owned()))),
            }
        }
    }
}

/// An id as a part of a path.
fn segment(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn json(answer: &Fetched) -> Result<Value, Fault> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| Fault::Later("Google answered with something that is no JSON.".to_owned()))
}

async fn access_token(app: &App, settings: &GoogleSettings) -> Result<String, Fault> {
    let endpoint = &app.config.google.token;
    let form: Vec<(String, String)> = match (&settings.refresh_token, &settings.service_account) {
        (Some(token), _) => {
            let client = app.config.google_client.as_ref().ok_or_else(|| {
                Fault::refused(
                    "no_client",
                    "This server has no Google OAuth client any more.",
                    "Ask the vendor, or connect by a service account.",
                )
            })?;
            vec![
                ("grant_type".to_owned(), "refresh_token".to_owned()),
                ("refresh_token".to_owned(), token.clone()),
                ("client_id".to_owned(), client.id.clone()),
                ("client_secret".to_owned(), client.secret.clone()),
            ]
        }
        (None, Some(account)) => {
            let unusable = || {
                let fix = "Download a new key in Google Cloud and enter it here.";
                Fault::refused("key", "The service account’s key cannot be used.", fix)
            };
            let assertion = ServiceAssertion {
                account: &account.client_email,
                subject: &settings.admin,
                audience: endpoint,
                scope: SCOPES,
                key_id: &account.private_key_id,
            };
            let key = account.key().ok_or_else(unusable)?;
            let signed = assertion.sign(&key, app.now().to_jiff()).map_err(|_| unusable())?;
            vec![("grant_type".to_owned(), SERVICE_GRANT_TYPE.to_owned()), ("assertion".to_owned(), signed)]
        }
        (None, None) => {
            let fix = "Enter a service account’s key.";
            return Err(Fault::refused("no_key", "Nothing is entered to prove ourselves with.", fix));
        }
    };
    let answer = app.outbound.post_form(endpoint, &form, &[], MAX_ANSWER).await?;
    if answer.status.is_server_error() {
        return Err(Fault::Later(format!("Google answered with status {}.", answer.status.as_u16())));
    }
    let body = json(&answer)?;
    match body["access_token"].as_str() {
        Some(token) if answer.status.is_success() => Ok(token.to_owned()),
        _ => Err(token_refusal(&body, settings)),
    }
}

/// What a refusal of the token endpoint means.
fn token_refusal(body: &Value, settings: &GoogleSettings) -> Fault {
    let error = body["error"].as_str().unwrap_or("an unknown error");
    let said = body["error_description"].as_str().unwrap_or_default();
    let said: String = said.chars().take(200).collect();
    let text = format!("Google gives us no access: {error}. {said}");
    let by_consent = settings.refresh_token.is_some();
    let fix = match error {
        _ if by_consent => {
            "The consent was withdrawn, or the administrator who gave it has lost the right. Authorize with Google again."
        }
        "unauthorized_client" => {
            "In the Admin console open Security, Access and data control, API controls, Manage domain-wide delegation. The \
             client ID must be the service account’s unique ID, and both scopes must be listed. A change there can take a \
             while to hold."
        }
        "invalid_grant" if said.contains("email") || said.contains("Invalid") => {
            "Check the administrator’s address: it must be a user of this Workspace who is not suspended. If it is right, the \
             service account’s key was deleted: add a new key in Google Cloud and enter it here."
        }
        "invalid_grant" => {
            "The service account’s key was deleted, or the administrator is suspended. Check both, and enter a new key here."
        }
        "access_denied" => {
            "Domain-wide delegation lacks a scope. Add both scopes in the Admin console under API controls, Manage \
             domain-wide delegation."
        }
        _ => "Check the service account and its delegation in the Admin console.",
    };
    Fault::refused("no_access", text.trim().to_owned(), fix)
}

/// What a refusal of the Directory API means.
fn refusal(answer: &Fetched) -> Fault {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = &body["error"];
    let reason =
        error["errors"][0]["reason"].as_str().or_else(|| error["status"].as_str()).unwrap_or_default();
    let said: String = error["message"].as_str().unwrap_or_default().chars().take(200).collect();
    let status = answer.status.as_u16();
    let busy = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"];
    match status {
        429 | 500..=599 => Fault::Later(format!("Google answered with status {status}.")),
        403 if busy.contains(&reason) => Fault::Later(format!("Google asks us to slow down ({reason}).")),
        404 => {
            Fault::refused("not_found", format!("Google knows no such thing: {said}."), "Check the settings.")
        }
        403 if said.contains("has not been used") || reason == "accessNotConfigured" => Fault::refused(
            "api_off",
            format!("Google refused us: {said}"),
            "In Google Cloud open APIs & Services, Library, Admin SDK API, and enable it in the service account’s project.",
        ),
        401 | 403 => Fault::refused(
            "forbidden",
            format!("Google refused us (status {status}): {said}"),
            "The administrator in whose name we read must have the privilege to read users and groups: in the Admin console \
             open Account, Admin roles. Nobody was removed here.",
        ),
        _ => Fault::refused(
            "refused",
            format!("Google refused us (status {status}): {said}"),
            "Check the settings of this directory.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Validators;

    fn answered(status: u16, body: &Value) -> Fetched {
        Fetched {
            status: axum::http::StatusCode::from_u16(status).unwrap(),
            content_type: String::new(),
            body: body.to_string().into_bytes(),
            url: "https://admin.googleapis.com/".parse().unwrap(),
            validators: Validators::default(),
        }
    }

    #[test]
    fn refusals_say_whether_somebody_must_act() {
        let error = |reason: &str, message: &str| serde_json::json!({"error": {"message": message, "errors": [{"reason": reason}]}});
        for (status, reason, message, code) in [
            (403, "forbidden", "Not Authorized to access this resource/api", "forbidden"),
            (403, "accessNotConfigured", "Admin SDK API has not been used in project 1", "api_off"),
            (403, "quotaExceeded", "Quota", "unavailable"),
            (429, "rateLimitExceeded", "", "unavailable"),
            (503, "backendError", "", "unavailable"),
            (404, "notFound", "Resource Not Found: groupKey", "not_found"),
            (400, "invalid", "Bad Request", "refused"),
        ] {
            assert_eq!(refusal(&answered(status, &error(reason, message))).code(), code, "{status} {reason}");
        }
    }
}
