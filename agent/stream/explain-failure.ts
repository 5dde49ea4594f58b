import { status } from '@grpc/grpc-js';

/** What is wrong with the way to the hub, in one sentence with what to do, from gRPC's status. */
export function explainFailure(
  hub: string,
  failure: { readonly code: status; readonly details: string },
): string {
  const { code, details } = failure;
  if (code === status.OK) return `the hub at ${hub} ended the session`;
  const known = causes.find(([pattern]) => pattern.test(details));
  if (known !== undefined) return known[1](hub);
  if (code === status.UNIMPLEMENTED)
    return `what answers at ${hub} is not a Fairlead hub of this protocol. Check the address`;
  return `the hub at ${hub} can't be reached: ${details}`;
}

/** OpenSSL's and the operating system's words, as they arrive in gRPC's details. */
const causes: readonly (readonly [RegExp, (hub: string) => string])[] = [
  [
    /ECONNREFUSED/,
    (hub) => `nothing listens at ${hub}. See that the hub runs and that this is the address of its sessions`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    (hub) => `the name in ${hub} can't be resolved. Check the address and the DNS`,
  ],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|Deadline exceeded/,
    (hub) => `${hub} doesn't answer. Check the address, and that a firewall lets this agent out to it`,
  ],
  [
    /self[- ]signed certificate|unable to verify|UNABLE_TO_VERIFY|unable to get (local )?issuer|certificate signature failure/i,
    (hub) =>
      `what answers at ${hub} is not the hub that this agent was enrolled with: its certificate is of another CA. ` +
      'Check the address; if the hub was set up anew, make a token with fairlead cluster enroll NAME and start the agent with it (--enroll-token)',
  ],
  [
    /altnames|ERR_TLS_CERT_ALTNAME/i,
    (hub) =>
      `the certificate of the hub isn't for the name in ${hub}. Add that name to the hub's advertised hosts`,
  ],
  [
    /certificate has expired|CERT_HAS_EXPIRED/i,
    (hub) =>
      `the certificate of the hub at ${hub} has expired. Restart the hub to renew it, and check both clocks`,
  ],
  [
    /certificate is not yet valid|CERT_NOT_YET_VALID/i,
    (hub) => `the certificate of the hub at ${hub} is not valid yet. Check the clocks of both machines`,
  ],
  [
    /Connection dropped|ECONNRESET|RST_STREAM|socket hang up|Keepalive|ping/i,
    (hub) => `the connection to the hub at ${hub} was lost`,
  ],
];
