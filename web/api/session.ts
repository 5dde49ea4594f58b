import { useSyncExternalStore } from 'react';
import { client, unwrap } from './client.ts';

/** Whether the hub knows this browser; `unknown` until it answered anything. */
export type SignedIn = 'unknown' | 'yes' | 'no';

let signedIn: SignedIn = 'unknown';
const listeners = new Set<() => void>();

export function useSignedIn(): SignedIn {
  return useSyncExternalStore(subscribe, () => signedIn);
}

/** Called with what each answer told. */
export function noteSignedIn(next: SignedIn): void {
  if (next === signedIn) return;
  signedIn = next;
  for (const listener of listeners) listener();
}

/** Gives the hub a token for a cookie that scripts can't read. The token itself is kept nowhere. */
export async function signIn(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token.trim()}` };
  await unwrap(client.POST('/api/v1/session', { headers }));
}

export async function signOut(): Promise<void> {
  await client.DELETE('/api/v1/session');
  noteSignedIn('no');
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
