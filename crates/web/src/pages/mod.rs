//! Pages as view structs: plain words in, HTML out. One file per room.
//!
//! Owns which facts a page shows and in what order. Does not own where the facts come from.

pub mod account;
pub mod change;
pub mod console;
pub mod login;
pub mod org;
pub mod person;
pub mod problem;
pub mod scim;
pub mod setup;
pub mod sign_out;
pub mod source;
pub mod trace;
mod ways;

#[cfg(test)]
mod tests;

use super::brand::Brand;
use super::layout::Page;
use askama::Template;
use std::sync::Arc;

/// The surroundings of a sample page.
pub(crate) fn sample_page(title: &str) -> Page {
    Page::new(Arc::new(Brand::sample()), title, "sample-csrf-token")
}

/// A page's name and its HTML.
type Sample = (&'static str, askama::Result<String>);

macro_rules! all {
    ($($name:literal: $sample:expr),+ $(,)?) => { vec![$(($name, $sample.render())),+] };
}

/// Every page with its sample.
pub fn samples() -> Vec<Sample> {
    [samples_for_people(), samples_of_the_wizard(), samples_for_companies(), samples_of_the_console()]
        .into_iter()
        .flatten()
        .collect()
}

fn samples_for_people() -> Vec<Sample> {
    all![
        "login-email": login::LoginEmail::sample(),
        "login-own": login::LoginOwn::sample(),
        "login-own-beside": login::LoginOwn::sample_beside(),
        "login-other": login::LoginOther::sample(),
        "login-confirm-address": login::ConfirmAddress::sample(),
        "login-choose": login::LoginChoose::sample(),
        "login-closed": login::LoginClosed::sample(),
        "login-recovery": login::LoginRecovery::sample(),
        "login-mail-sent": login::MailSent::sample(),
        "login-profile": login::CompleteProfile::sample(),
        "login-signed-out": login::SignedOut::sample(),
        "login-handoff": login::Handoff::sample(),
        "login-confirm-sign-out": sign_out::ConfirmSignOut::sample(),
        "person-invite": person::InviteAccept::sample(),
        "person-claim": person::Claim::sample(),
        "person-done": person::Done::sample(),
        "person-confirm": person::Confirm::sample(),
        "person-link-ended": person::LinkEnded::sample(),
        "person-error": person::ErrorPage::sample(),
        "trace-shared": trace::SharedTrace::sample(),
        "problem": problem::ProblemPage::sample(),
        "account": account::Account::sample(),
    ]
}

fn samples_of_the_wizard() -> Vec<Sample> {
    all![
        "setup-welcome": setup::SetupWelcome::sample(),
        "setup-providers": setup::SetupProviders::sample(),
        "setup-providers-empty": setup::SetupProviders::sample_empty(),
        "setup-choose": setup::SetupChoose::sample(),
        "setup-hand-over": setup::SetupHandOver::sample(),
        "setup-source": source::SetupSource::sample(),
        "setup-source-consent": source::SetupSource::sample_consent(),
        "setup-steps": setup::SetupSteps::sample(),
        "setup-steps-general": setup::SetupSteps::sample_general(),
        "setup-metadata": setup::SetupMetadata::sample(),
        "setup-metadata-file": setup::SetupMetadata::sample_file(),
        "setup-oidc": setup::SetupOidc::sample(),
        "setup-test": setup::SetupTest::sample(),
        "setup-test-passed": setup::SetupTestPassed::sample(),
        "setup-test-failed": setup::SetupTestFailed::sample(),
        "setup-domains": setup::SetupDomains::sample(),
        "setup-go-live": setup::SetupGoLive::sample(),
        "setup-live": setup::SetupLive::sample(),
        "setup-people": setup::SetupPeople::sample(),
        "setup-people-preview": setup::SetupPeoplePreview::sample(),
        "setup-people-done": setup::SetupPeopleDone::sample(),
        "setup-trust": setup::SetupTrust::sample(),
        "setup-trust-empty": setup::SetupTrust::sample_empty(),
        "setup-renew": setup::SetupRenew::sample(),
        "setup-renew-secret": setup::SetupRenew::sample_secret(),
        "setup-renew-tested": setup::SetupRenewTested::sample(),
        "setup-change": change::SetupChange::sample(change::Change::sample()),
        "setup-change-form": change::SetupChangeForm::sample(change::ChangeForm::sample_client()),
        "scim-credentials": scim::ScimCredentials::sample(),
        "scim-waiting": scim::ScimWaiting::sample(),
        "scim-arriving": scim::ScimWaiting::sample_arriving(),
        "scim-mapping": scim::ScimMapping::sample(),
        "scim-leavers": scim::ScimLeavers::sample(),
        "scim-preview": scim::ScimPreview::sample(),
        "scim-preview-people": scim::ScimPreviewPeople::sample(),
    ]
}

fn samples_for_companies() -> Vec<Sample> {
    all![
        "org-members": org::OrgMembers::sample(),
        "org-members-empty": org::OrgMembers::sample_empty(),
        "org-member": org::OrgMember::sample(),
        "org-confirm": org::Confirm::sample(),
        "org-invite": org::OrgInvite::sample(),
        "org-import": org::OrgImport::sample(),
        "org-import-preview": org::OrgImportPreview::sample(),
        "org-import-done": org::OrgImportDone::sample(),
        "org-leavers": org::OrgLeavers::sample(),
        "org-brake": org::OrgBrake::sample(),
        "org-brake-some": org::OrgBrakeSome::sample(),
        "org-brake-sure": org::OrgBrakeSure::sample(),
        "org-drills": org::OrgDrills::sample(),
        "org-drills-empty": org::OrgDrills::sample_empty(),
        "org-drill": org::OrgDrill::sample(),
        "org-drill-waiting": org::OrgDrill::sample_waiting(),
        "org-receipts": org::OrgReceipts::sample(),
        "org-receipts-empty": org::OrgReceipts::sample_empty(),
        "org-receipt": org::OrgReceipt::sample(),
        "org-receipt-waiting": org::OrgReceipt::sample_waiting(),
        "org-source": source::OrgSource::sample(),
        "org-tokens": org::OrgTokens::sample(),
        "org-domains": org::OrgDomains::sample(),
        "org-joining": org::OrgJoining::sample(),
        "setup-joining": org::SetupJoining::sample(),
        "org-exceptions": org::OrgExceptions::sample(),
        "org-exceptions-empty": org::OrgExceptions::sample_empty(),
        "org-routing": org::OrgRouting::sample(),
        "org-routing-one": org::OrgRouting::sample_one(),
        "org-sign-on": org::OrgSignOn::sample(),
        "org-change": change::OrgChange::sample(change::Change::sample()),
        "org-change-calm": change::OrgChange::sample(change::Change::sample_calm()),
        "org-change-failed": change::OrgChange::sample(change::Change::sample_failed()),
        "org-change-form": change::OrgChangeForm::sample(change::ChangeForm::sample()),
        "org-required": org::OrgRequired::sample(),
        "org-require": org::OrgRequire::sample(),
        "org-require-required": org::OrgRequire::sample_required(),
        "org-recovery-codes": org::RecoveryCodes::sample(),
        "org-directory": org::OrgDirectory::sample(),
        "org-directory-empty": org::OrgDirectory::sample_empty(),
        "org-link-made": org::LinkMade::sample(),
        "org-settings": org::OrgSettings::sample(),
    ]
}

fn samples_of_the_console() -> Vec<Sample> {
    all![
        "console-first-operator": console::FirstOperator::sample(),
        "console-sign-in": console::OperatorSignIn::sample(),
        "console-operators": console::Operators::sample(),
        "console-passkeys": console::OperatorPasskeys::sample(),
        "console-organizations": console::Organizations::sample(),
        "console-organizations-empty": console::Organizations::sample_empty(),
        "console-requests": console::ConnectionRequests::sample(),
        "console-new-organization": console::NewOrganization::sample(),
        "console-organization": console::Organization::sample(),
        "console-attempts": console::Attempts::sample(),
        "console-trace": console::Trace::sample(),
        "console-scim-requests": console::ScimRequests::sample(),
        "console-scim-requests-empty": console::ScimRequests::sample_empty(),
        "scim-request": scim::ScimRequestPage::sample(),
        "scim-request-refused": scim::ScimRequestPage::sample_refused(),
        "scim-org-mapping": scim::OrgMapping::sample(),
        "scim-org-preview": scim::OrgPreview::sample(),
        "scim-org-preview-empty": scim::OrgPreview::sample_empty(),
        "scim-org-preview-people": scim::OrgPreviewPeople::sample(),
        "scim-org-live": scim::OrgLive::sample(),
        "scim-health": scim::DirectoryHealth::sample(),
        "scim-health-empty": scim::DirectoryHealth::sample_empty(),
        "scim-health-well": scim::DirectoryHealth::sample_well(),
        "scim-requests": scim::DirectoryRequests::sample(),
        "scim-requests-empty": scim::DirectoryRequests::sample_empty(),
        "console-applications": console::Applications::sample(),
        "console-applications-empty": console::Applications::sample_empty(),
        "console-new-application": console::ApplicationForm::sample(),
        "console-application": console::ApplicationForm::sample_known(),
        "console-application-stuck": console::ApplicationForm::sample_stuck(),
        "login-signing-out": sign_out::SigningOut::sample(),
        "console-secret-made": console::SecretMade::sample(),
        "console-tokens": console::Tokens::sample(),
        "console-keys": console::Keys::sample(),
        "console-mails": console::Mails::sample(),
        "console-mails-empty": console::Mails::sample_empty(),
        "console-mail": console::MailPage::sample(),
    ]
}
