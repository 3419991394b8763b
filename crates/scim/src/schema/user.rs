//! Owns the definition of the user: core (RFC 7643 §4.1), enterprise extension (§4.3) and the
//! extension of our own.

use super::{
    Attribute, ENTERPRISE_URN, FRONTDESK_URN, Kind, Mutability, ResourceType, Returned, Schema, USER_URN,
    Uniqueness,
};

const PRIMARY: Attribute =
    Attribute::new("primary", "Whether this is the preferred value. At most one value of the list is.")
        .kind(Kind::Boolean);
const DISPLAY: Attribute = Attribute::new("display", "A name for people.");
const TYPE: Attribute = Attribute::new("type", "What the value is used for.");
const VALUE: Attribute = Attribute::new("value", "The value itself.");

const NAME: &[Attribute] = &[
    Attribute::new("formatted", "The full name, ready for display."),
    Attribute::new("familyName", "Family name, or last name."),
    Attribute::new("givenName", "Given name, or first name."),
    Attribute::new("middleName", "Middle names."),
    Attribute::new("honorificPrefix", "What stands before the name, such as “Ms.”."),
    Attribute::new("honorificSuffix", "What stands after the name, such as “III”."),
];

const EMAILS: &[Attribute] = &[
    Attribute::new("value", "The e-mail address."),
    DISPLAY,
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE_NUMBERS: &[Attribute] = &[
    Attribute::new("value", "The phone number."),
    DISPLAY,
    TYPE.canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    Attribute::new("value", "The address for instant messages."),
    DISPLAY,
    TYPE.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    Attribute::new("value", "The address of the picture.").reference(&["external"]),
    DISPLAY,
    TYPE.canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    Attribute::new("formatted", "The whole address, ready for a label."),
    Attribute::new("streetAddress", "Street, house number and what belongs to them."),
    Attribute::new("locality", "City or place."),
    Attribute::new("region", "State, province or region."),
    Attribute::new("postalCode", "Postal code."),
    Attribute::new("country", "Country: ISO 3166 alpha-2 where the client can, else what it has."),
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute::new("value", "The id of the group.").case_exact().read_only(),
    Attribute::new("$ref", "The address of the group.").reference(&["Group"]).read_only(),
    Attribute::new("display", "The name of the group.").read_only(),
    Attribute::new("type", "Whether the user is in the group itself or in a group of it.")
        .canonical(&["direct", "indirect"])
        .read_only(),
];

const LABELLED: &[Attribute] = &[VALUE, DISPLAY, TYPE, PRIMARY];
const CERTIFICATES: &[Attribute] = &[
    Attribute::new("value", "The certificate: DER in base64.").kind(Kind::Binary).case_exact(),
    DISPLAY,
    TYPE,
    PRIMARY,
];

/// The core user schema.
pub static CORE_USER: Schema = Schema {
    id: USER_URN,
    name: "User",
    description: "A person's account",
    attributes: &[
        Attribute::new(
            "userName",
            "The name that identifies the user at the provider, often an e-mail address.",
        )
        .required()
        .unique(Uniqueness::Server),
        Attribute::new("name", "The parts of the person's name.").complex(NAME),
        Attribute::new("displayName", "The name shown to others."),
        Attribute::new("nickName", "The casual way to address the person."),
        Attribute::new("profileUrl", "A page about the person.").reference(&["external"]),
        Attribute::new("title", "The job title."),
        Attribute::new("userType", "The relation to the organization, such as “Contractor”."),
        Attribute::new("preferredLanguage", "The language the person prefers, as in Accept-Language."),
        Attribute::new("locale", "The place whose formats the person prefers, such as “en-US”."),
        Attribute::new("timezone", "The IANA time zone, such as “Europe/Paris”."),
        Attribute::new("active", "Whether the person may use the product.").kind(Kind::Boolean),
        Attribute::new("password", "Accepted and thrown away: people sign in at their identity provider.")
            .case_exact()
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never),
        Attribute::new("emails", "E-mail addresses.").multi().complex(EMAILS),
        Attribute::new("phoneNumbers", "Phone numbers.").multi().complex(PHONE_NUMBERS),
        Attribute::new("ims", "Addresses for instant messages.").multi().complex(IMS),
        Attribute::new("photos", "Pictures of the person.").multi().complex(PHOTOS),
        Attribute::new("addresses", "Postal addresses.").multi().complex(ADDRESSES),
        Attribute::new("groups", "The groups the user belongs to; changed through the groups themselves.")
            .multi()
            .read_only()
            .complex(GROUPS),
        Attribute::new("entitlements", "What the person is entitled to.").multi().complex(LABELLED),
        Attribute::new("roles", "The roles of the person.").multi().complex(LABELLED),
        Attribute::new("x509Certificates", "Certificates of the person.").multi().complex(CERTIFICATES),
    ],
};

/// The enterprise extension of the user.
pub static ENTERPRISE_USER: Schema = Schema {
    id: ENTERPRISE_URN,
    name: "EnterpriseUser",
    description: "What an enterprise knows about a person",
    attributes: &[
        Attribute::new("employeeNumber", "The number or name that the organization gave to the person."),
        Attribute::new("costCenter", "Cost center."),
        Attribute::new("organization", "Organization."),
        Attribute::new("division", "Division."),
        Attribute::new("department", "Department."),
        Attribute::new("manager", "The person's manager.").complex(&[
            Attribute::new("value", "The id of the manager's user.").case_exact(),
            Attribute::new("$ref", "The address of the manager's user.").reference(&["User"]),
            Attribute::new("displayName", "The name of the manager.").read_only(),
        ]),
    ],
};

/// Frontdesk's extension of the user.
pub static FRONTDESK_USER: Schema = Schema {
    id: FRONTDESK_URN,
    name: "FrontdeskUser",
    description: "Profile fields that have no place in the core schema",
    attributes: &[
        Attribute::new("birthYear", "The year of birth, four digits.").kind(Kind::Integer),
        Attribute::new("role", "The role in the product: “admin” or “member”."),
    ],
};

/// The resource type of `/Users`.
pub static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User account",
    schema: &CORE_USER,
    extensions: &[&ENTERPRISE_USER, &FRONTDESK_USER],
    aliases: &[
        ("urn:scim:schemas:core:1.0", USER_URN),
        ("urn:scim:schemas:core:1.0:User", USER_URN),
        ("urn:scim:schemas:core:2.0", USER_URN),
        ("urn:scim:schemas:core:2.0:User", USER_URN),
        ("urn:scim:schemas:extension:enterprise:1.0", ENTERPRISE_URN),
        ("urn:scim:schemas:extension:enterprise:1.0:User", ENTERPRISE_URN),
        ("urn:scim:schemas:extension:enterprise:2.0", ENTERPRISE_URN),
        ("urn:scim:schemas:extension:enterprise:2.0:User", ENTERPRISE_URN),
    ],
};
