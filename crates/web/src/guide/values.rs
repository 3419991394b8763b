//! Our values, by the names that guides use for them.

use std::fmt::Write;

/// What one connection or directory offers to the other console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Name of the product.
    pub app_name: String,
    /// Assertion consumer service.
    pub acs_url: String,
    /// Single logout, for SAML.
    pub slo_url: String,
    /// Entity ID, which is also the audience.
    pub sp_entity_id: String,
    /// Our SAML metadata.
    pub sp_metadata_url: String,
    /// Our certificate (PEM).
    pub sp_cert_url: String,
    /// OpenID Connect callback.
    pub oidc_redirect_uri: String,
    /// Where an OpenID provider tells that a session is over.
    pub oidc_backchannel_logout_url: String,
    /// Where an OpenID provider sends people back to after a sign-out.
    pub oidc_signed_out_url: String,
    /// Where a sign-in starts.
    pub login_url: String,
    /// SCIM base address, without a slash at the end.
    pub scim_base_url: String,
    /// SCIM token; empty when it can no longer be shown.
    pub scim_token: String,
    /// A profile field, as people call it: "country".
    pub field: String,
    /// Where that field is looked for first: `addresses[type eq "work"].country`.
    pub attribute: String,
}

impl Values {
    /// Values for samples and tests.
    pub fn sample() -> Self {
        let origin = "https://id.northwind.example";
        Self {
            app_name: "Northwind Privacy".to_owned(),
            acs_url: format!("{origin}/saml/con_01jd8q6v/acs"),
            slo_url: format!("{origin}/saml/con_01jd8q6v/slo"),
            sp_entity_id: format!("{origin}/saml/con_01jd8q6v"),
            sp_metadata_url: format!("{origin}/saml/con_01jd8q6v/metadata"),
            sp_cert_url: format!("{origin}/saml/con_01jd8q6v/certificate.pem"),
            oidc_redirect_uri: format!("{origin}/oidc/callback"),
            oidc_backchannel_logout_url: format!("{origin}/oidc/con_01jd8q6v/backchannel-logout"),
            oidc_signed_out_url: format!("{origin}/oidc/con_01jd8q6v/signed-out"),
            login_url: format!("{origin}/login"),
            scim_base_url: format!("{origin}/scim/v2/dir_01jd9m2t"),
            scim_token: "fdst_8sQm2VxT0rLkJ4bNwYc7HpZa5eGdU9fR".to_owned(),
            field: "country".to_owned(),
            attribute: "addresses[type eq \"work\"].country".to_owned(),
        }
    }

    /// The value that a placeholder stands for; empty when there is none (yet).
    pub fn of(&self, placeholder: Placeholder) -> String {
        match placeholder {
            Placeholder::AppName => self.app_name.clone(),
            Placeholder::AcsUrl => self.acs_url.clone(),
            Placeholder::AcsUrlPattern if self.acs_url.is_empty() => String::new(),
            Placeholder::AcsUrlPattern => as_pattern(&self.acs_url),
            Placeholder::AcsOrigin => origin(&self.acs_url),
            Placeholder::SloUrl => self.slo_url.clone(),
            Placeholder::SpEntityId => self.sp_entity_id.clone(),
            Placeholder::SpMetadataUrl => self.sp_metadata_url.clone(),
            Placeholder::SpCertUrl => self.sp_cert_url.clone(),
            Placeholder::OidcRedirectUri => self.oidc_redirect_uri.clone(),
            Placeholder::OidcBackchannelLogoutUrl => self.oidc_backchannel_logout_url.clone(),
            Placeholder::OidcSignedOutUrl => self.oidc_signed_out_url.clone(),
            Placeholder::LoginUrl => self.login_url.clone(),
            Placeholder::ScimBaseUrl => self.scim_base_url.clone(),
            Placeholder::ScimToken => self.scim_token.clone(),
            Placeholder::Field => self.field.clone(),
            Placeholder::Attribute => self.attribute.clone(),
        }
    }

