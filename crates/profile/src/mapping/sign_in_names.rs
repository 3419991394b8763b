//! The names under which identity providers send what we want to know at a sign-in. Owns the lists.

use crate::Field;

/// What we want to know of somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// A stable name of the account at the provider.
    Id,
    /// A profile field, or the role.
    Field(Field),
    /// The groups of the person.
    Groups,
}

impl Wanted {
    /// The name that our guides ask for in an assertion: `id`, `groups`, or the field's API name.
    pub fn name(&self) -> &str {
        match self {
            Self::Id => "id",
            Self::Field(field) => field.api_name(),
            Self::Groups => "groups",
        }
    }
}

/// For each thing wanted, the names it may come under. The first is the one that our guides ask for; the others are
/// read too, so that an administrator who keeps the provider's defaults passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub(super) wanted: Vec<(Wanted, Vec<String>)>,
    /// Names of a full name, split where neither half comes.
    pub(super) full_name: &'static [&'static str],
}

/// Names of a full name.
const FULL_NAME: &[&str] = &[
    "name",
    "displayName",
    "display_name",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "cn",
    "urn:oid:2.5.4.3",
    "fullName",
    "full_name",
    "User.FullName",
];

/// Names in SAML assertions: ours, the WS-Federation claims of Entra ID and AD FS, the object identifiers of LDAP and
/// eduPerson, and what consoles propose.
const SAML: [(Wanted, &[&str]); 10] = [
    (
        Wanted::Id,
        &[
            "id",
            "http://schemas.microsoft.com/identity/claims/objectidentifier",
            "urn:oasis:names:tc:SAML:attribute:subject-id",
            "urn:oasis:names:tc:SAML:attribute:pairwise-id",
            "eduPersonUniqueId",
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",
            "sub",
            "user_id",
            "User.id",
        ],
    ),
    (
        Wanted::Field(Field::Email),
        &[
            "email",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
            "urn:oid:0.9.2342.19200300.100.1.3",
            "urn:oid:1.2.840.113549.1.9.1",
            "mail",
            "EmailAddress",
            "email_address",
            "E-Mail",
            "User.Email",
            "http://schemas.xmlsoap.org/claims/EmailAddress",
            "emails",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
            "http://schemas.xmlsoap.org/claims/UPN",
            "userPrincipalName",
            "upn",
        ],
    ),
    (
        Wanted::Field(Field::FirstName),
        &[
            "firstName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
            "urn:oid:2.5.4.42",
            "givenName",
            "given_name",
            "first_name",
            "User.FirstName",
            "gn",
            "fname",
        ],
    ),
    (
        Wanted::Field(Field::LastName),
        &[
            "lastName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
            "urn:oid:2.5.4.4",
            "sn",
            "surname",
            "familyName",
            "family_name",
            "last_name",
            "User.LastName",
            "lname",
        ],
    ),
    (
        Wanted::Field(Field::Country),
        &[
            "country",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/country",
            "urn:oid:2.5.4.6",
            "c",
            "co",
            "countryCode",
            "country_code",
            "countryName",
            "ctry",
            "usageLocation",
            "User.Country",
        ],
    ),
    (
        Wanted::Field(Field::CurrentCity),
        &[
            "currentCity",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/locality",
            "urn:oid:2.5.4.7",
            "l",
            "city",
            "locality",
            "localityName",
            "User.City",
        ],
    ),
    (
        Wanted::Field(Field::CurrentState),
        &[
            "currentState",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/stateorprovince",
            "urn:oid:2.5.4.8",
            "st",
            "state",
            "region",
            "province",
            "stateOrProvince",
            "stateOrProvinceName",
            "User.State",
        ],
    ),
    (
        Wanted::Field(Field::BirthYear),
        &[
            "birthYear",
            "birth_year",
            "yearOfBirth",
            "schacYearOfBirth",
            "urn:oid:1.3.6.1.4.1.25178.1.0.2.3",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/dateofbirth",
            "schacDateOfBirth",
            "urn:oid:1.3.6.1.4.1.25178.1.2.3",
            "dateOfBirth",
            "birthdate",
        ],
    ),
    (
        Wanted::Field(Field::Role),
        &[
            "role",
            "roles",
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/role",
            "userRole",
            "User.Role",
        ],
    ),
    (
        Wanted::Groups,
        &[
            "groups",
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
            "http://schemas.xmlsoap.org/claims/Group",
            "memberOf",
            "group",
            "isMemberOf",
            "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
        ],
    ),
];

/// Claims of OpenID Connect Core 5.1 first, then what providers send instead.
const OIDC: [(Wanted, &[&str]); 10] = [
    (Wanted::Id, &["sub"]),
    (Wanted::Field(Field::Email), &["email", "mail", "upn", "preferred_username"]),
    (Wanted::Field(Field::FirstName), &["given_name", "firstName", "givenName", "first_name"]),
    (Wanted::Field(Field::LastName), &["family_name", "lastName", "familyName", "surname", "last_name"]),
    (
        Wanted::Field(Field::Country),
        &["address.country", "country", "ctry", "countryCode", "country_code", "usageLocation", "c", "co"],
    ),
    (Wanted::Field(Field::CurrentCity), &["address.locality", "currentCity", "city", "locality", "l"]),
    (
        Wanted::Field(Field::CurrentState),
        &["address.region", "currentState", "state", "region", "province", "st"],
    ),
    (Wanted::Field(Field::BirthYear), &["birthdate", "birthYear", "birth_year", "dateOfBirth"]),
    (Wanted::Field(Field::Role), &["role", "roles", "userRole"]),
    (Wanted::Groups, &["groups", "group", "memberOf"]),
];

impl Names {
    /// The names in SAML assertions.
    pub fn saml() -> Self {
        Self::of(&SAML)
    }

    /// The claims of OpenID Connect.
    pub fn oidc() -> Self {
        Self::of(&OIDC)
    }

    /// Puts a name before all others: what an administrator has chosen for this connection. Also asks for a field of
    /// the vendor's own that is not asked for yet.
    #[must_use]
    pub fn prefer(mut self, wanted: Wanted, name: impl Into<String>) -> Self {
        let name = name.into();
        match self.wanted.iter_mut().find(|(known, _)| *known == wanted) {
            Some((_, names)) => {
                names.retain(|known| *known != name);
                names.insert(0, name);
            }
            None => self.wanted.push((wanted, vec![name])),
        }
        self
    }

    /// Everything that is asked for, with the name that our guides ask for first.
    pub fn iter(&self) -> impl Iterator<Item = (&Wanted, &[String])> {
        self.wanted.iter().map(|(wanted, names)| (wanted, names.as_slice()))
    }

    fn of(lists: &[(Wanted, &[&str])]) -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let wanted = lists.iter().map(|(wanted, names)| (wanted.clone(), owned(names))).collect();
        Self { wanted, full_name: FULL_NAME }
    }
}
