//! What one document may cost: every loop over untrusted data draws from one of these.

use std::time::{Duration, Instant};

/// A budget ran out: the document is refused with `limit_exceeded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// The work still allowed for one document. Budgets are per document and not per page or stream, because a hostile
/// file multiplies small parts.
#[derive(Debug)]
pub struct Budget {
    deadline: Instant,
    steps: u32,
    /// Bytes that may still be decompressed.
    bytes: usize,
    /// Characters that may still be emitted.
    chars: usize,
}

impl Budget {
    /// Wall-clock time after which extraction gives up.
    const TIME: Duration = Duration::from_millis(3500);
    /// Content operators, table entries, XML events.
    const STEPS: u32 = 3_000_000;
    const BYTES: usize = 64 << 20;
    const CHARS: usize = 600_000;
    /// Most one part (stream, XML part) may decompress to.
    pub const PART_BYTES: usize = 24 << 20;
    /// The clock is read once in this many steps (a power of two).
    const CLOCK_EVERY: u32 = 1024;

    pub fn new() -> Self {
        Self { deadline: Instant::now() + Self::TIME, steps: Self::STEPS, bytes: Self::BYTES, chars: Self::CHARS }
    }

    /// Counts one step of work.
    pub fn step(&mut self) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(1).ok_or(Exhausted)?;
        if self.steps.is_multiple_of(Self::CLOCK_EVERY) { self.check_clock() } else { Ok(()) }
    }

    /// Fails after the deadline.
    pub fn check_clock(&self) -> Result<(), Exhausted> {
        if Instant::now() > self.deadline { Err(Exhausted) } else { Ok(()) }
    }

    /// Bytes the next part may decompress to.
    pub fn part_limit(&self) -> usize {
        self.bytes.min(Self::PART_BYTES)
    }

    /// Counts decompressed bytes.
    pub fn spend_bytes(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Exhausted)?;
        self.check_clock()
    }

    /// Counts characters of text.
    pub fn spend_chars(&mut self, chars: usize) -> Result<(), Exhausted> {
        self.chars = self.chars.checked_sub(chars).ok_or(Exhausted)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_shared_by_all_parts_of_a_document() {
        let mut budget = Budget::new();
        assert_eq!(budget.part_limit(), Budget::PART_BYTES);
        assert_eq!(budget.spend_bytes(Budget::PART_BYTES), Ok(()));
        assert_eq!(budget.spend_bytes(Budget::PART_BYTES), Ok(()));
        assert!(budget.part_limit() < Budget::PART_BYTES);
        assert_eq!(budget.spend_bytes(Budget::PART_BYTES), Err(Exhausted));
    }

    #[test]
    fn steps_end() {
        let mut budget = Budget::new();
        let done = (0..=Budget::STEPS).take_while(|_| budget.step().is_ok()).count();
        assert!(done <= Budget::STEPS as usize);
    }
}
