/** Time as something that calls back, so that tests may hold the clock. */
export interface Timers {
  /** Runs work once, after so many ms; gives what calls it off. */
  after(ms: number, work: () => void): () => void;
}

/** Longer delays overflow Node's timers and would fire at once. */
const longestMs = 2 ** 31 - 1;

/** The process's timers; none keeps it alive. */
export const systemTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, Math.min(Math.max(0, ms), longestMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
