//! The people of the story.

use serde_json::{Value, json};

/// Somebody in a company's directory.
#[derive(Debug, Clone)]
pub struct Person {
    /// Given name.
    pub first_name: &'static str,
    /// Family name.
    pub last_name: &'static str,
    /// Before the `@`.
    pub local: &'static str,
    /// The company's domain.
    pub domain: &'static str,
    /// As the directory has it: a code, a name, or nothing.
    pub country: Option<String>,
    /// City.
    pub city: &'static str,
    /// `admin`, or nothing.
    pub role: Option<&'static str>,
    /// With the company.
    pub active: bool,
    /// The id that Frontdesk gave, once synced.
    pub remote_id: Option<String>,
}

impl Person {
    /// Work address.
    pub fn email(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// The person's lasting id at the identity provider.
    pub fn id(&self) -> String {
        format!("00u-{}-{}", self.domain, self.local)
    }

    /// What a SCIM client sends.
    pub fn to_scim(&self) -> Value {
        let mut it = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": self.email(),
            "externalId": self.id(),
            "name": {"givenName": self.first_name, "familyName": self.last_name},
            "emails": [{"value": self.email(), "type": "work", "primary": true}],
            "active": self.active,
        });
        let mut address = json!({"type": "work", "locality": self.city});
        if let Some(country) = &self.country {
            address["country"] = country.as_str().into();
        }
        it["addresses"] = json!([address]);
        if let Some(role) = self.role {
            it["roles"] = json!([{"value": role, "primary": true}]);
        }
        it
    }
}

/// First name, last name, before the `@`, country, city, role.
type Line = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const ACME: &[Line] = &[
    ("Priya", "Raman", "priya.raman", "IN", "Bengaluru", "admin"),
    ("Jonas", "Weber", "jonas.weber", "Deutschland", "Hamburg", ""),
    ("Amara", "Nwosu", "amara.nwosu", "Nigeria", "Lagos", ""),
    ("Daniel", "Cohen", "daniel.cohen", "IL", "Haifa", ""),
    ("Fatima", "El-Sayed", "fatima.elsayed", "EGY", "Cairo", ""),
    ("Hannah", "Schönfelder", "hannah.schoenfelder", "", "Wien", ""),
    ("Lucía", "Fernández", "lucia.fernandez", "España", "Sevilla", ""),
    ("Mei", "Chen", "mei.chen", "Singapore", "Singapore", ""),
    ("Oliver", "Brandt", "oliver.brandt", "DE", "Köln", ""),
    ("Ravi", "Patel", "ravi.patel", "India", "Pune", ""),
    ("Søren", "Holm", "soren.holm", "Danmark", "Aarhus", ""),
    ("Yuki", "Tanaka", "yuki.tanaka", "日本", "Osaka", ""),
    ("Ana", "Souza", "ana.souza", "Brasil", "Recife", ""),
    ("Kwame", "Mensah", "kwame.mensah", "GH", "Accra", ""),
    ("Ingrid", "Nilsson", "ingrid.nilsson", "SWE", "Malmö", ""),
    ("Tomás", "Novák", "tomas.novak", "", "Brno", ""),
    ("Leila", "Haddad", "leila.haddad", "Tunisia", "Tunis", ""),
    ("Marek", "Kowalski", "marek.kowalski", "Polska", "Gdańsk", ""),
    ("Chloé", "Martin", "chloe.martin", "France", "Lyon", ""),
    ("Giulia", "Rossi", "giulia.rossi", "Italia", "Torino", ""),
    ("Noah", "Smith", "noah.smith", "United States", "Denver", ""),
    ("Emma", "Jones", "emma.jones", "UK", "Leeds", ""),
    ("Liam", "O’Brien", "liam.obrien", "Ireland", "Cork", ""),
    ("Sofia", "Papadaki", "sofia.papadaki", "", "Patra", ""),
    ("Bogdan", "Ionescu", "bogdan.ionescu", "România", "Cluj", ""),
];

const GLOBEX: &[Line] = &[
    ("Greta", "Lindqvist", "greta.lindqvist", "SE", "Uppsala", "admin"),
    ("Pavel", "Dvorak", "pavel.dvorak", "CZ", "Praha", ""),
    ("Nia", "Williams", "nia.williams", "GB", "Cardiff", ""),
];

fn people(lines: &[Line], domain: &'static str) -> Vec<Person> {
    lines
        .iter()
        .map(|(first_name, last_name, local, country, city, role)| Person {
            first_name,
            last_name,
            local,
            domain,
            country: (!country.is_empty()).then(|| (*country).to_owned()),
            city,
            role: (!role.is_empty()).then_some(role),
            active: true,
            remote_id: None,
        })
        .collect()
}

/// The people of Acme: 25, three of them without a country.
pub fn acme() -> Vec<Person> {
    people(ACME, "acme.test")
}

/// The people of Globex.
pub fn globex() -> Vec<Person> {
    people(GLOBEX, "globex.test")
}
