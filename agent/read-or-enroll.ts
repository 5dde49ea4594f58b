import { createHash, X509Certificate } from 'node:crypto';
import { digest } from '../core/digest.ts';
import { type EnrollmentToken, parseEnrollmentToken } from '../core/enrollment-token.ts';
import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import type { AgentConfig } from './config.ts';
import { type AgentIdentity, readIdentity } from './stream/agent-identity.ts';
import { enroll } from './stream/enroll.ts';

/**
 * The identity that the folder holds, else a new one by the token. A token may stay in the configuration after its use:
 * it counts again only where the identity has expired, is another hub's, or was made with another token: somebody has
 * enrolled the cluster anew. Where that fails, the agent goes on with what
 * it has: it works alone rather than not at all. Throws AppError where there is neither identity nor usable token.
 */
export async function readOrEnroll(
  config: Pick<AgentConfig, 'stateDir' | 'enrollmentToken'>,
  { log, clock }: { readonly log: Log; readonly clock: { now(): Date } },
): Promise<AgentIdentity> {
  const { stateDir: dir, enrollmentToken } = config;
  const known = await readIdentity(dir);
  if (enrollmentToken === undefined) {
    if (known !== undefined) return known;
    throw new AppError('unauthenticated', 'this agent is not enrolled yet', {
      subject: dir,
      remedy: 'Give the token of `fairlead cluster enroll NAME` by --enroll-token or FAIRLEAD_ENROLL_TOKEN',
    });
  }
  try {
    const token = parseEnrollmentToken(enrollmentToken);
    if (known !== undefined && !supersedes(token, known, clock.now())) return known;
    const identity = await enroll({ token, dir });
    log.info({ cluster: identity.cluster, hub: identity.hub }, 'enrolled');
    return identity;
  } catch (error) {
    if (known === undefined) throw error;
    log.warn({ err: error }, 'not enrolled anew; going on with the identity from before');
    return known;
  }
}

function supersedes(token: EnrollmentToken, known: AgentIdentity, now: Date): boolean {
  const authority = createHash('sha256').update(new X509Certificate(known.authority).raw).digest('hex');
  const expired = new X509Certificate(known.certificate).validToDate <= now;
  const isNew = known.token !== undefined && known.token !== digest(token.secret);
  return (
    expired || isNew || token.hub !== known.hub || token.ca !== authority || token.cluster !== known.cluster
  );
}
