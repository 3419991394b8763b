//! Owns the definition of a resource that means nothing: every data type and characteristic of RFC 7643 §2 in one place, for
//! suites that test whether a server follows a schema.

use super::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, TEST_URN, Uniqueness};

/// The schema of `/TestResources`.
pub static CORE_TEST: Schema = Schema {
    id: TEST_URN,
    name: "TestResource",
    description: "A resource for conformance suites, with an attribute of every kind",
    attributes: &[
        Attribute::new("name", "What the resource is called, in every answer.")
            .required()
            .returned(Returned::Always)
            .unique(Uniqueness::Server),
        Attribute::new("text", "A text in which upper and lower case are the same."),
        Attribute::new("exactText", "A text in which they differ.").case_exact(),
        Attribute::new("flag", "True or false.").kind(Kind::Boolean),
        Attribute::new("whole", "A whole number.").kind(Kind::Integer),
        Attribute::new("address", "A URI.").reference(&["external"]),
        Attribute::new("colour", "A text with suggestions.").canonical(&["red", "green", "blue"]),
        // Suites fill what they may write with values of their own, and not all know how for these three types.
        Attribute::new("bytes", "Three bytes, as base64.").kind(Kind::Binary).case_exact().read_only(),
        Attribute::new("half", "Half of the serial number.").kind(Kind::Decimal).read_only(),
        Attribute::new("moment", "When the resource was made.").kind(Kind::DateTime).read_only(),
        Attribute::new("serial", "A number that the server gives.").kind(Kind::Integer).read_only(),
        Attribute::new("origin", "A text that stays once it is there.").mutability(Mutability::Immutable),
        Attribute::new("secret", "A text that nobody reads.")
            .case_exact()
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never),
        Attribute::new("note", "A text that is shown to whoever asks.").returned(Returned::Request),
        Attribute::new("tags", "Texts.").multi(),
        Attribute::new("part", "An object.").complex(PART),
        Attribute::new("entries", "Objects, one of which may be the primary one.").multi().complex(&[
            Attribute::new("value", "The entry itself."),
            Attribute::new("display", "The entry, for people."),
            Attribute::new("type", "What kind of entry it is.").canonical(&["work", "home", "other"]),
            Attribute::new("primary", "Whether it is the one to use.").kind(Kind::Boolean),
        ]),
    ],
};

const PART: &[Attribute] = &[
    Attribute::new("text", "A text."),
    Attribute::new("flag", "True or false.").kind(Kind::Boolean),
    Attribute::new("whole", "A whole number.").kind(Kind::Integer),
];

/// The resource type of `/TestResources`.
pub static TEST: ResourceType = ResourceType {
    name: "TestResource",
    endpoint: "/TestResources",
    description: "Resource for conformance suites",
    schema: &CORE_TEST,
    extensions: &[],
    aliases: &[],
};
