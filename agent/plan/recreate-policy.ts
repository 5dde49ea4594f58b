import { shortName } from '../../core/digest.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, jsonAt, numberAt } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { formatRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import type { Propagation } from '../ports.ts';
import { isPruneProtected } from './prune-protection.ts';
import { syncOptionsOf } from './sync-options.ts';

/**
 * On an object in Git: `background` and `orphan` allow it to be deleted and made again where what Git changes can't be
 * changed in place, with what it owns or leaving that; `never` forbids it, whatever its application says.
 */
const recreateAnnotation = 'fairlead.dev/recreate';

/** Whether an object may be deleted to be made again, and what becomes of what it owns. */
export type RecreatePolicy = 'never' | Extract<Propagation, 'Background' | 'Orphan'>;

/** What its own annotations say counts before what its application says (Argo CD's `Replace=true`). */
export function recreatePolicyOf(object: KubeObject, ofApplication: RecreatePolicy): RecreatePolicy {
  const own = object.metadata.annotations?.[recreateAnnotation];
  if (own === 'background') return 'Background';
  if (own === 'orphan') return 'Orphan';
  if (own !== undefined) return 'never';
  const options = syncOptionsOf(object);
  const asked = [options.get('Force'), options.get('Replace')];
  if (asked.includes('true')) return 'Background';
  return asked.includes('false') ? 'never' : ofApplication;
}

/** With these goes what no apply brings back: data, or every object in them. */
const keepers: ReadonlySet<string> = new Set([
  '/Namespace',
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
]);

/** Why a live object may not be deleted to be made again, in one sentence; `undefined` where it may. */
export function recreateObstacle(
  live: KubeObject,
  desired: KubeObject,
  application: string,
): string | undefined {
  const ref = refOf(desired);
  if (keepers.has(`${ref.group}/${ref.kind}`))
    return `a ${ref.kind} takes with it what no apply brings back. Move what it holds, then delete it by hand`;
  if (ownerOf(live, ref) !== application)
    return `it carries no mark of ${application} yet, so somebody else made it. Delete it by hand`;
  if (isPruneProtected(live) || isPruneProtected(desired))
    return 'it is protected (Prune=false or helm.sh/resource-policy: keep). Remove the protection or delete it by hand';
  if ((live.metadata.ownerReferences ?? []).length > 0)
    return 'another object owns it (metadata.ownerReferences). Change that one';
  // Pods that can't start don't count: then the change is what mends them.
  const running = ref.kind === 'Job' ? (numberAt(live, 'status', 'ready') ?? 0) : 0;
  if (running > 0) return `${running} of its Pods run now. It is made again when they have ended`;
  return undefined;
}

/**
 * The replacement under another name: what the API server says of its creation is what it will say of the real one. What
 * only one object can have at a time, such as a Service's address, is left out where the live one has it.
 */
export function trialOf(desired: KubeObject, live: KubeObject): KubeObject {
  const name = `fairlead-trial-${shortName(formatRef(refOf(desired))).slice(0, 10)}`;
  const trial: KubeObject = { ...desired, metadata: { ...desired.metadata, name } };
  const spec = desired['spec'];
  if (desired.kind !== 'Service' || !isJsonObject(spec)) return trial;
  const { clusterIP: _address, clusterIPs: _addresses, healthCheckNodePort: _port, ...rest } = spec;
  const kept = spec['clusterIP'] === jsonAt(live, 'spec', 'clusterIP') ? rest : spec;
  return { ...trial, spec: { ...kept, ...withoutTakenPorts(kept, live) } };
}

function withoutTakenPorts(spec: JsonObject, live: KubeObject): JsonObject {
  const ports = spec['ports'];
  if (!isJsonArray(ports)) return {};
  const livePorts = jsonAt(live, 'spec', 'ports');
  const taken = new Set(isJsonArray(livePorts) ? livePorts.map((port) => numberAt(port, 'nodePort')) : []);
  return {
    ports: ports.map((port): Json => {
      if (!isJsonObject(port) || !taken.has(numberAt(port, 'nodePort'))) return port;
      const { nodePort: _taken, ...rest } = port;
      return rest;
    }),
  };
}
