//! How many calls a caller may make: a token bucket for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More callers than any credentials file names; beyond it idle ones are forgotten.
const CALLERS_MAX: usize = 10_000;

/// The buckets of all callers. Callers are named by the credentials file, never by a request.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<Arc<str>, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Rates {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second: f64::from(per_second), burst: f64::from(burst.max(1)), buckets: Mutex::default() }
    }

    /// Takes one call of `caller` at `now`, or says how long it has to wait for the next.
    pub(crate) fn take(&self, caller: Arc<str>, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX && !buckets.contains_key(&caller) {
            buckets.retain(|_, bucket| self.filled(bucket, now) < self.burst);
            if buckets.len() >= CALLERS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(caller).or_insert(Bucket { tokens: self.burst, filled: now });
        bucket.tokens = self.filled(bucket, now);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * self.per_second;
        (bucket.tokens + gained).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_may_burst_and_then_keeps_to_its_rate() {
        let (rates, start) = (Rates::new(2, 3), Instant::now());
        let caller: Arc<str> = "portal".into();
        for _ in 0..3 {
            assert_eq!(rates.take(Arc::clone(&caller), start), Ok(()));
        }
        assert_eq!(rates.take(Arc::clone(&caller), start), Err(Duration::from_millis(500)));
        assert_eq!(rates.take("other".into(), start), Ok(()));
        let later = start + Duration::from_millis(500);
        assert_eq!(rates.take(Arc::clone(&caller), later), Ok(()));
        assert!(rates.take(caller, later).is_err());
    }

    #[test]
    fn the_number_of_callers_kept_is_bounded() {
        let (rates, start) = (Rates::new(1, 1), Instant::now());
        for caller in 0..2 * CALLERS_MAX {
            assert_eq!(rates.take(caller.to_string().into(), start), Ok(()));
        }
        assert!(rates.buckets.lock().expect("no test panics while holding it").len() <= CALLERS_MAX);
    }
}
