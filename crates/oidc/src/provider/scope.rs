//! Scopes and the claims each of them gives, for the ID token and for userinfo alike.
//!
//! | scope | claims |
//! |---|---|
//! | `openid` | `sub`, `org_id`, `org_name`, `role` |
//! | `email` | `email`, `email_verified` |
//! | `profile` | `name`, `given_name`, `family_name`, `locale`, `updated_at`, `country`, `current_city`, `current_state`, `birth_year`, and the vendor's own fields |
//! | `address` | `address` with `locality`, `region` and `country` |
//! | `offline_access` | none; a refresh token |
//!
//! `role` goes with `openid`, because an application cannot decide anything without it. A claim without a value is
//! left out (OpenID Connect Core 5.3.2).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Scopes the provider knows.
pub const SCOPES: &[&str] = &["openid", "email", "profile", "address", "offline_access"];

/// Claims the provider may send, for its discovery document.
pub const CLAIMS: &[&str] = &[
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "amr",
    "nonce",
    "at_hash",
    "sid",
    "session_expiry",
    "org_id",
    "org_name",
    "role",
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "locale",
    "updated_at",
    "country",
    "current_city",
    "current_state",
    "birth_year",
    "address",
];

/// What is known of a person, as an application may hear it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person<'a> {
    /// Stable and never reused.
    pub subject: &'a str,
    /// The organization the person signed in to; none for a personal account.
    pub organization: Option<(&'a str, &'a str)>,
    /// `admin` or `member`.
    pub role: Option<&'a str>,
    /// Address and whether it is verified.
    pub email: Option<(&'a str, bool)>,
    /// First name.
    pub given_name: Option<&'a str>,
    /// Last name.
    pub family_name: Option<&'a str>,
    /// BCP 47 language tag.
    pub locale: Option<&'a str>,
    /// ISO 3166-1 alpha-2 country.
    pub country: Option<&'a str>,
    /// City the person lives in now.
    pub current_city: Option<&'a str>,
    /// State or region the person lives in now.
    pub current_state: Option<&'a str>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// The last change of any of these.
    pub updated_at: Option<Timestamp>,
    /// The vendor's own profile fields; they never replace a claim above or one of a token.
    pub custom: Map<String, Value>,
}

/// The scopes that are granted: those asked for that the provider knows, each once, in the order asked.
pub fn granted_scopes<'a>(asked: impl IntoIterator<Item = &'a str>) -> Vec<&'static str> {
    let mut granted = Vec::new();
    for scope in asked {
        if let Some(known) = SCOPES.iter().find(|known| **known == scope)
            && !granted.contains(known)
        {
            granted.push(*known);
        }
    }
    granted
}

/// The claims of a person for these scopes. `sub` is always there, so that the result is a whole userinfo answer.
pub fn claims_for<S: AsRef<str>>(scopes: &[S], person: &Person<'_>) -> Map<String, Value> {
    let has = |scope: &str| scopes.iter().any(|one| one.as_ref() == scope);
    let mut claims = Map::new();
    if has("profile") {
        for (name, value) in &person.custom {
            if !CLAIMS.contains(&name.as_str()) && !super::token::is_reserved(name) && !value.is_null() {
                claims.insert(name.clone(), value.clone());
            }
        }
        profile(&mut claims, person);
    }
    if has("address") {
        address(&mut claims, person);
    }
    if has("email")
        && let Some((address, verified)) = person.email
    {
        put(&mut claims, "email", address);
        claims.insert("email_verified".to_owned(), json!(verified));
    }
    if has("openid") {
        if let Some((id, name)) = person.organization {
            put(&mut claims, "org_id", id);
            put(&mut claims, "org_name", name);
        }
        put(&mut claims, "role", person.role.unwrap_or_default());
    }
    put(&mut claims, "sub", person.subject);
    claims
}

