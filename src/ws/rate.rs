//! How many frames a client may send (contract, section 1, rate limits of sockets).

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// Who is too fast for so long is not asked any more.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long without an excess the next one is a new episode.
const PAUSE: Duration = Duration::from_secs(1);

/// What happens to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// The first frame in excess of an episode: the client is told, and when to go on.
    Refuse {
        retry_after: Duration,
    },
    /// Further ones.
    Ignore,
    Close,
}

/// The frames that one connection may still send.
pub struct FrameBudget {
    limiter: RateLimiter<NotKeyed, InMemoryState, Told, NoOpMiddleware<Duration>>,
    time: Told,
    opened: Instant,
    episode: Option<Episode>,
}

/// A time of excess: frames were dropped without a longer pause between them.
#[derive(Clone, Copy)]
struct Episode {
    began: Instant,
    last: Instant,
}

/// A clock that shows what it was told: the session's time.
#[derive(Clone, Default)]
struct Told(Rc<Cell<Duration>>);

impl Clock for Told {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

impl FrameBudget {
    /// `None` if `per_second` is 0: no limit.
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(per_second)?).allow_burst(NonZeroU32::new(burst)?);
        let time = Told::default();
        let limiter = RateLimiter::direct_with_clock(quota, time.clone());
        Some(Self { limiter, time, opened: now, episode: None })
    }

    /// One more frame.
    pub fn take(&mut self, now: Instant) -> Verdict {
        self.time.0.set(now.saturating_duration_since(self.opened));
        match self.limiter.check() {
            Ok(()) => Verdict::Pass,
            Err(too_early) => self.excess(now, too_early.wait_time_from(self.time.now())),
        }
    }

    fn excess(&mut self, now: Instant, retry_after: Duration) -> Verdict {
        let going_on = self.episode.filter(|episode| now.saturating_duration_since(episode.last) < PAUSE);
        let began = going_on.map_or(now, |episode| episode.began);
        self.episode = Some(Episode { began, last: now });
        match going_on {
            None => Verdict::Refuse { retry_after },
            Some(_) if now.saturating_duration_since(began) >= PATIENCE => Verdict::Close,
            Some(_) => Verdict::Ignore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The verdicts on so many frames at this distance, from a moment on.
    fn verdicts(budget: &mut FrameBudget, from: Instant, count: u32, every: Duration) -> Vec<Verdict> {
        (0..count).map(|number| budget.take(from + every * number)).collect()
    }

    fn count(verdicts: &[Verdict], wanted: fn(&Verdict) -> bool) -> usize {
        verdicts.iter().filter(|verdict| wanted(verdict)).count()
    }

    fn is_refusal(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Refuse { .. })
    }

    #[test]
    fn a_burst_passes_and_its_excess_is_told_once() {
        let start = Instant::now();
        let mut budget = FrameBudget::new(50, 200, start).unwrap();
        let burst = verdicts(&mut budget, start, 500, MS / 10);
        assert!((200..=205).contains(&count(&burst, |verdict| *verdict == Verdict::Pass)));
        assert_eq!(count(&burst, is_refusal), 1);
        assert_eq!(budget.take(start + 3000 * MS), Verdict::Pass);
    }

    #[test]
    fn ten_seconds_of_excess_close() {
        let start = Instant::now();
        let mut budget = FrameBudget::new(50, 200, start).unwrap();
        let flood = verdicts(&mut budget, start, 3000, 5 * MS);
        let first = flood.iter().position(is_refusal).unwrap();
        let closed = flood.iter().position(|verdict| *verdict == Verdict::Close).unwrap();
        assert_eq!(count(&flood, is_refusal), 1);
        assert!((2000..2010).contains(&(closed - first)), "closed after {} frames", closed - first);
    }

    #[test]
    fn after_a_pause_a_new_excess_is_told_again() {
        let start = Instant::now();
        let mut budget = FrameBudget::new(50, 200, start).unwrap();
        for episode in 0..20 {
            let burst = verdicts(&mut budget, start + 5000 * MS * episode, 300, MS);
            assert_eq!(count(&burst, is_refusal), 1, "episode {episode}");
            assert!(!burst.contains(&Verdict::Close));
        }
    }

    #[test]
    fn the_steady_rate_always_passes_and_the_wait_is_long_enough() {
        let start = Instant::now();
        let mut budget = FrameBudget::new(50, 1, start).unwrap();
        assert!(verdicts(&mut budget, start, 500, 20 * MS).iter().all(|verdict| *verdict == Verdict::Pass));
        let late = start + 500 * 20 * MS;
        assert_eq!(budget.take(late), Verdict::Pass);
        let Verdict::Refuse { retry_after } = budget.take(late) else { unreachable!("a second frame at once") };
        assert_eq!(budget.take(late + retry_after), Verdict::Pass);
    }

    #[test]
    fn nought_is_no_limit() {
        assert!(FrameBudget::new(0, 200, Instant::now()).is_none());
    }
}
