import type { DriftCause } from './drift.ts';

/** What a reader should know beyond that a field has another value; absent where that is all. */
export function describeCause(cause: DriftCause | undefined): string | undefined {
  return cause === undefined ? undefined : sentences[cause];
}

const sentences: Readonly<Partial<Record<DriftCause, string>>> = {
  handover: 'set through scale, as autoscalers do: leave it out of Git',
  reset: 'the API server lost whose fields are whose',
  recreated: 'the object was deleted and made again',
  reordered: 'the same items in another order',
  'written-as-us': "written by somebody else under Fairlead's field manager",
};
