//! What ends, and for which days people are warned.

use model::Time;

use super::days_before;
use crate::connection::Settings;

/// So many days before the end people are warned, and on the day itself.
pub const DAYS: [u64; 6] = [60, 30, 14, 7, 1, 0];

/// Something that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Whether it is a client secret, or else a certificate.
    pub secret: bool,
    /// When.
    pub at: Time,
}

/// What ends of a connection, and when: the certificate that lasts longest, because a newer one beside an older is the
/// answer to a warning; or the client secret, where somebody told us its end.
pub fn ending(settings: &Settings) -> Option<Ending> {
    match settings {
        Settings::Saml(saml) => {
            let last = saml.certificates.iter().map(|it| it.not_after).max();
            last.map(|at| Ending { secret: false, at })
        }
        Settings::Oidc(oidc) if oidc.client_secret_sealed.is_empty() => None,
        Settings::Oidc(oidc) => oidc.secret_ends_at.map(|at| Ending { secret: true, at }),
    }
}

impl Ending {
    /// What it is called.
    pub const fn what(self) -> &'static str {
        if self.secret { "client secret" } else { "certificate" }
    }

    /// By which name warnings for it are remembered: what is renewed gets a name of its own.
    pub(super) fn key(self) -> String {
        format!("{}:{}", self.what(), self.at.as_micros())
    }

    /// Whole days until then, begun ones counted.
    pub fn days(self, now: Time) -> u64 {
        self.at.since(now).as_secs().div_ceil(86_400)
    }

    /// Whether it has ended.
    pub fn over(self, now: Time) -> bool {
        self.at <= now
    }

    /// The day for which a warning is due, if it was not sent yet.
    pub(super) fn due(self, now: Time, sent: Option<u64>) -> Option<u64> {
        let nearest = DAYS.into_iter().rev().find(|days| days_before(self.at, *days) <= now)?;
        sent.is_none_or(|sent| nearest < sent).then_some(nearest)
    }

    /// When the next warning is due.
    pub(super) fn next(self, now: Time) -> Option<Time> {
        DAYS.into_iter().map(|days| days_before(self.at, days)).find(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_threshold_is_due_once_and_the_nearest_alone_where_several_have_passed() {
        let end = Time::from_seconds(1_800_000_000);
        let it = Ending { secret: false, at: end };
        let before = |days: u32| end.before(Duration::from_hours(24) * days);
        for (now, sent, due) in [
            (before(61), None, None),
            (before(60), None, Some(60)),
            (before(59), Some(60), None),
            (before(30), Some(60), Some(30)),
            (before(5), None, Some(7)),
            (before(5), Some(7), None),
            (before(1), Some(7), Some(1)),
            (end, Some(1), Some(0)),
            (end.after(Duration::from_hours(999)), Some(0), None),
        ] {
            assert_eq!(it.due(now, sent), due, "{now} {sent:?}");
        }
        assert_eq!(it.next(before(61)), Some(before(60)));
        assert_eq!((it.next(before(1)), it.next(end)), (Some(end), None));
        assert_eq!((it.days(before(60)), it.days(before(60).after(Duration::from_secs(5)))), (60, 60));
    }
}
