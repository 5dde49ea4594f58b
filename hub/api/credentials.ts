import { createHash, createHmac } from 'node:crypto';
import type { NamedToken } from '../access/api-tokens.ts';
import type { Subject } from '../access/subject.ts';
import type { ApiContext } from './context.ts';

/** A token that is accepted, as its digest, and who holds it. */
export interface Credential {
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly subject: Subject;
}

export interface Credentials {
  /** Those that count now. */
  all(): readonly Credential[];
  find(token: string): Credential | undefined;
  /** Whether it still counts. */
  has(credential: Credential): boolean;
  /** Proves sessions of a credential. Nobody has it who has only the file of digests. */
  sessionKey(credential: Credential): Buffer;
}

export function createCredentials({ tokens, people }: Pick<ApiContext, 'tokens' | 'people'>): Credentials {
  const administrators = tokens.map((token) => ({
    digest: digestOf(token),
    subject: { type: 'administrator' } as const,
  }));
  const named = (): readonly NamedToken[] => people?.() ?? [];
  return {
    all: () => [...administrators, ...named()],
    // How long a comparison of digests takes tells nothing of a token.
    find(token) {
      const digest = digestOf(token);
      const isIt = (each: Credential): boolean => each.digest === digest;
      return administrators.find(isIt) ?? named().find(isIt);
    },
    has: ({ digest }) => [...administrators, ...named()].some((each) => each.digest === digest),
    sessionKey: ({ digest }) =>
      createHmac('sha256', tokens[0] ?? '')
        .update(`sessions of ${digest}`)
        .digest(),
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
