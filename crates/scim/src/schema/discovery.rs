//! Owns the JSON of `/Schemas`, `/ResourceTypes` and `/ServiceProviderConfig` (RFC 7644 §4).
//! Does not answer requests.

use serde_json::{Map, Value, json};

use super::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, Uniqueness, meta};
use crate::limits::MAX_RESULTS;

/// What the service provider configuration says beyond the fixed parts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Capabilities<'a> {
    /// Bulk limits as (operations, bytes); `None` where bulk is not served.
    pub bulk: Option<(usize, usize)>,
    /// Whether lists take a `cursor` (RFC 9865).
    pub cursor: bool,
    /// A page that helps people who connect a directory.
    pub documentation: Option<&'a str>,
}

/// Every schema of a server of these kinds, those of the discovery resources included.
pub fn all_schemas(kinds: &[&'static ResourceType]) -> impl Iterator<Item = &'static Schema> {
    kinds.iter().flat_map(|kind| kind.schemas()).chain([
        &meta::SERVICE_PROVIDER_CONFIG,
        &meta::RESOURCE_TYPE,
        &meta::SCHEMA,
    ])
}

/// The resources of `/Schemas`; `base_url` is that of the directory, without a slash at the end.
pub fn schemas(base_url: &str, kinds: &[&'static ResourceType]) -> Vec<Value> {
    all_schemas(kinds).map(|schema| schema_json(schema, base_url)).collect()
}

/// The resource of `/Schemas/{id}`; the URN may be in any case.
pub fn schema(base_url: &str, kinds: &[&'static ResourceType], id: &str) -> Option<Value> {
    all_schemas(kinds)
        .find(|schema| schema.id.eq_ignore_ascii_case(id))
        .map(|schema| schema_json(schema, base_url))
}

/// The resources of `/ResourceTypes`.
pub fn resource_types(base_url: &str, kinds: &[&ResourceType]) -> Vec<Value> {
    kinds.iter().map(|kind| resource_type_json(kind, base_url)).collect()
}

/// The resource of `/ResourceTypes/{name}`.
pub fn resource_type(base_url: &str, kinds: &[&ResourceType], name: &str) -> Option<Value> {
    kinds
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
        .map(|kind| resource_type_json(kind, base_url))
}

/// The resource of `/ServiceProviderConfig`.
pub fn service_provider_config(base_url: &str, capabilities: &Capabilities<'_>) -> Value {
    let (operations, bytes) = capabilities.bulk.unwrap_or((0, 0));
    let mut config = json!({
        "schemas": [meta::CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": capabilities.bulk.is_some(),
            "maxOperations": operations,
            "maxPayloadSize": bytes,
        },
        "filter": { "supported": true, "maxResults": MAX_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token of the directory, shown once when the directory is connected.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }, {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": format!(
                "A client of the directory changes its secret at {base_url}/oauth2/token for tokens that last an hour."
            ),
            "specUri": "https://www.rfc-editor.org/info/rfc6749",
            "primary": false,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base_url}/ServiceProviderConfig"),
        },
    });
    if capabilities.cursor {
        config["pagination"] = json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": crate::limits::DEFAULT_RESULTS,
            "maxPageSize": MAX_RESULTS,
            "cursorTimeout": crate::limits::CURSOR_TIMEOUT,
        });
    }
    if let Some(address) = capabilities.documentation {
        config["documentationUri"] = Value::from(address);
    }
    config
}

fn resource_type_json(kind: &ResourceType, base_url: &str) -> Value {
    let extensions: Vec<Value> = kind
        .extensions
        .iter()
        .map(|extension| json!({ "schema": extension.id, "required": false }))
        .collect();
    json!({
        "schemas": [meta::RESOURCE_TYPE_URN],
        "id": kind.name,
        "name": kind.name,
        "description": kind.description,
        "endpoint": kind.endpoint,
        "schema": kind.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base_url}/ResourceTypes/{}", kind.name),
        },
    })
}

fn schema_json(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": [meta::SCHEMA_URN],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute_json).collect::<Vec<_>>(),
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base_url}/Schemas/{}", schema.id),
        },
    })
}

