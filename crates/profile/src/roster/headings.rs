//! What a heading means, in the spellings of many programs and languages. Owns the choice of the columns; the spellings
//! are in `data/headings.tsv`.

use super::{Column, ExtraField};
use crate::Field;
use crate::country::fold;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What one spelling means, and how good it is: the smaller the rank, the better.
#[derive(Clone, PartialEq, Eq)]
enum Meaning {
    Is(Column),
    /// First, last or full name, depending on the other headings.
    SomeName,
}

static SPELLINGS: LazyLock<HashMap<String, (Meaning, usize)>> = LazyLock::new(|| {
    let mut spellings = HashMap::new();
    for line in include_str!("../../data/headings.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((what, names)) = line.split_once('\t') else { continue };
        let meaning = match what {
            "fullName" => Meaning::Is(Column::FullName),
            "reason" => Meaning::Is(Column::Reason),
            "name" => Meaning::SomeName,
            field => match Field::from_api_name(field) {
                Some(field) => Meaning::Is(Column::Field(field)),
                None => continue,
            },
        };
        for (rank, name) in names.split('|').enumerate() {
            spellings.entry(folded(name)).or_insert_with(|| (meaning.clone(), rank));
        }
    }
    spellings
});

/// How many of the cells are headings that we know.
pub(super) fn known(cells: &[impl AsRef<str>], extra: &[ExtraField]) -> usize {
    cells.iter().filter(|cell| meaning(cell.as_ref(), extra).is_some()).count()
}

/// The meaning of each heading. A field is given to one column only: the best spelling, the first of equals.
pub(super) fn columns(headings: &[String], extra: &[ExtraField]) -> Vec<Column> {
    let meanings: Vec<_> = headings.iter().map(|heading| meaning(heading, extra)).collect();
    let has = |field: Field| {
        meanings.iter().flatten().any(|(meaning, _)| *meaning == Meaning::Is(Column::Field(field.clone())))
    };
    let some_name = match (has(Field::FirstName), has(Field::LastName)) {
        (true, true) => Column::Ignored,
        (true, false) => Column::Field(Field::LastName),
        (false, true) => Column::Field(Field::FirstName),
        (false, false) => Column::FullName,
    };
    let halves = matches!(some_name, Column::Ignored);
    let mut columns = vec![Column::Ignored; headings.len()];
    let mut taken: HashMap<Column, (usize, usize)> = HashMap::new();
    for (at, found) in meanings.into_iter().enumerate() {
        let Some((meaning, rank)) = found else { continue };
        let column = match meaning {
            Meaning::SomeName => some_name.clone(),
            // Both halves are there: the full name adds nothing.
            Meaning::Is(Column::FullName) if halves => Column::Ignored,
            Meaning::Is(column) => column,
        };
        match taken.get(&column) {
            _ if matches!(column, Column::Ignored | Column::Reason) => columns[at] = column,
            Some((_, better)) if *better <= rank => {}
            before => {
                if let Some((worse, _)) = before {
                    columns[*worse] = Column::Ignored;
                }
                columns[at] = column.clone();
                taken.insert(column, (at, rank));
            }
        }
    }
    // One half beside a full name: the full name fills the other half, see `rows.rs`.
    columns
}

fn meaning(heading: &str, extra: &[ExtraField]) -> Option<(Meaning, usize)> {
    if heading.len() > 300 {
        return None;
    }
    let key = key(heading);
    let own = extra.iter().find(|field| {
        [&field.key, &field.label]
            .into_iter()
            .chain(&field.headings)
            .any(|name| folded(name) == folded(heading) || folded(name) == key)
    });
    match own {
        Some(field) => Some((Meaning::Is(Column::Field(Field::Extra(field.key.clone()))), 0)),
        None => SPELLINGS.get(&folded(heading)).or_else(|| SPELLINGS.get(&key)).cloned(),
    }
}

/// A heading without case, accents and punctuation, what stands in brackets left out: “Email (work)”.
fn key(heading: &str) -> String {
    let mut bare = String::with_capacity(heading.len());
    let mut depth = 0usize;
    for c in heading.chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    folded(&bare)
}

