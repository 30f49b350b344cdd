//! Rate limits of requests (contract, section 1). The arithmetic is governor's (GCRA) and moka's.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::config::LimitSettings;
use crate::domain::UserId;
use crate::domain::error::{Error, Kind, Result};

/// Who is counted: a user over all their tokens, or a signed-out address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    User(UserId),
    Address(IpAddr),
}

impl Subject {
    /// An IPv6 customer has a whole /64 to send from, so that is what is counted.
    pub fn address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Address(address),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => Self::Address(v4.into()),
                None => Self::Address(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into()),
            },
        }
    }
}

/// What a counted answer says in its `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub quota: u32,
    pub window: Duration,
    pub remaining: u32,
    /// Until the whole quota is there again.
    pub reset: Duration,
}

type Keyed<K> = DefaultKeyedRateLimiter<K, StateInformationMiddleware>;

/// So many per window; `None` counts nothing.
struct Limit<K: std::hash::Hash + Eq + Clone> {
    quota: u32,
    window: Duration,
    limiter: Option<Keyed<K>>,
}

impl<K: std::hash::Hash + Eq + Clone> Limit<K> {
    fn new(quota: u32, window: Duration) -> Self {
        let limiter = NonZeroU32::new(quota).and_then(|burst| {
            let quota = Quota::with_period(window / burst.get())?.allow_burst(burst);
            Some(RateLimiter::keyed(quota).with_middleware())
        });
        Self { quota, window, limiter }
    }

    fn take(&self, key: &K) -> Result<Option<Allowance>, (Allowance, Duration)> {
        let Some(limiter) = &self.limiter else { return Ok(None) };
        let allowance = |remaining: u32| Allowance {
            quota: self.quota,
            window: self.window,
            remaining,
            reset: self.window.mul_f64(f64::from(self.quota - remaining.min(self.quota)) / f64::from(self.quota)),
        };
        match limiter.check_key(key) {
            Ok(state) => Ok(Some(allowance(state.remaining_burst_capacity()))),
            Err(refused) => Err((allowance(0), refused.wait_time_from(DefaultClock::default().now()))),
        }
    }

