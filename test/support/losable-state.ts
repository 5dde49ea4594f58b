import type { StatePort } from '../../agent/ports.ts';
import type { AppError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import { memoryState } from './memory-state.ts';

/** A state on one node, whose documents reach others only where that was waited for. */
export interface LosableState extends StatePort {
  /** Why nothing can be secured now. */
  refusal: AppError | undefined;
  /** What an agent on another node finds: this one's is lost. */
  onAnotherNode(): LosableState;
}

export function losableState(documents: ReadonlyMap<string, Json> = new Map()): LosableState {
  const memory = memoryState();
  const secured = new Map(documents);
  for (const [name, value] of documents) void memory.saveDocument(name, value);
  const state: LosableState = {
    ...memory,
    refusal: undefined,
    async secureDocuments(names) {
      if (state.refusal !== undefined) throw state.refusal;
      for (const name of names) {
        const value = await memory.readDocument(name);
        if (value !== undefined) secured.set(name, value);
      }
    },
    onAnotherNode: () => losableState(secured),
  };
  return state;
}
