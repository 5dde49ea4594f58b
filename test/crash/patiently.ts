import { KubeError } from '../clusters/kube-client.ts';
import { sleep } from '../clusters/wait.ts';

const limitMs = 90_000;
const everyMs = 200;

/** Does what a run itself needs of the API server again until it answers: it may be restarting. What it refuses is thrown. */
export async function patiently<T>(act: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const isAnswer = error instanceof KubeError && error.status < 500 && error.status !== 429;
      // With its roles not loaded yet, a server that just started forbids everything.
      const isFinal = isAnswer && error.status !== 403;
      if (isFinal || performance.now() > deadline) throw error;
      await sleep(everyMs);
    }
  }
}
