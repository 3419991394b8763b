//! Owns the attributes that every resource has (RFC 7643 §3.1).

use super::{Attribute, Kind, Returned, Uniqueness};

/// `schemas`, `id`, `externalId` and `meta`.
pub static COMMON: &[Attribute] = &[
    Attribute::new("schemas", "The URNs of the schemas that the resource uses.")
        .reference(&["uri"])
        .multi()
        .required()
        .returned(Returned::Always),
    Attribute::new("id", "The identifier that this server gave to the resource.")
        .case_exact()
        .read_only()
        .returned(Returned::Always)
        .unique(Uniqueness::Server),
    Attribute::new("externalId", "The identifier that the provisioning client gave to the resource.")
        .case_exact(),
    Attribute::new("meta", "What this server knows about the resource itself.").read_only().complex(&[
        Attribute::new("resourceType", "The name of the resource type.").case_exact().read_only(),
        Attribute::new("created", "When the resource was created here.").kind(Kind::DateTime).read_only(),
        Attribute::new("lastModified", "When the resource was last changed here.")
            .kind(Kind::DateTime)
            .read_only(),
        Attribute::new("location", "The address of the resource.").reference(&["uri"]).read_only(),
        Attribute::new("version", "The version of the resource, as in the ETag header.")
            .case_exact()
            .read_only(),
    ]),
];
