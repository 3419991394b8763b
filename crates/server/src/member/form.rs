//! Profile fields as fields of a form, and back. Also for other rooms that ask a person for what is missing.

use model::Time;
use profile::{Country, Field, Profile};

use crate::request::Params;
use web::pages::login::ProfileField;
use web::parts::{Field as Typed, Opt};

/// A profile field as a field of a form, with the value as typed and what is wrong with it.
pub fn profile_field(field: &Field, typed: Typed) -> ProfileField {
    let (label, autocomplete) = match field {
        Field::Country => ("Country you live in", "country"),
        Field::FirstName => ("First name", "given-name"),
        Field::LastName => ("Last name", "family-name"),
        Field::Email => ("Email", "email"),
        Field::CurrentCity => ("City", "address-level2"),
        Field::CurrentState => ("State or region", "address-level1"),
        Field::BirthYear => ("Year of birth", "bday-year"),
        other => (other.label(), ""),
    };
    let options = if *field == Field::Country { countries(&typed.value) } else { Vec::new() };
    ProfileField {
        name: field.api_name().to_owned(),
        label: label.to_owned(),
        autocomplete,
        options,
        digits: *field == Field::BirthYear,
        field: typed,
    }
}

/// What the person typed into these fields; a required one may not stay empty.
///
/// # Errors
/// Every field of the form as typed, with what is wrong beside it.
pub fn read_fields(params: &Params, required: &[Field], now: Time) -> Result<Profile, Vec<ProfileField>> {
    let this_year = u16::try_from(now.year()).unwrap_or(u16::MAX);
    let mut profile = Profile::default();
    let mut wrong = false;
    let mut fields = Vec::new();
    for field in required {
        let text = params.first(field.api_name()).unwrap_or_default();
        let fault = match profile.set(field, text, this_year) {
            Err(problem) => Some(problem.to_string()),
            Ok(()) if !profile.has(field) => Some("This is still empty, and we need it.".to_owned()),
            Ok(()) => None,
        };
        wrong |= fault.is_some();
        let typed = fault.map_or_else(|| Typed::new(text), |fault| Typed::wrong(text, fault));
        fields.push(profile_field(field, typed));
    }
    if wrong { Err(fields) } else { Ok(profile) }
}

fn countries(chosen: &str) -> Vec<Opt> {
    let chosen = Country::parse(chosen).map(Country::code).unwrap_or_default();
    let first = Opt::new("", "Choose a country", chosen.is_empty());
    let all = profile::country::all();
    let rest = all.into_iter().map(|c| Opt::new(c.code(), c.name(), c.code() == chosen));
    std::iter::once(first).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_with_what_is_wrong() {
        let params = Params(vec![
            ("firstName".to_owned(), "Ada".to_owned()),
            ("country".to_owned(), "Korea".to_owned()),
        ]);
        let now = Time::from_seconds(1_772_355_600);
        let fields = read_fields(&params, &[Field::FirstName, Field::Country], now).unwrap_err();
        assert_eq!(fields[0].field, Typed::new("Ada"));
        assert_eq!((fields[1].field.value.as_str(), fields[1].field.error.is_some()), ("Korea", true));
        let profile = read_fields(&params, &[Field::FirstName], now).unwrap();
        assert_eq!(profile.first_name.as_deref(), Some("Ada"));
    }
}
