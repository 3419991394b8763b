//! A file of people as a directory: fetched every night, or brought.
//!
//! Who is in it is here, who is no longer in it has left. People are known by their address.

use profile::Field;
use profile::roster::{self, Column, Roster, Row};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::settings::FileSettings;
use super::{Listed, Page, Source};
use crate::app::App;
use crate::onboarding::import::MAX_BYTES;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const OURS: &str = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";

/// People in a part of the list.
const PART: usize = 200;

/// A file that was read.
#[derive(Debug)]
pub struct File {
    people: Vec<Listed>,
    unreadable: Vec<String>,
    notes: Vec<String>,
}

impl File {
    /// Fetches and reads the file.
    ///
    /// # Errors
    /// Why it cannot be had or read.
    pub async fn fetch(app: &App, url: &str, settings: &FileSettings) -> Result<Self, Fault> {
        let answer = match &settings.authorization {
            Some(value) => {
                let headers = [("authorization", value.clone())];
                app.outbound.get_with(url, &headers, MAX_BYTES).await?
            }
            None => app.outbound.get(url, MAX_BYTES).await?,
        };
        match answer.status.as_u16() {
            200 => Self::read(app, &answer.body),
            status @ (429 | 500..=599) => {
                Err(Fault::Later(format!("The file’s server answered with status {status}.")))
            }
            status => Err(Fault::refused(
                "file_refused",
                format!("The file’s server answered with status {status}; expected 200 and the file."),
                "Check the address and what is sent as Authorization.",
            )),
        }
    }

    /// How many people it lists.
    pub const fn len(&self) -> usize {
        self.people.len()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why it is no list of people.
    pub fn read(app: &App, bytes: &[u8]) -> Result<Self, Fault> {
        let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
        let roster = roster::read(bytes, &roster::Options::new(this_year)).map_err(|problem| {
            let fix = "Nobody was removed. Export the file again, with one row for each person and headings in the first row.";
            Fault::refused(problem.code(), problem.to_string(), fix)
        })?;
        let (mut people, mut unreadable, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = std::collections::HashSet::new();
        for row in &roster.rows {
            let Some(email) = &row.profile.email else {
                unreadable.push(format!("Row {}: no address that can be read", row.number));
                continue;
            };
            if !seen.insert(email.clone()) {
                notes.push(format!("Row {}: the same address as a row above, which holds", row.number));
                continue;
            }
            let resource = resource(&roster, row, email);
            let mark = model::Token::presented(&resource.to_string()).hash().to_string();
            people.push(Listed { id: email.clone(), mark, resource: Some(resource) });
        }
        Ok(Self { people, unreadable, notes })
    }
}

/// A row in the words of SCIM, each cell as it stands: what cannot be read is shown to the administrators as ever.
fn resource(roster: &Roster, row: &Row, email: &str) -> Value {
    let (mut name, mut place, mut ours) = (Map::new(), Map::new(), Map::new());
    let mut role = None;
    for (column, cell) in roster.columns.iter().zip(&row.original) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        let (into, key) = match column {
            Column::Field(Field::FirstName) => (&mut name, "givenName"),
            Column::Field(Field::LastName) => (&mut name, "familyName"),
            Column::Field(Field::Country) => (&mut place, "country"),
            Column::Field(Field::CurrentCity) => (&mut place, "locality"),
            Column::Field(Field::CurrentState) => (&mut place, "region"),
            Column::Field(Field::BirthYear) => (&mut ours, "birthYear"),
            Column::Field(Field::Extra(key)) => (&mut ours, key.as_str()),
            Column::Field(Field::Role) => {
                role = Some(cell);
                continue;
            }
            Column::Field(Field::Email) | Column::FullName | Column::Reason | Column::Ignored => continue,
        };
        into.insert(key.to_owned(), json!(cell));
    }
    // A name in one cell was parted by the reader.
    for (key, part) in [("givenName", &row.profile.first_name), ("familyName", &row.profile.last_name)] {
        if let Some(part) = part {
            name.entry(key).or_insert_with(|| json!(part));
        }
    }
    let mut it = json!({
        "schemas": [USER],
        "userName": email,
        "externalId": email,
        "active": true,
        "name": name,
        "emails": [{"value": email, "type": "work", "primary": true}],
    });
    if !place.is_empty() {
        place.insert("type".to_owned(), json!("work"));
        it["addresses"] = json!([place]);
    }
    if let Some(role) = role {
        it["roles"] = json!([{"value": role, "primary": true}]);
    }
    if !ours.is_empty() {
        it[OURS] = Value::Object(ours);
    }
    it
}

impl Source for File {
    async fn people(&mut self, page: Option<&str>, _whole: bool) -> Result<Page, Fault> {
        let from = page.and_then(|text| text.parse().ok()).unwrap_or(0).min(self.people.len());
        let to = (from + PART).min(self.people.len());
        Ok(Page {
            items: self.people[from..to].to_vec(),
            next: (to < self.people.len()).then(|| to.to_string()),
            unreadable: if from == 0 { std::mem::take(&mut self.unreadable) } else { Vec::new() },
            notes: if from == 0 { std::mem::take(&mut self.notes) } else { Vec::new() },
        })
    }

    async fn person(&mut self, id: &str) -> Result<Option<Listed>, Fault> {
        Ok(self.people.iter().find(|it| it.id == id).cloned())
    }

    async fn groups(&mut self, _page: Option<&str>) -> Result<Option<Page>, Fault> {
        Ok(None)
    }

    async fn members(
        &mut self,
        _group: &str,
        _known: Option<&str>,
    ) -> Result<Option<(Vec<String>, String)>, Fault> {
        Ok(None)
    }
}
