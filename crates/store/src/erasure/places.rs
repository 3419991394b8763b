//! The places: every table where a person's data may be, and the statement that takes it from there.

/// What a statement is bound to, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bind {
    Member,
    Organization,
    Account,
    DirectoryUser,
    /// One folded address; the statement runs once for each.
    Email,
    /// A LIKE pattern that finds one folded address inside a text; the statement runs once for each.
    Mention,
    /// The same for an address as it stands in a URL.
    MentionEncoded,
    /// A LIKE pattern that finds the id of the directory's user.
    MentionUser,
    Name,
    /// LIKE patterns of the first and the last name, where the person has both.
    FirstName,
    LastName,
}

pub(super) struct Statement {
    pub table: &'static str,
    /// Runs only where the account goes too.
    pub with_account: bool,
    /// Where texts may mention the person: gives the key of a row and its text. What mentions the person as a whole goes
    /// by `sql`, whose only bind is the key then.
    pub find: Option<&'static str>,
    pub sql: &'static str,
    pub binds: &'static [Bind],
}

const fn of_member(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: false, find: None, sql, binds }
}

const fn of_account(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: true, find: None, sql, binds }
}

/// Rows whose text mentions the person: `mention!(table, key, text, act)` in the person's organization, with `everywhere` in
/// any, with a folded address unless something else is named.
macro_rules! mention {
    ($table:literal, $key:literal, $text:literal, $act:literal) => {
        mention!($table, $key, $text, $act, Bind::Mention)
    };
    ($table:literal, $key:literal, $text:literal, $act:literal, everywhere) => {
        Statement {
            table: $table,
            with_account: false,
            find: Some(concat!(
                "SELECT ",
                $key,
                ", ",
                $text,
                " FROM ",
                $table,
                " WHERE lower(",
                $text,
                ") LIKE $1 ESCAPE '\\'"
            )),
            sql: concat!($act, " WHERE ", $key, " = $1"),
            binds: &[Bind::Mention],
        }
    };
    ($table:literal, $key:literal, $text:literal, $act:literal, $bind:expr) => {
        Statement {
            table: $table,
            with_account: false,
            find: Some(concat!(
                "SELECT ",
                $key,
                ", ",
                $text,
                " FROM ",
                $table,
                " WHERE organization_id = $1 AND lower(",
                $text,
                ") LIKE $2 ESCAPE '\\'"
            )),
            sql: concat!($act, " WHERE ", $key, " = $1"),
            binds: &[Bind::Organization, $bind],
        }
    };
}