/// Those of the person's claims that were asked for by name, as far as `allowed` scopes give them.
pub fn named_claims<S: AsRef<str>>(
    allowed: &[S],
    names: &[String],
    person: &Person<'_>,
) -> Map<String, Value> {
    let mut claims = claims_for(allowed, person);
    claims.retain(|name, _| names.contains(name));
    claims
}

/// The `address` claim (OpenID Connect Core 5.1.1).
fn address(claims: &mut Map<String, Value>, person: &Person<'_>) {
    let mut address = Map::new();
    for (name, value) in
        [("locality", person.current_city), ("region", person.current_state), ("country", person.country)]
    {
        put(&mut address, name, value.unwrap_or_default());
    }
    if !address.is_empty() {
        claims.insert("address".to_owned(), Value::Object(address));
    }
}

fn profile(claims: &mut Map<String, Value>, person: &Person<'_>) {
    let names: Vec<&str> =
        [person.given_name, person.family_name].into_iter().flatten().filter(|n| !n.is_empty()).collect();
    put(claims, "name", &names.join(" "));
    for (name, value) in [
        ("given_name", person.given_name),
        ("family_name", person.family_name),
        ("locale", person.locale),
        ("country", person.country),
        ("current_city", person.current_city),
        ("current_state", person.current_state),
    ] {
        put(claims, name, value.unwrap_or_default());
    }
    if let Some(year) = person.birth_year {
        claims.insert("birth_year".to_owned(), json!(year));
    }
    if let Some(time) = person.updated_at {
        claims.insert("updated_at".to_owned(), json!(time.as_second()));
    }
}

fn put(claims: &mut Map<String, Value>, name: &str, value: &str) {
    if !value.is_empty() {
        claims.insert(name.to_owned(), json!(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person<'static> {
        let custom = json!({"plan": "gold", "sub": "evil", "email": "evil", "iss": "evil", "sid": "evil", "empty": null});
        Person {
            subject: "acc_1",
            organization: Some(("org_1", "Acme")),
            role: Some("admin"),
            email: Some(("ann@acme.test", true)),
            given_name: Some("Ann"),
            family_name: Some("Lee"),
            country: Some("US"),
            current_city: Some(""),
            birth_year: Some(1990),
            custom: custom.as_object().cloned().unwrap_or_default(),
            ..Person::default()
        }
    }

    #[test]
    fn each_scope_gives_its_claims_and_no_others() {
        let names =
            |scopes: &[&str]| claims_for(scopes, &person()).keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(names(&["openid"]), "org_id org_name role sub");
        assert_eq!(names(&["openid", "email"]), "email email_verified org_id org_name role sub");
        assert_eq!(names(&["profile"]), "birth_year country family_name given_name name plan sub");
        assert_eq!(names(&["openid", "address"]), "address org_id org_name role sub");
        assert_eq!(names(&[]), "sub");
    }

    #[test]
    fn claims_by_name_come_only_from_allowed_scopes() {
        let wanted = ["email".to_owned(), "given_name".to_owned()];
        let named = named_claims(&["openid", "email"], &wanted, &person());
        assert_eq!(named.keys().collect::<Vec<_>>(), ["email"]);
        let address = claims_for(&["address"], &person()).remove("address");
        assert_eq!(address, Some(json!({"country": "US"})));
    }

    #[test]
    fn vendors_fields_cannot_replace_our_claims() {
        let claims = claims_for(&["openid", "profile"], &person());
        assert_eq!(claims.get("sub"), Some(&json!("acc_1")));
        assert_eq!(claims.get("plan"), Some(&json!("gold")));
        assert!(!claims.contains_key("iss") && !claims.contains_key("sid") && !claims.contains_key("email"));
        assert_eq!(claims.get("name"), Some(&json!("Ann Lee")));
    }

    #[test]
    fn unknown_and_repeated_scopes_are_not_granted() {
        assert_eq!(granted_scopes("email openid admin email".split(' ')), ["email", "openid"]);
    }
}
