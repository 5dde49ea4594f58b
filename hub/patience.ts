/** How long a pass waits for repositories other than the fleet's. */
const fetchPatienceMs = 5_000;

/** Waits for all, but no longer than `fetchPatienceMs`. */
export async function withPatience(fetches: readonly Promise<void>[]): Promise<void> {
  if (fetches.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolved) => {
    timer = setTimeout(resolved, fetchPatienceMs);
  });
  await Promise.race([Promise.all(fetches), patience]);
  clearTimeout(timer);
}
