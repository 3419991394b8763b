//! The words that directories and files use for the two roles of a member. Owns no permissions.

use crate::Reason;
use crate::country::fold;
use model::Role;

/// Reads a role word, also in other languages; `None` for an empty text.
///
/// # Errors
/// [`Reason::UnknownRole`] for every other word: nobody becomes an administrator by a guess.
pub fn parse(text: &str) -> Result<Option<Role>, Reason> {
    let key = fold(text, false);
    if key.is_empty() {
        return Ok(None);
    }
    if ADMIN.contains(&key.as_str()) {
        return Ok(Some(Role::Admin));
    }
    if MEMBER.contains(&key.as_str()) {
        return Ok(Some(Role::Member));
    }
    Err(Reason::UnknownRole)
}

/// Folded words for an administrator.
const ADMIN: &[&str] = &[
    "admin",
    "admins",
    "administrator",
    "administrators",
    "administration",
    "owner",
    "orgadmin",
    "organizationadmin",
    "organisationadmin",
    "organizationadministrator",
    "companyadmin",
    "companyadministrator",
    "superadmin",
    "administrateur",
    "administratrice",
    "administrador",
    "administradora",
    "administratorin",
    "amministratore",
    "amministratrice",
    "beheerder",
    "inhaber",
    "管理者",
    "管理员",
    "管理員",
    "관리자",
    "администратор",
    "yonetici",
    "administrator",
    "jarjestelmanvalvoja",
];

/// Folded words for everybody else. `msiam_access` is what Entra sends for an application without roles.
const MEMBER: &[&str] = &[
    "member",
    "members",
    "user",
    "users",
    "employee",
    "employees",
    "staff",
    "standard",
    "standarduser",
    "basic",
    "normal",
    "enduser",
    "msiamaccess",
    "defaultaccess",
    "mitglied",
    "benutzer",
    "benutzerin",
    "mitarbeiter",
    "mitarbeiterin",
    "membre",
    "utilisateur",
    "utilisatrice",
    "employe",
    "employee",
    "miembro",
    "usuario",
    "usuaria",
    "empleado",
    "membro",
    "utente",
    "dipendente",
    "lid",
    "gebruiker",
    "medewerker",
    "medlem",
    "anvandare",
    "bruger",
    "bruker",
    "jasen",
    "kayttaja",
    "uye",
    "kullanici",
    "uzytkownik",
    "czlonek",
    "участник",
    "пользователь",
    "メンバー",
    "ユーザー",
    "成员",
    "成員",
    "用户",
    "구성원",
    "사용자",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_words_in_many_forms() {
        for word in
            ["admin", " Administrator", "OWNER", "Org Admin", "company_admin", "Administrateur", "管理者"]
        {
            assert_eq!(parse(word), Ok(Some(Role::Admin)), "{word}");
        }
        for word in
            ["member", "User", "employee", "Employé", "Mitglied", "msiam_access", "メンバー", "Użytkownik"]
        {
            assert_eq!(parse(word), Ok(Some(Role::Member)), "{word}");
        }
        assert_eq!(parse(" "), Ok(None));
        for word in ["Designer", "not admin", "admin2", "25", "non-admin", "ad"] {
            assert_eq!(parse(word), Err(Reason::UnknownRole), "{word}");
        }
    }

    #[test]
    fn lists_are_folded() {
        for word in ADMIN.iter().chain(MEMBER) {
            assert!(parse(word).is_ok(), "{word}");
        }
    }
}