/// Where a person's data may be, and how it goes. Rows that hang on these by foreign key go with them.
pub(super) const ERASED: &[Statement] = &[
    of_member("sessions", "DELETE FROM sessions WHERE member_id = $1", &[Bind::Member]),
    of_member("grants", "DELETE FROM grants WHERE member_id = $1", &[Bind::Member]),
    of_member("invitations", "DELETE FROM invitations WHERE member_id = $1", &[Bind::Member]),
    of_account("invitations", "DELETE FROM invitations WHERE account_id = $1", &[Bind::Account]),
    of_account(
        "invitations",
        "DELETE FROM invitations WHERE lower(email) = $1 AND kind <> 'operator'",
        &[Bind::Email],
    ),
    of_member("mails", "DELETE FROM mails WHERE member_id = $1", &[Bind::Member]),
    of_member(
        "mails",
        "DELETE FROM mails WHERE organization_id = $1 AND recipient_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_account("mails", "DELETE FROM mails WHERE recipient_folded = $1", &[Bind::Email]),
    // Mails to others that name the person, such as the list of a sync that was stopped.
    mention!("mails", "id", "text", "DELETE FROM mails"),
    Statement {
        table: "mails",
        with_account: false,
        find: Some(
            "SELECT id, text FROM mails
             WHERE organization_id = $1 AND lower(text) LIKE $2 ESCAPE '\\' AND lower(text) LIKE $3 ESCAPE '\\'
               AND (sent_at IS NOT NULL OR kind = 'directory_stopped')",
        ),
        sql: "DELETE FROM mails WHERE id = $1",
        binds: &[Bind::Organization, Bind::FirstName, Bind::LastName],
    },
    // What a mail server said of a mail may name its recipient.
    mention!("jobs", "id", "last_error", "UPDATE jobs SET last_error = NULL", everywhere),
    // What an application said of a token that it did not take.
    mention!(
        "event_feeds",
        "application_id",
        "last_error",
        "UPDATE event_feeds SET last_error = NULL",
        everywhere
    ),
    of_member("login_attempts", "DELETE FROM login_attempts WHERE member_id = $1", &[Bind::Member]),
    of_member(
        "login_attempts",
        "DELETE FROM login_attempts WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    mention!(
        "login_attempts",
        "id",
        "explanation || ' ' || coalesce(message, '')",
        "DELETE FROM login_attempts"
    ),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE account_id = $1", &[Bind::Account]),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE lower(email) = $1", &[Bind::Email]),
    of_member(
        "shadow_results",
        "DELETE FROM shadow_results WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    mention!("shadow_results", "id", "explanation", "DELETE FROM shadow_results"),
    mention!("login_flows", "id", "state", "DELETE FROM login_flows", everywhere),
    of_member(
        "sign_in_openings",
        "DELETE FROM sign_in_openings WHERE organization_id = $1 AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    mention!("sign_in_openings", "id", "reason", "UPDATE sign_in_openings SET reason = 'erased'"),
    of_member(
        "routing_pilots",
        "DELETE FROM routing_pilots
         WHERE domain_id IN (SELECT id FROM domains WHERE organization_id = $1) AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "email_exceptions",
        "DELETE FROM email_exceptions WHERE organization_id = $1 AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    mention!("email_exceptions", "id", "reason", "UPDATE email_exceptions SET reason = 'erased'"),
    of_member(
        "tried_people",
        "DELETE FROM tried_people
         WHERE organization_id = $1 AND (email_folded = $2 OR lower(subject) = $2)",
        &[Bind::Organization, Bind::Email],
    ),
    mention!("tried_people", "connection_id || ' ' || subject", "state", "DELETE FROM tried_people"),
    // An application may have pushed the person's address as a hint.
    mention!("pushed_requests", "uri_hash", "parameters", "DELETE FROM pushed_requests", everywhere),
    of_member("scim_requests", "DELETE FROM scim_requests WHERE subject_id = $1", &[Bind::DirectoryUser]),
    mention!(
        "scim_requests",
        "id",
        "path || ' ' || coalesce(body, '') || ' ' || outcome || ' ' || coalesce(effect, '')",
        "DELETE FROM scim_requests"
    ),
    // A group's request names its members beside their ids.
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests
         WHERE organization_id = $1 AND (body LIKE $2 ESCAPE '\\' OR effect LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::MentionUser],
    ),
    mention!("scim_requests", "id", "path", "DELETE FROM scim_requests", Bind::MentionEncoded),
    of_member(
        "directory_group_members",
        "DELETE FROM directory_group_members WHERE member_id = $1",
        &[Bind::DirectoryUser],
    ),
    of_member(
        "directory_user_emails",
        "DELETE FROM directory_user_emails WHERE user_id = $1",
        &[Bind::DirectoryUser],
    ),
    of_member("directory_users", "DELETE FROM directory_users WHERE id = $1", &[Bind::DirectoryUser]),
    of_member(
        "setup_links",
        "UPDATE setup_links SET created_by = 'somebody who has left' WHERE organization_id = $1 AND created_by = $2",
        &[Bind::Organization, Bind::Name],
    ),
    mention!("setup_links", "id", "progress", "UPDATE setup_links SET progress = '{}'"),
    of_member(
        "setup_links",
        "UPDATE setup_links SET sent_to = NULL WHERE organization_id = $1 AND lower(sent_to) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "imports",
        "UPDATE imports SET created_by = 'somebody who has left' WHERE organization_id = $1 AND created_by = $2",
        &[Bind::Organization, Bind::Name],
    ),
    mention!("imports", "id", "result", "UPDATE imports SET result = '{}'"),
    of_member(
        "audit_log",
        "UPDATE audit_log SET data = '{\"erased\":true}' WHERE organization_id = $1 AND target = $2",
        &[Bind::Organization, Bind::Member],
    ),
    mention!("audit_log", "id", "data", "UPDATE audit_log SET data = '{\"erased\":true}'"),
    mention!("audit_log", "id", "target", "UPDATE audit_log SET target = NULL"),
    mention!("rate_limits", "name", "name", "DELETE FROM rate_limits", everywhere),
    of_member(
        "events",
        "UPDATE events SET data = '{\"erased\":true}', member_id = NULL WHERE member_id = $1",
        &[Bind::Member],
    ),
    Statement {
        table: "events",
        with_account: false,
        find: Some(
            "SELECT id, data FROM events
             WHERE organization_id = $1 AND member_id IS NULL AND lower(data) LIKE $2 ESCAPE '\\'",
        ),
        sql: "UPDATE events SET data = '{\"erased\":true}' WHERE id = $1",
        binds: &[Bind::Organization, Bind::Mention],
    },
    of_member(
        "account_identities",
        "DELETE FROM account_identities
         WHERE account_id = $1 AND connection_id IN (SELECT id FROM connections WHERE organization_id = $2)",
        &[Bind::Account, Bind::Organization],
    ),
    of_account("passkeys", "DELETE FROM passkeys WHERE account_id = $1", &[Bind::Account]),
    of_account("passkey_challenges", "DELETE FROM passkey_challenges WHERE owner_id = $1", &[Bind::Account]),
    of_member(
        "group_losses",
        "DELETE FROM group_losses WHERE user_id IN (SELECT user_id FROM departures WHERE member_id = $1)",
        &[Bind::Member],
    ),
    of_member("group_losses", "DELETE FROM group_losses WHERE user_id = $1", &[Bind::DirectoryUser]),
    of_member("members", "DELETE FROM members WHERE id = $1", &[Bind::Member]),
    // Sessions, grants, codes, tokens and identities of the account hang on it.
    of_account("accounts", "DELETE FROM accounts WHERE id = $1", &[Bind::Account]),
];

/// Tables that go with a row of [`ERASED`] by foreign key.
#[cfg(test)]
pub(super) const GO_ALONG: &[&str] = &[
    "departures",
    "ended_access_tokens",
    "pulled_files",
    "pulled_users",
    "refresh_tokens",
    "recovery_codes",
    "trace_shares",
];

/// Tables that hold nothing about an organization's people: the vendor's own, an organization's settings, hashes
/// and counters.
#[cfg(test)]
pub(super) const WITHOUT_PEOPLE: &[&str] = &[
    "settings",
    "settings_generation",
    "keys",
    "operators",
    "operator_sessions",
    "api_tokens",
    "organizations",
    "domains",
    "connections",
    "connection_drafts",
    "connection_versions",
    "connection_shadows",
    "signal_transmitters",
    "connection_care",
    "directories",
    "directory_tokens",
    "directory_groups",
    "directory_pulls",
    "pulled_groups",
    "directory_marks",
    "connection_troubles",
    "seen_assertions",
    "applications",
    "erasures",
    "drills",
    "erasure_confirmations",
    "logout_calls",
    "event_counter",
    "event_acknowledgements",
];
