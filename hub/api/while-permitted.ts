const checkMs = 15_000;

/** Ends a stream once its caller may no longer have it. Gives what stops looking. */
export function whilePermitted(permitted: () => boolean, end: () => void, everyMs = checkMs): () => void {
  const timer = setInterval(() => {
    if (permitted()) return;
    clearInterval(timer);
    end();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
