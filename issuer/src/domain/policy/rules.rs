//! Which policy applies to whom: the one for everybody, made stricter by that of the client and those of the
//! groups.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Policy;
use crate::store::Cap;

/// Everything the issuer grants and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// For everybody.
    pub policy: Policy,
    /// Stricter lifetimes for sessions of a client, by `client_id`.
    pub clients: BTreeMap<String, Narrowing>,
    /// Stricter lifetimes for members of a group.
    pub groups: BTreeMap<String, Narrowing>,
    /// How many living sessions one user may have.
    pub sessions_per_user: Option<Cap>,
    /// Whether a sign-in with a password must name one of `clients`.
    pub require_client: bool,
}

/// Lifetimes in seconds that are stricter than those for everybody; `None`: no stricter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// As [`Policy::access_ttl`].
    pub access_ttl: Option<u64>,
    /// As [`Policy::refresh_ttl`].
    pub refresh_ttl: Option<u64>,
    /// As [`Policy::absolute_ttl`].
    pub absolute_ttl: Option<u64>,
    /// As [`Policy::idle_ttl`].
    pub idle_ttl: Option<u64>,
    /// As [`Policy::reauth_after`].
    pub reauth_after: Option<u64>,
}

impl From<Policy> for Rules {
    /// The same for everybody, and as many sessions as they like.
    fn from(policy: Policy) -> Rules {
        Rules {
            policy,
            clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            sessions_per_user: None,
            require_client: false,
        }
    }
}

impl Rules {
    /// The policy of a session of this client and these groups: of each lifetime the strictest that applies.
    pub(crate) fn of(&self, client_id: Option<&str>, groups: &[String]) -> Cow<'_, Policy> {
        let client = client_id.and_then(|id| self.clients.get(id));
        let groups = groups.iter().filter_map(|group| self.groups.get(group));
        client.into_iter().chain(groups).fold(Cow::Borrowed(&self.policy), |policy, narrowing| {
            Cow::Owned(narrowing.applied_to(policy.into_owned()))
        })
    }
}

impl Narrowing {
    fn applied_to(&self, policy: Policy) -> Policy {
        let stricter = |value: u64, by: Option<u64>| value.min(by.unwrap_or(u64::MAX));
        let stricter_limit = |value: Option<u64>, by: Option<u64>| value.into_iter().chain(by).min();
        let refresh_ttl = stricter(policy.refresh_ttl, self.refresh_ttl);
        let absolute_ttl = stricter(policy.absolute_ttl, self.absolute_ttl);
        Policy {
            // A session that may not be refreshed for longer than this is not fresh for longer either.
            access_ttl: stricter(policy.access_ttl, self.access_ttl).min(refresh_ttl),
            refresh_ttl,
            absolute_ttl,
            idle_ttl: stricter_limit(policy.idle_ttl, self.idle_ttl),
            reauth_after: stricter_limit(policy.reauth_after, self.reauth_after),
            ..policy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let policy = Policy {
            access_ttl: 900,
            refresh_ttl: 86_400,
            grace_ms: 30_000,
            jitter_percent: 0,
            absolute_ttl: 864_000,
            idle_ttl: None,
            reauth_after: None,
            late_exchange: crate::domain::LateExchange::Unseen,
        };
        let narrow = |access, idle| Narrowing { access_ttl: access, idle_ttl: idle, ..Narrowing::default() };
        Rules {
            clients: [("kiosk".to_owned(), narrow(Some(300), Some(3600)))].into(),
            groups: [
                ("staff".to_owned(), narrow(Some(600), Some(1800))),
                ("admin".to_owned(), narrow(Some(60), None)),
            ]
            .into(),
            ..policy.into()
        }
    }

    #[test]
    fn of_all_that_applies_the_strictest_wins_lifetime_by_lifetime() {
        let rules = rules();
        let of = |client: Option<&str>, groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            let policy = rules.of(client, &groups);
            (policy.access_ttl, policy.idle_ttl)
        };
        assert_eq!(of(None, &[]), (900, None));
        assert_eq!(of(Some("web"), &["guests"]), (900, None));
        assert_eq!(of(Some("kiosk"), &[]), (300, Some(3600)));
        assert_eq!(of(Some("kiosk"), &["staff"]), (300, Some(1800)));
        assert_eq!(of(Some("kiosk"), &["staff", "admin"]), (60, Some(1800)));
    }

    #[test]
    fn a_short_refresh_window_shortens_the_access_window() {
        let mut rules = rules();
        rules.groups.insert("short".into(), Narrowing { refresh_ttl: Some(120), ..Narrowing::default() });
        let policy = rules.of(None, &["short".to_owned()]);
        assert_eq!((policy.access_ttl, policy.refresh_ttl), (120, 120));
    }
}