fn attribute_json(attribute: &Attribute) -> Value {
    let mut json = Map::new();
    json.insert("name".into(), attribute.name.into());
    json.insert("type".into(), kind_name(attribute.kind).into());
    json.insert("multiValued".into(), attribute.multi_valued.into());
    json.insert("description".into(), attribute.description.into());
    json.insert("required".into(), attribute.required.into());
    json.insert("caseExact".into(), attribute.case_exact.into());
    json.insert("mutability".into(), mutability_name(attribute.mutability).into());
    json.insert("returned".into(), returned_name(attribute.returned).into());
    json.insert("uniqueness".into(), uniqueness_name(attribute.uniqueness).into());
    if !attribute.canonical_values.is_empty() {
        json.insert("canonicalValues".into(), attribute.canonical_values.into());
    }
    if !attribute.reference_types.is_empty() {
        json.insert("referenceTypes".into(), attribute.reference_types.into());
    }
    if !attribute.sub.is_empty() {
        let sub: Vec<Value> = attribute.sub.iter().map(attribute_json).collect();
        json.insert("subAttributes".into(), sub.into());
    }
    Value::Object(json)
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::Decimal => "decimal",
        Kind::Integer => "integer",
        Kind::DateTime => "dateTime",
        Kind::Binary => "binary",
        Kind::Reference => "reference",
        Kind::Complex => "complex",
    }
}

const fn mutability_name(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

const fn returned_name(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
        Returned::Request => "request",
    }
}

const fn uniqueness_name(uniqueness: Uniqueness) -> &'static str {
    match uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
        Uniqueness::Global => "global",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{GROUP, TEST, USER};

    static KINDS: &[&ResourceType] = &[&USER, &GROUP];

    const BASE: &str = "https://front.example/scim/v2/dir_1";

    #[test]
    fn schemas_list_users_groups_extensions_and_the_service_itself() {
        let names: Vec<_> =
            schemas(BASE, KINDS).iter().map(|schema| schema["name"].as_str().unwrap().to_owned()).collect();
        let expected = [
            "User",
            "EnterpriseUser",
            "FrontdeskUser",
            "Group",
            "ServiceProviderConfig",
            "ResourceType",
            "Schema",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn schema_is_found_by_urn_in_any_case_and_has_its_address() {
        let found = schema(BASE, KINDS, "URN:IETF:params:scim:schemas:core:2.0:user").unwrap();
        assert_eq!(
            found["meta"]["location"],
            format!("{BASE}/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")
        );
        assert!(schema(BASE, KINDS, "nothing").is_none());
        let user_name = &found["attributes"][0];
        assert_eq!(
            *user_name,
            json!({
                "name": "userName", "type": "string", "multiValued": false, "required": true,
                "description": user_name["description"], "caseExact": false, "mutability": "readWrite",
                "returned": "default", "uniqueness": "server",
            })
        );
    }

    #[test]
    fn resource_types_name_their_schemas() {
        let user = resource_type(BASE, KINDS, "user").unwrap();
        assert_eq!(user["endpoint"], "/Users");
        assert_eq!(user["schemaExtensions"].as_array().unwrap().len(), 2);
        assert_eq!(resource_types(BASE, KINDS).len(), 2);
        assert!(resource_type(BASE, KINDS, "Robot").is_none());
        assert!(resource_type(BASE, KINDS, "TestResource").is_none());
        assert_eq!(
            resource_type(BASE, &[&USER, &GROUP, &TEST], "testresource").unwrap()["endpoint"],
            "/TestResources"
        );
    }

    #[test]
    fn configuration_tells_the_limits() {
        let config = service_provider_config(BASE, &Capabilities::default());
        assert_eq!(config["filter"]["maxResults"], MAX_RESULTS);
        assert_eq!(config["bulk"]["supported"], false);
        assert!(config.get("pagination").is_none());
        let bulk =
            Capabilities { bulk: Some((100, 5)), cursor: true, documentation: Some("https://x.example") };
        let config = service_provider_config(BASE, &bulk);
        assert_eq!(config["bulk"]["maxOperations"], 100);
        assert_eq!(config["pagination"]["cursor"], true);
        assert_eq!(config["documentationUri"], "https://x.example");
    }
}
