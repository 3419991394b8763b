//! The two roles of a member, and the words that directories and files use for them. Owns no permissions.

use crate::Reason;
use crate::country::fold;
use std::fmt;

/// What a member may do in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Role {
    /// Manages the organization in self-service.
    Admin,
    /// Everybody else.
    #[default]
    Member,
}

impl Role {
    /// The name in the API and in claims: `admin` or `member`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// Reads a role word, also in other languages; `None` for an empty text.
    ///
    /// # Errors
    /// [`Reason::UnknownRole`] for every other word: nobody becomes an administrator by a guess.
    pub fn parse(text: &str) -> Result<Option<Self>, Reason> {
        let key = fold(text, false);
        if key.is_empty() {
            return Ok(None);
        }
        if ADMIN.contains(&key.as_str()) {
            return Ok(Some(Self::Admin));
        }
        if MEMBER.contains(&key.as_str()) {
            return Ok(Some(Self::Member));
        }
        Err(Reason::UnknownRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
            assert_eq!(Role::parse(word), Ok(Some(Role::Admin)), "{word}");
        }
        for word in
            ["member", "User", "employee", "Employé", "Mitglied", "msiam_access", "メンバー", "Użytkownik"]
        {
            assert_eq!(Role::parse(word), Ok(Some(Role::Member)), "{word}");
        }
        assert_eq!(Role::parse(" "), Ok(None));
        for word in ["Designer", "not admin", "admin2", "25", "non-admin", "ad"] {
            assert_eq!(Role::parse(word), Err(Reason::UnknownRole), "{word}");
        }
    }

    #[test]
    fn lists_are_folded() {
        for word in ADMIN.iter().chain(MEMBER) {
            assert!(Role::parse(word).is_ok(), "{word}");
        }
    }
}
