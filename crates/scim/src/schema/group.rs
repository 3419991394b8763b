//! Owns the definition of the group (RFC 7643 §4.2).

use super::{Attribute, GROUP_URN, Mutability, ResourceType, Schema};

/// The core group schema.
pub static CORE_GROUP: Schema = Schema {
    id: GROUP_URN,
    name: "Group",
    description: "A group of people, and of other groups",
    attributes: &[
        Attribute::new("displayName", "The name of the group, for people.").required(),
        Attribute::new("members", "Who belongs to the group.").multi().complex(&[
            Attribute::new("value", "The id of the user or group that is a member.")
                .case_exact()
                .mutability(Mutability::Immutable),
            Attribute::new("$ref", "The address of the user or group that is a member.")
                .reference(&["User", "Group"])
                .mutability(Mutability::Immutable),
            Attribute::new("type", "Whether the member is a user or a group.")
                .canonical(&["User", "Group"])
                .mutability(Mutability::Immutable),
            Attribute::new("display", "The name of the member, for people.")
                .mutability(Mutability::Immutable),
        ]),
    ],
};

/// The resource type of `/Groups`.
pub static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "Group of users",
    schema: &CORE_GROUP,
    extensions: &[],
    aliases: &[
        ("urn:scim:schemas:core:1.0", GROUP_URN),
        ("urn:scim:schemas:core:1.0:Group", GROUP_URN),
        ("urn:scim:schemas:core:2.0", GROUP_URN),
        ("urn:scim:schemas:core:2.0:Group", GROUP_URN),
        ("http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group", GROUP_URN),
    ],
};
