//! Owns the definitions of the schemas that describe the service itself (RFC 7643 §5 to §7), which
//! `/Schemas` lists beside those of users and groups.

use super::{Attribute, Kind, Returned, Schema, Uniqueness};

/// URN of the schema of schemas.
pub(super) const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// URN of the resource type.
pub(super) const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the service provider configuration.
pub(super) const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

const SUPPORTED: &[Attribute] = &[SUPPORTED_FLAG];
const SUPPORTED_FLAG: Attribute = Attribute::new("supported", "Whether the option is supported.")
    .kind(Kind::Boolean)
    .required()
    .read_only();

/// The service provider configuration (RFC 7643 §5).
pub(super) static SERVICE_PROVIDER_CONFIG: Schema = Schema {
    id: CONFIG_URN,
    name: "ServiceProviderConfig",
    description: "What this server supports",
    attributes: &[
        Attribute::new("documentationUri", "Help for people.").reference(&["external"]).read_only(),
        Attribute::new("patch", "PATCH.").required().read_only().complex(SUPPORTED),
        Attribute::new("bulk", "Bulk operations.").required().read_only().complex(&[
            SUPPORTED_FLAG,
            Attribute::new("maxOperations", "Operations in one request.")
                .kind(Kind::Integer)
                .required()
                .read_only(),
            Attribute::new("maxPayloadSize", "Bytes in one request.")
                .kind(Kind::Integer)
                .required()
                .read_only(),
        ]),
        Attribute::new("filter", "Filters.").required().read_only().complex(&[
            SUPPORTED_FLAG,
            Attribute::new("maxResults", "Resources in one answer.")
                .kind(Kind::Integer)
                .required()
                .read_only(),
        ]),
        Attribute::new("changePassword", "Changing passwords.").required().read_only().complex(SUPPORTED),
        Attribute::new("sort", "Sorting.").required().read_only().complex(SUPPORTED),
        Attribute::new("etag", "Versions.").required().read_only().complex(SUPPORTED),
        Attribute::new("authenticationSchemes", "How clients prove who they are.")
            .multi()
            .required()
            .read_only()
            .complex(&[
                Attribute::new("type", "The scheme.").required().read_only().canonical(&[
                    "oauth",
                    "oauth2",
                    "oauthbearertoken",
                    "httpbasic",
                    "httpdigest",
                ]),
                Attribute::new("name", "Its name.").required().read_only(),
                Attribute::new("description", "What it is.").required().read_only(),
                Attribute::new("specUri", "Its specification.").reference(&["external"]).read_only(),
                Attribute::new("documentationUri", "Help for people.").reference(&["external"]).read_only(),
                Attribute::new("primary", "Whether it is the preferred one.").kind(Kind::Boolean).read_only(),
            ]),
    ],
};

/// The resource type (RFC 7643 §6).
pub(super) static RESOURCE_TYPE: Schema = Schema {
    id: RESOURCE_TYPE_URN,
    name: "ResourceType",
    description: "Where resources of one type live and which schemas they have",
    attributes: &[
        Attribute::new("id", "The identifier of the resource type.").read_only(),
        Attribute::new("name", "The name of the resource type.")
            .case_exact()
            .required()
            .read_only()
            .unique(Uniqueness::Server),
        Attribute::new("description", "For people.").read_only(),
        Attribute::new("endpoint", "The path below the base URL.")
            .reference(&["uri"])
            .required()
            .read_only()
            .unique(Uniqueness::Server),
        Attribute::new("schema", "The URN of the core schema.").reference(&["uri"]).required().read_only(),
        Attribute::new("schemaExtensions", "The extensions.").multi().required().read_only().complex(&[
            Attribute::new("schema", "The URN of the extension.").reference(&["uri"]).required().read_only(),
            Attribute::new("required", "Whether every resource must have it.")
                .kind(Kind::Boolean)
                .required()
                .read_only(),
        ]),
    ],
};

const CHARACTERISTICS: [Attribute; 11] = [
    Attribute::new("name", "The name.").case_exact().required().read_only(),
    Attribute::new("type", "The data type.").required().read_only().canonical(&[
        "string",
        "complex",
        "boolean",
        "decimal",
        "integer",
        "dateTime",
        "reference",
        "binary",
    ]),
    Attribute::new("multiValued", "Whether it holds a list.").kind(Kind::Boolean).required().read_only(),
    Attribute::new("description", "For people.").read_only(),
    Attribute::new("required", "Whether a resource must have it.").kind(Kind::Boolean).read_only(),
    Attribute::new("canonicalValues", "Suggested values.").multi().read_only(),
    Attribute::new("caseExact", "Whether case matters when values are compared.")
        .kind(Kind::Boolean)
        .read_only(),
    Attribute::new("mutability", "When it may be written.").case_exact().read_only().canonical(&[
        "readOnly",
        "readWrite",
        "immutable",
        "writeOnly",
    ]),
    Attribute::new("returned", "When it is returned.")
        .case_exact()
        .read_only()
        .canonical(&["always", "never", "default", "request"]),
    Attribute::new("uniqueness", "Where it is unique.")
        .case_exact()
        .read_only()
        .canonical(&["none", "server", "global"]),
    Attribute::new("referenceTypes", "What a reference may point to.").case_exact().multi().read_only(),
];

const SUB_ATTRIBUTES: &[Attribute] = &CHARACTERISTICS;

const ATTRIBUTES: &[Attribute] = &{
    let [
        name,
        kind,
        multi,
        description,
        required,
        canonical,
        case,
        mutability,
        returned,
        uniqueness,
        references,
    ] = CHARACTERISTICS;
    [
        name,
        kind,
        multi,
        description,
        required,
        canonical,
        case,
        mutability,
        returned,
        uniqueness,
        references,
        Attribute::new("subAttributes", "The parts of a complex attribute.")
            .multi()
            .read_only()
            .complex(SUB_ATTRIBUTES),
    ]
};

/// The schema of schemas (RFC 7643 §7).
pub(super) static SCHEMA: Schema = Schema {
    id: SCHEMA_URN,
    name: "Schema",
    description: "The attributes of a resource and their characteristics",
    attributes: &[
        Attribute::new("id", "The URN of the schema.").required().read_only().returned(Returned::Always),
        Attribute::new("name", "The name of the schema.").read_only(),
        Attribute::new("description", "For people.").read_only(),
        Attribute::new("attributes", "The attributes.").multi().required().read_only().complex(ATTRIBUTES),
    ],
};
