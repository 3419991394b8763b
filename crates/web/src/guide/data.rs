//! The shape of a guide file. Unknown keys are refused, so that a slip of the pen is seen.
//!
//! Texts are in light markup (see `web::html`): `` `Save` `` is a word of the provider's console, ``` ``x`` ``` is
//! code, `**x**` is strong; `{acs_url}` is one of our values; `<host>` is something only the customer knows.

use serde::Deserialize;

/// One provider and one protocol (or one of two ways to do the same).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Unique over all guides; what the API and the database call it.
    pub id: String,
    /// "Okta"; guides of one name stand in the list as one entry.
    pub name: String,
    /// What is set up.
    pub protocol: Protocol,
    /// Which way this is, where a provider has several for one protocol: "on the SAML app you already made".
    #[serde(default)]
    pub variant: String,
    /// Other names people search for.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Place among the most used; none for the others.
    pub popular: Option<u8>,
    /// One or two letters that stand in for a logo.
    pub mark: String,
    /// Colour of the mark, 1 to 6.
    pub hue: u8,
    /// What the provider calls its console: "Okta Admin Console".
    #[serde(default)]
    pub console: String,
    /// The right a person needs there.
    #[serde(default)]
    pub admin_role: String,
    /// Guide whose steps, values and way back are used, because this one has none of its own.
    pub base: Option<String>,
    /// Who gives values first.
    #[serde(default)]
    pub exchange: Exchange,
    /// What must be there before the first step.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// In the provider's own order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the administrator carries back to us.
    pub brings_back: Option<BringsBack>,
    /// Where a value is corrected later.
    pub fix: Option<Fix>,
    /// Things worth knowing that belong to no step.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The provider's own errors, and what they mean here.
    #[serde(default)]
    pub errors: Vec<ErrorHint>,
    /// A directory's troubles as we count them, and what puts each right in this console.
    #[serde(default)]
    pub sync: Vec<SyncFix>,
    /// Why it cannot be connected directly, and what to do instead. Its steps then describe that.
    #[serde(default)]
    pub instead: String,
    /// Year and month in which the words were last compared with the console, such as "2026-11".
    pub checked: String,
    /// How far the words can be relied on.
    pub confidence: Confidence,
    /// What is less sure than the rest.
    #[serde(default)]
    pub known_parts: String,
}

/// What a guide sets up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
    /// SCIM 2.0.
    Scim,
    /// We read it ourselves.
    Pull,
    /// People are brought as a file.
    File,
    /// There is no way yet; the guide says what to do instead.
    None,
}

impl Protocol {
    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Saml => "SAML 2.0",
            Self::Oidc => "OpenID Connect",
            Self::Scim => "SCIM 2.0",
            Self::Pull => "Read by us",
            Self::File => "File of people",
            Self::None => "Not directly",
        }
    }
}

/// Who gives values first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// The provider asks for our values before it shows its own.
    #[default]
    SpFirst,
    /// The provider shows its values before it asks for ours.
    IdpFirst,
    /// Either order works.
    Either,
}

/// How far the words of a guide can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Compared with the provider's documentation.
    Doc,
    /// From general knowledge of the product.
    Known,
}

/// One step in the provider's console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique in the guide; what "done" is remembered by.
    pub id: String,
    /// What is done: "Create the app".
    pub title: String,
    /// Where: the way through the console.
    #[serde(default)]
    pub path: Vec<String>,
    /// What to do, a paragraph each.
    #[serde(default)]
    pub text: Vec<String>,
    /// Values to copy into the console.
    #[serde(default)]
    pub copy: Vec<CopyField>,
    /// Things to choose rather than to copy.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// Rows to add.
    pub attributes: Option<Attributes>,
    /// An example of what is looked for.
    #[serde(default)]
    pub example: String,
    /// What to do after the values.
    #[serde(default)]
    pub after: Vec<String>,
    /// Why it matters.
    #[serde(default)]
    pub why: String,
    /// Easy to miss, and it hurts.
    pub warning: Option<Missing>,
    /// What to do where the console looks different.
    #[serde(default)]
    pub missing: Vec<Missing>,
}

/// A value of ours for a field of theirs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyField {
    /// The provider's word for the field.
    pub label: String,
    /// Our value, with placeholders.
    pub value: String,
    /// A line below.
    #[serde(default)]
    pub hint: String,
    /// The field may stay empty.
    #[serde(default)]
    pub optional: bool,
}

/// A field and what to choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The provider's word for the field.
    pub name: String,
    /// What to choose.
    pub value: String,
}

/// Attributes to send, as rows of the provider's own table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// What the provider calls them.
    pub caption: String,
    /// Its column headings.
    pub columns: Vec<String>,
    /// Cells, shown exactly.
    pub rows: Vec<Vec<String>>,
}

/// "I do not see …", and the way round.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// What one does not see, or what is easy to miss.
    pub title: String,
    /// What to do.
    pub text: String,
}

/// A way to bring the provider's values to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// An address we read ourselves, again and again.
    MetadataUrl,
    /// A text or file.
    MetadataXml,
    /// Address, issuer and certificate one by one.
    Manual,
}

/// What the administrator carries back, in the provider's words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BringsBack {
    /// SAML: in order of preference.
    pub ways: Vec<Way>,
    /// SAML: the provider's word for the metadata address.
    pub url_label: String,
    /// SAML: what that address looks like.
    pub url_pattern: String,
    /// SAML: where the metadata file is found.
    pub file_hint: String,
    /// SAML by hand: word for the sign-in address.
    pub sso_url: String,
    /// SAML by hand: word for the issuer. OIDC: word for the issuer.
    pub issuer: String,
    /// What the issuer looks like.
    pub issuer_pattern: String,
    /// SAML by hand: word for the certificate.
    pub certificate: String,
    /// OIDC: word for the client id.
    pub client_id: String,
    /// OIDC: word for the client secret.
    pub client_secret: String,
    /// OIDC: the secret ends some day, so ask when.
    pub secret_expires: bool,
    /// Values that are easily taken for the right one.
    pub mistakes: Vec<Mistake>,
}

/// A value that is easily taken for the right one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    /// The value begins with this.
    #[serde(default)]
    pub begins: String,
    /// The value holds this.
    #[serde(default)]
    pub holds: String,
    /// The value does not hold this.
    #[serde(default)]
    pub lacks: String,
    /// What it is: "That is the Issuer, not the Metadata URL".
    pub title: String,
    /// Why it does not help, and where the right one is.
    pub text: String,
}

/// Where a value is corrected after the first time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The way through the console.
    pub path: Vec<String>,
    /// What to click before and after.
    pub text: Vec<String>,
}

/// A code or sentence of the provider, and what it means here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorHint {
    /// "AADSTS50011".
    pub code: String,
    /// What happened.
    pub means: String,
    /// What to do.
    #[serde(rename = "do")]
    pub remedy: String,
}

/// A trouble of a directory, and what puts it right in the provider's own words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncFix {
    /// Our code: `field`, `silent`, or that of a refused request, such as `uniqueness`.
    pub cause: String,
    /// What happened, in a few words; the general guide has it for all.
    #[serde(default)]
    pub means: String,
    /// What to do.
    #[serde(rename = "do")]
    pub remedy: String,
}
