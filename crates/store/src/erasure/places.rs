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
    pub sql: &'static str,
    pub binds: &'static [Bind],
}

const fn of_member(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: false, sql, binds }
}

const fn of_account(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: true, sql, binds }
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
    of_member(
        "mails",
        "DELETE FROM mails WHERE organization_id = $1 AND lower(text) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "mails",
        "DELETE FROM mails
         WHERE organization_id = $1 AND lower(text) LIKE $2 ESCAPE '\\' AND lower(text) LIKE $3 ESCAPE '\\'
           AND (sent_at IS NOT NULL OR kind = 'directory_stopped')",
        &[Bind::Organization, Bind::FirstName, Bind::LastName],
    ),
    // What a mail server said of a mail may name its recipient.
    of_member(
        "jobs",
        "UPDATE jobs SET last_error = NULL WHERE lower(last_error) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member("login_attempts", "DELETE FROM login_attempts WHERE member_id = $1", &[Bind::Member]),
    of_member(
        "login_attempts",
        "DELETE FROM login_attempts WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "login_attempts",
        "DELETE FROM login_attempts
         WHERE organization_id = $1
           AND (lower(explanation) LIKE $2 ESCAPE '\\' OR lower(message) LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::Mention],
    ),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE account_id = $1", &[Bind::Account]),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE lower(email) = $1", &[Bind::Email]),
    of_member(
        "shadow_results",
        "DELETE FROM shadow_results WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "shadow_results",
        "DELETE FROM shadow_results WHERE organization_id = $1 AND lower(explanation) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "login_flows",
        "DELETE FROM login_flows WHERE lower(state) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member(
        "sign_in_openings",
        "DELETE FROM sign_in_openings WHERE organization_id = $1 AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "sign_in_openings",
        "UPDATE sign_in_openings SET reason = 'erased'
         WHERE organization_id = $1 AND lower(reason) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
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
    of_member(
        "email_exceptions",
        "UPDATE email_exceptions SET reason = 'erased'
         WHERE organization_id = $1 AND lower(reason) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "tried_people",
        "DELETE FROM tried_people
         WHERE organization_id = $1 AND (email_folded = $2 OR lower(subject) = $2)",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "tried_people",
        "DELETE FROM tried_people WHERE organization_id = $1 AND lower(state) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    // An application may have pushed the person's address as a hint.
    of_member(
        "pushed_requests",
        "DELETE FROM pushed_requests WHERE lower(parameters) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member("scim_requests", "DELETE FROM scim_requests WHERE subject_id = $1", &[Bind::DirectoryUser]),
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests
         WHERE organization_id = $1
           AND (lower(path) LIKE $2 ESCAPE '\\' OR lower(body) LIKE $2 ESCAPE '\\'
                OR lower(outcome) LIKE $2 ESCAPE '\\' OR lower(effect) LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::Mention],
    ),
    // A group's request names its members beside their ids.
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests
         WHERE organization_id = $1 AND (body LIKE $2 ESCAPE '\\' OR effect LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::MentionUser],
    ),
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests WHERE organization_id = $1 AND lower(path) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::MentionEncoded],
    ),
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
    of_member(
        "setup_links",
        "UPDATE setup_links SET progress = '{}'
         WHERE organization_id = $1 AND lower(progress) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
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
    of_member(
        "imports",
        "UPDATE imports SET result = '{}'
         WHERE organization_id = $1 AND lower(result) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET data = '{\"erased\":true}' WHERE organization_id = $1 AND target = $2",
        &[Bind::Organization, Bind::Member],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET data = '{\"erased\":true}'
         WHERE organization_id = $1 AND lower(data) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET target = NULL
         WHERE organization_id = $1 AND lower(target) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "rate_limits",
        "DELETE FROM rate_limits WHERE lower(name) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member(
        "events",
        "UPDATE events SET data = '{\"erased\":true}', member_id = NULL WHERE member_id = $1",
        &[Bind::Member],
    ),
    of_member(
        "events",
        "UPDATE events SET data = '{\"erased\":true}'
         WHERE organization_id = $1 AND member_id IS NULL AND lower(data) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "account_identities",
        "DELETE FROM account_identities
         WHERE account_id = $1 AND connection_id IN (SELECT id FROM connections WHERE organization_id = $2)",
        &[Bind::Account, Bind::Organization],
    ),
    of_account("passkeys", "DELETE FROM passkeys WHERE account_id = $1", &[Bind::Account]),
    of_account("passkey_challenges", "DELETE FROM passkey_challenges WHERE owner_id = $1", &[Bind::Account]),
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
    "event_feeds",
    "event_acknowledgements",
];