    /// Replaces every placeholder of a text. Unknown ones stay, which a test forbids.
    pub fn fill(&self, text: &str) -> String {
        self.fill_with(text, |value, _| value)
    }

    /// Replaces every placeholder by what `show` makes of its value.
    pub(super) fn fill_with(&self, text: &str, show: impl Fn(String, Placeholder) -> String) -> String {
        let mut out = text.to_owned();
        for placeholder in Placeholder::ALL {
            let token = placeholder.token();
            if out.contains(&token) {
                out = out.replace(&token, &show(self.of(placeholder), placeholder));
            }
        }
        out
    }
}

/// A value that guides may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `{app_name}`
    AppName,
    /// `{acs_url}`
    AcsUrl,
    /// `{acs_url_pattern}`: a regular expression that matches only the assertion consumer service
    AcsUrlPattern,
    /// `{acs_origin}`: scheme, host and port of the assertion consumer service
    AcsOrigin,
    /// `{slo_url}`
    SloUrl,
    /// `{sp_entity_id}`
    SpEntityId,
    /// `{sp_metadata_url}`
    SpMetadataUrl,
    /// `{sp_cert_url}`
    SpCertUrl,
    /// `{oidc_redirect_uri}`
    OidcRedirectUri,
    /// `{oidc_backchannel_logout_url}`
    OidcBackchannelLogoutUrl,
    /// `{oidc_signed_out_url}`
    OidcSignedOutUrl,
    /// `{login_url}`
    LoginUrl,
    /// `{scim_base_url}`
    ScimBaseUrl,
    /// `{scim_token}`
    ScimToken,
    /// `{field}`
    Field,
    /// `{attribute}`
    Attribute,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::AppName,
        Self::AcsUrl,
        Self::AcsUrlPattern,
        Self::AcsOrigin,
        Self::SloUrl,
        Self::SpEntityId,
        Self::SpMetadataUrl,
        Self::SpCertUrl,
        Self::OidcRedirectUri,
        Self::OidcBackchannelLogoutUrl,
        Self::OidcSignedOutUrl,
        Self::LoginUrl,
        Self::ScimBaseUrl,
        Self::ScimToken,
        Self::Field,
        Self::Attribute,
    ];

    /// As it stands in a guide, with its braces.
    pub fn token(self) -> String {
        format!("{{{}}}", self.name())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppName => "app_name",
            Self::AcsUrl => "acs_url",
            Self::AcsUrlPattern => "acs_url_pattern",
            Self::AcsOrigin => "acs_origin",
            Self::SloUrl => "slo_url",
            Self::SpEntityId => "sp_entity_id",
            Self::SpMetadataUrl => "sp_metadata_url",
            Self::SpCertUrl => "sp_cert_url",
            Self::OidcRedirectUri => "oidc_redirect_uri",
            Self::OidcBackchannelLogoutUrl => "oidc_backchannel_logout_url",
            Self::OidcSignedOutUrl => "oidc_signed_out_url",
            Self::LoginUrl => "login_url",
            Self::ScimBaseUrl => "scim_base_url",
            Self::ScimToken => "scim_token",
            Self::Field => "field",
            Self::Attribute => "attribute",
        }
    }
}

fn as_pattern(value: &str) -> String {
    let mut out = String::from("^");
    for c in value.chars() {
        if c.is_ascii_punctuation() && !matches!(c, ':' | '-' | '_') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('$');
    out
}

fn origin(address: &str) -> String {
    let Ok(url) = url::Url::parse(address) else { return String::new() };
    let mut out = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        let _ = write!(out, ":{port}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let values = Values::sample();
        assert_eq!(
            values.fill("{app_name} at {acs_origin}: {acs_url_pattern} {host}"),
            "Northwind Privacy at https://id.northwind.example: \
             ^https:\\/\\/id\\.northwind\\.example\\/saml\\/con_01jd8q6v\\/acs$ {host}"
        );
    }
}
