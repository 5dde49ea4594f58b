import type { StatePort } from '../../agent/ports.ts';
import type { Json } from '../../core/json.ts';

/** The agent's state without a disk: what one engine kept, the next one finds. */
export function memoryState(): StatePort & { readonly documents: ReadonlyMap<string, Json> } {
  const documents = new Map<string, Json>();
  return {
    documents,
    readDesired: async () => undefined,
    saveDesired: async () => undefined,
    readBlobs: async () => new Map(),
    readDocument: async (name) => documents.get(name),
    saveDocument: async (name, value) => {
      documents.set(name, structuredClone(value));
    },
    secureDocuments: async () => undefined,
  };
}
