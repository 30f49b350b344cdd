// Exponential back-off with full jitter: many pages that lost one server do not return in one wave.

const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * @param {number} attempt 0 for the first wait
 * @param {() => number} [random] 0 ≤ r < 1
 * @returns {number} milliseconds: evenly spread below min(cap, base · 2^attempt)
 */
export function delay(attempt, random = Math.random) {
  return Math.round(random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16)));
}

/** Waits; ends early when the signal aborts. @param {number} ms @param {AbortSignal} [signal] */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(undefined); }, { once: true });
  });
}