    fn forget_idle(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// All limits of this node. Clones share the counts.
#[derive(Clone)]
pub struct RateLimits(Arc<Inner>);

struct Inner {
    requests: Limit<Subject>,
    expensive: Limit<Subject>,
    signups: Limit<Subject>,
    logins_per_minute: u32,
    /// By the hash of a name, which may be of any length: nobody need be signed in to be counted.
    failed_by_account: Cache<([u8; 32], Subject), Arc<AtomicU32>>,
    failed_by_address: Cache<Subject, Arc<AtomicU32>>,
}

/// An attempt to sign in: counted as failed unless it says that it succeeded.
pub struct LoginAttempt {
    counted: Vec<Arc<AtomicU32>>,
}

impl LoginAttempt {
    /// It was the right password after all.
    pub fn succeeded(self) {
        for counter in self.counted {
            counter.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Accounts and addresses whose failures are remembered; the least used ones are forgotten first.
const REMEMBERED: u64 = 100_000;

impl RateLimits {
    pub fn new(settings: LimitSettings) -> Self {
        Self(Arc::new(Inner {
            requests: Limit::new(settings.per_minute, MINUTE),
            expensive: Limit::new(settings.expensive_per_minute, MINUTE),
            signups: Limit::new(settings.signup_per_hour, HOUR),
            logins_per_minute: settings.login_per_minute,
            failed_by_account: Cache::builder().max_capacity(REMEMBERED).time_to_live(MINUTE).build(),
            failed_by_address: Cache::builder().max_capacity(REMEMBERED).time_to_live(MINUTE).build(),
        }))
    }

    /// Counts a request. `Ok(None)`: the limit is off.
    pub fn request(&self, subject: Subject) -> Result<Option<Allowance>, (Allowance, Error)> {
        self.0.requests.take(&subject).map_err(|(allowance, wait)| (allowance, limited("requests", wait)))
    }

    /// Counts the start of something that costs: an analysis, a set of questions.
    pub fn expensive(&self, user: UserId) -> Result<()> {
        let taken = self.0.expensive.take(&Subject::User(user));
        taken.map(drop).map_err(|(_, wait)| limited("analyses and generated questions", wait))
    }

    /// Counts a sign-up.
    pub fn signup(&self, address: IpAddr) -> Result<()> {
        let taken = self.0.signups.take(&Subject::address(address));
        taken.map(drop).map_err(|(_, wait)| limited("sign-ups from your address", wait))
    }

    /// Counts an attempt to sign in to `account` (in any spelling the same), and refuses it after too many failures.
    pub fn login(&self, account: &str, address: IpAddr) -> Result<LoginAttempt> {
        let limit = self.0.logins_per_minute;
        if limit == 0 {
            return Ok(LoginAttempt { counted: Vec::new() });
        }
        let subject = Subject::address(address);
        let by_account = self.0.failed_by_account.get_with((Sha256::digest(account).into(), subject), Arc::default);
        let by_address = self.0.failed_by_address.get_with(subject, Arc::default);
        let counted = [(by_account, limit), (by_address, limit.saturating_mul(10))];
        for (counter, limit) in &counted {
            if counter.load(Ordering::Acquire) >= *limit {
                return Err(limited("failed attempts to sign in", MINUTE));
            }
        }
        let counted = counted.into_iter().map(|(counter, _)| counter).collect::<Vec<_>>();
        for counter in &counted {
            counter.fetch_add(1, Ordering::AcqRel);
        }
        Ok(LoginAttempt { counted })
    }

    /// Frees the memory of those who have not asked for a while. Called every minute.
    pub fn forget_idle(&self) {
        self.0.requests.forget_idle();
        self.0.expensive.forget_idle();
        self.0.signups.forget_idle();
    }
}

fn limited(what: &str, wait: Duration) -> Error {
    // at least a second, and rounded up: who waits as told is not refused again
    let wait = Duration::from_secs(wait.as_secs_f64().ceil().max(1.0) as u64);
    let message = format!("Too many {what}: try again in {} s.", wait.as_secs());
    Error::new(Kind::RateLimited, "RATE_LIMITED", "Too many requests", message).retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_minute: u32, login: u32) -> RateLimits {
        RateLimits::new(LimitSettings {
            per_minute,
            expensive_per_minute: 2,
            login_per_minute: login,
            signup_per_hour: 1,
        })
    }

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn each_user_has_the_whole_quota_and_no_more() {
        let limits = limits(3, 0);
        let remaining: Vec<_> =
            (0..3).map(|_| limits.request(Subject::User(1)).ok().flatten().map(|a| a.remaining)).collect();
        assert_eq!(remaining, [Some(2), Some(1), Some(0)]);
        let (allowance, error) = limits.request(Subject::User(1)).unwrap_err();
        assert_eq!((allowance.remaining, error.code), (0, "RATE_LIMITED"));
        assert!(error.retry_after.is_some_and(|t| (1..=20).contains(&t.as_secs())));
        assert!(limits.request(Subject::User(2)).is_ok());
    }

    #[test]
    fn zero_turns_a_limit_off() {
        let limits = limits(0, 0);
        assert!((0..1000).all(|_| limits.request(Subject::User(1)).ok() == Some(None)));
        assert!((0..1000).all(|_| limits.login("jane", HOME).is_ok()));
    }

    #[test]
    fn only_failed_logins_count() {
        let limits = limits(0, 2);
        for _ in 0..5 {
            limits.login("jane", HOME).unwrap().succeeded();
        }
        drop((limits.login("jane", HOME).unwrap(), limits.login("jane", HOME).unwrap()));
        assert!(limits.login("jane", HOME).is_err());
        assert!(limits.login("john", HOME).is_ok());
    }

    #[test]
    fn a_long_name_takes_no_more_memory_than_a_short_one() {
        fn holds_nothing_on_the_heap<K: Copy, V>(_: &Cache<K, V>) {}
        holds_nothing_on_the_heap(&limits(0, 1).0.failed_by_account);
    }

    #[test]
    fn an_address_has_ten_times_the_failures_of_an_account() {
        let limits = limits(0, 1);
        assert_eq!((0..20).take_while(|n| limits.login(&format!("user{n}"), HOME).is_ok()).count(), 10);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let subject = |text: &str| Subject::address(text.parse().unwrap());
        assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff"));
        assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
        assert_eq!(subject("::ffff:192.0.2.1"), subject("192.0.2.1"));
    }
}
