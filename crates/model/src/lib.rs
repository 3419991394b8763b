//! The words of Frontdesk as types: ids, time, chance, secrets, and the domain's nouns with their states.
//!
//! Owns what a thing *is*. Does not own how it is stored (`store`), shown (`server`) or spoken about in a
//! protocol (`saml`, `oidc`, `scim`): nothing here is `Serialize`, knows a row, or reads a socket.

mod chance;
mod clock;
mod id;
mod secret;
mod states;
mod things;

pub use chance::{Rng, SystemRng};
pub use clock::{Clock, SystemClock, Time};
pub use id::{
    AccountId, ApplicationId, ConnectionId, DepartureId, DirectoryGroupId, DirectoryId, DirectoryUserId,
    DomainId, DrillId, ErasureId, EventId, ExceptionId, FlowId, IdError, ImportId, InvitationId, JobId,
    KeyId, LinkId, MailId, MemberId, OpeningId, OperatorId, OrganizationId, PasskeyId, RuleId, SessionId,
    ShadowId, ShareId, TestResourceId, TokenId, TraceId, VersionId,
};
pub use secret::{Seal, SealError, Secret, Token, TokenHash};
pub use states::{
    ConnectionStatus, DepartureKind, DepartureState, DirectorySecret, DirectoryStatus, DomainStatus,
    LeaverPolicy, LossKind, MemberStatus, Protocol, Purpose, Role, Source, UnknownState,
};
pub use things::{
    Account, Connection, Defaults, Directory, Domain, Job, Mail, Member, NewEvent, Organization, SetupLink,
};