/// A heading without case, accents, punctuation, and the words “required” and “optional”.
fn folded(heading: &str) -> String {
    let folded = fold(heading, false);
    let short =
        folded.strip_suffix("required").or_else(|| folded.strip_suffix("optional")).unwrap_or(&folded);
    if short.is_empty() { folded } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headings: &[&str]) -> Vec<String> {
        let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
        let extra = [ExtraField {
            key: "plan".into(),
            label: "Your plan".into(),
            headings: vec!["Tarif".into()],
            allowed: Vec::new(),
        }];
        let show = |column: Column| match column {
            Column::Field(field) => field.api_name().to_owned(),
            Column::FullName => "full".into(),
            Column::Reason => "reason".into(),
            Column::Ignored => "-".into(),
        };
        columns(&headings, &extra).into_iter().map(show).collect()
    }

    const TABLE: &[(&[&str], &[&str])] = &[
        (
            &["First name", "last_name", "E-MAIL", "country", "City", "state", "Birth year", "role"],
            &[
                "firstName",
                "lastName",
                "email",
                "country",
                "currentCity",
                "currentState",
                "birthYear",
                "role",
            ],
        ),
        (
            &[
                "firstName",
                "lastName",
                "email",
                "country",
                "currentCity",
                "currentState",
                "birthYear",
                "plan",
            ],
            &[
                "firstName",
                "lastName",
                "email",
                "country",
                "currentCity",
                "currentState",
                "birthYear",
                "plan",
            ],
        ),
        (
            &[
                "Vorname",
                "Nachname",
                "E-Mail-Adresse",
                "Land",
                "Ort",
                "Bundesland",
                "Geburtsjahr",
                "Kostenstelle",
                "Tarif",
            ],
            &[
                "firstName",
                "lastName",
                "email",
                "country",
                "currentCity",
                "currentState",
                "birthYear",
                "-",
                "plan",
            ],
        ),
        (&["Name", "Vorname", "Mail"], &["lastName", "firstName", "email"]),
        (
            &["Nom", "Prénom", "Courriel", "Pays", "Ville"],
            &["lastName", "firstName", "email", "country", "currentCity"],
        ),
        (
            &["Nombre", "Apellidos", "Correo electrónico", "País"],
            &["firstName", "lastName", "email", "country"],
        ),
        (&["Nome", "Cognome", "Indirizzo email", "Paese"], &["firstName", "lastName", "email", "country"]),
        (
            &["Nome", "Sobrenome", "Endereço de e-mail", "País"],
            &["firstName", "lastName", "email", "country"],
        ),
        (&["姓", "名", "メールアドレス", "国"], &["lastName", "firstName", "email", "country"]),
        (&["Имя", "Фамилия", "Почта", "Страна"], &["firstName", "lastName", "email", "country"]),
        (&["Name", "Email"], &["full", "email"]),
        (&["Full name", "First name", "Last name", "Email"], &["-", "firstName", "lastName", "email"]),
        // Google Workspace
        (
            &[
                "First Name [Required]",
                "Last Name [Required]",
                "Email Address [Required]",
                "Work Secondary Email",
            ],
            &["firstName", "lastName", "email", "-"],
        ),
        // Entra ID
        (
            &[
                "userPrincipalName",
                "displayName",
                "surname",
                "mail",
                "givenName",
                "usageLocation",
                "country",
                "city",
                "state",
            ],
            &["-", "-", "lastName", "email", "firstName", "-", "country", "currentCity", "currentState"],
        ),
        // Okta
        (
            &["login", "firstName", "lastName", "email", "countryCode"],
            &["-", "firstName", "lastName", "email", "country"],
        ),
        // SCIM
        (
            &[
                "name.givenName",
                "name.familyName",
                "emails[type eq \"work\"].value",
                "addresses[type eq \"work\"].country",
            ],
            &["firstName", "lastName", "email", "country"],
        ),
        (
            &["Email *", "First name (required)", "Last name - required", "", "Reason"],
            &["email", "firstName", "lastName", "-", "reason"],
        ),
        (&["Email", "Email"], &["email", "-"]),
    ];

    #[test]
    fn headings_of_programs_and_languages() {
        for (headings, expected) in TABLE {
            assert_eq!(read(headings), *expected, "{headings:?}");
        }
    }

    #[test]
    fn every_kept_spelling_has_one_meaning() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for line in include_str!("../../data/headings.tsv").lines().filter(|line| !line.starts_with('#')) {
            let (what, names) = line.split_once('\t').unwrap();
            for name in names.split('|') {
                let before = seen.insert(folded(name), what).unwrap_or(what);
                assert_eq!(before, what, "{name}");
            }
        }
    }
}
