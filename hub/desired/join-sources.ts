import { type Manifest, refOf } from '../../core/kube-object.ts';
import { formatRef } from '../../core/object-ref.ts';

/**
 * What an application's sources render to, as one. Of an object that several of them declare, the last one's content
 * counts (Argo CD's rule). The earlier places keep theirs with that content, so that the agent finds the object declared
 * alike more than once, and warns of it (`RepeatedResourceWarning`). `namespace` is where objects without one go.
 */
export function joinSources(parts: readonly (readonly Manifest[])[], namespace: string): readonly Manifest[] {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const last = new Map<string, { readonly part: number; readonly manifest: Manifest }>();
  for (const [part, manifests] of parts.entries()) {
    for (const manifest of manifests) {
      const key = keyOf(manifest, namespace);
      if (key !== undefined && last.get(key)?.part !== part) last.set(key, { part, manifest });
    }
  }
  return parts.flatMap((manifests, part) =>
    manifests.map((manifest) => {
      const winner = last.get(keyOf(manifest, namespace) ?? '');
      if (winner === undefined || winner.part === part) return manifest;
      return { ...manifest, object: winner.manifest.object };
    }),
  );
}

/** `undefined` for what has no name of its own (`generateName`): each of them is another object. */
function keyOf({ object }: Manifest, namespace: string): string | undefined {
  const ref = refOf(object);
  if (ref.name === '') return undefined;
  return formatRef({ ...ref, namespace: ref.namespace === '' ? namespace : ref.namespace });
}
