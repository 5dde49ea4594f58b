import { AppError } from '../../core/error.ts';

/** A 64-bit number of the wire as ours. Throws AppError `invalid` beyond 2^53, which no counter of ours reaches. */
export function readWireNumber(value: bigint, field: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new AppError('invalid', `the peer sent ${field} ${value}, which is beyond 2^53`);
  }
  return Number(value);
}
