import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { EnrollRequest, EnrollResponse } from '../../proto/gen/fairlead/session/v1/session.ts';
import type { SessionServerOptions } from './session-server-options.ts';

/** Serves enrolments: spends the one-time secret, signs the agent's key, remembers the certificate. */
export function enrollAgent(options: SessionServerOptions): handleUnaryCall<EnrollRequest, EnrollResponse> {
  return (call, callback) => {
    enroll(options, call.request).then(
      (response) => callback(null, response),
      (caught: unknown) => {
        const error = AppError.from(caught);
        options.log.warn({ peer: call.getPeer(), reason: error.message }, 'refused an enrolment');
        // A defect's own words are for the hub's log, not for whoever knocks.
        const details = error.code === 'internal' ? 'the hub failed; its log says why' : error.message;
        callback({ code: grpcStatus(error), details });
      },
    );
  };
}

async function enroll(options: SessionServerOptions, request: EnrollRequest): Promise<EnrollResponse> {
  const { store, identity, clock, log, onEvent } = options;
  const now = clock.now().toISOString();
  const cluster = await store.spendToken(digest(request.secret), now);
  if (cluster === undefined) {
    throw new AppError(
      'unauthenticated',
      'the enrolment token is unknown, used or expired. Make a new one: fairlead cluster enroll NAME',
    );
  }
  const signed = await identity.signAgent(request.certificateRequest, cluster);
  await store.saveEnrolled({
    cluster,
    certificateFingerprint: signed.fingerprint,
    enrolledAt: now,
    certificateExpiresAt: signed.expiresAt,
  });
  log.info({ cluster, certificateExpiresAt: signed.expiresAt }, 'enrolled a cluster');
  onEvent({ type: 'enrolled', cluster });
  return { cluster, certificate: signed.pem, certificateAuthority: identity.authority };
}

function grpcStatus(error: AppError): status {
  switch (error.code) {
    case 'invalid':
      return status.INVALID_ARGUMENT;
    case 'unauthenticated':
      return status.UNAUTHENTICATED;
    case 'unavailable':
      return status.UNAVAILABLE;
    default:
      return status.INTERNAL;
  }
}
