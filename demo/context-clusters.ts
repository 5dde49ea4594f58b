import { claimName } from '../agent/plan/judge-claims.ts';
import { AppError } from '../core/error.ts';
import { waitUntil } from '../test/clusters/wait.ts';
import type { Closers } from './closers.ts';
import { clusterNames, type DemoCluster, type DemoClusters } from './clusters.ts';
import { type LiveCluster, openLiveCluster } from './live-cluster.ts';

/** Every namespace that the demo makes in a cluster that isn't its own begins so. */
const prefix = 'fairlead-demo-';
const namespaceKind = { group: '', kind: 'Namespace' } as const;
/** Namespaces end once every pod in them has; a real pod has 30 s for that. */
const removalLimitMs = 180_000;

/** `a,b,c` as three contexts. Throws AppError `invalid` where it isn't three different names. */
export function parseContexts(text: string): readonly string[] {
  const contexts = text.split(',').map((context) => context.trim());
  const different = new Set(contexts.filter((context) => context !== ''));
  if (contexts.length === clusterNames.length && different.size === clusterNames.length) return contexts;
  throw new AppError('invalid', `CONTEXTS=${text} doesn't name three different contexts`, {
    remedy: `Name one each for ${clusterNames.join(', ')}, such as CONTEXTS=kind-a,kind-b,kind-c`,
  });
}

/**
 * Uses three clusters of the user's kubeconfig, in namespaces that are removed at the end.
 *
 * @throws AppError where a context is absent or doesn't answer, two are the same cluster, one has an agent, or a
 *   namespace of the demo's name is there already. Nothing was written then.
 */
export async function openContextClusters(
  contexts: readonly string[],
  closers: Closers,
  show: (line: string) => void,
): Promise<DemoClusters> {
  const clusters: DemoCluster[] = [];
  for (const [index, name] of clusterNames.entries()) {
    const context = contexts[index] ?? '';
    show(`context ${context} as ${name}`);
    const live = await openContext(context);
    closers.add(() => live.close());
    clusters.push({ name, context, kubeconfig: undefined, access: undefined, live });
  }
  await checkDifferent(clusters);
  for (const cluster of clusters) await checkUnused(cluster);
  closers.add(() => removeNamespaces(clusters));
  return { clusters, prefix, pids: [] };
}

async function openContext(context: string): Promise<LiveCluster> {
  try {
    return await openLiveCluster({ type: 'kubeconfig', context });
  } catch (caught) {
    const error = AppError.from(caught, 'unavailable');
    throw new AppError(error.code, error.message, {
      subject: `context ${context}`,
      remedy: error.remedy ?? `Check it with: kubectl --context ${context} get namespaces`,
      cause: caught,
    });
  }
}

/** The UID of kube-system is the identity of a cluster: it is made once and nobody can choose it. */
async function checkDifferent(clusters: readonly DemoCluster[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const { context, live } of clusters) {
    const system = await live.read({ ...namespaceKind, namespace: '', name: 'kube-system' });
    const uid = system?.metadata.uid ?? '';
    const other = seen.get(uid);
    if (other !== undefined) {
      throw new AppError('invalid', `contexts ${other} and ${context} are the same cluster`, {
        remedy: 'Name contexts of three clusters',
      });
    }
    seen.set(uid, context);
  }
}

async function checkUnused({ context, live }: DemoCluster): Promise<void> {
  const configMaps = await live.list({ group: '', kind: 'ConfigMap' });
  const claim = configMaps.find(({ metadata }) => metadata.name === claimName);
  if (claim !== undefined) {
    throw new AppError(
      'conflict',
      `an agent of namespace ${claim.metadata.namespace} keeps this cluster already`,
      {
        subject: `context ${context}`,
        remedy: 'Name a cluster without an agent: two would undo each other’s work',
      },
    );
  }
  const names = (await listOurs(live)).map((namespace) => namespace.metadata.name);
  if (names.length === 0) return;
  throw new AppError('conflict', `there are namespaces of an earlier demo: ${names.join(', ')}`, {
    subject: `context ${context}`,
    remedy: `If nothing else needs them: kubectl --context ${context} delete namespace ${names.join(' ')}`,
  });
}

async function listOurs(live: LiveCluster) {
  const namespaces = await live.list(namespaceKind);
  return namespaces.filter((namespace) => namespace.metadata.name?.startsWith(prefix));
}

async function removeNamespaces(clusters: readonly DemoCluster[]): Promise<void> {
  const removals = clusters.map(async ({ context, live }) => {
    for (const namespace of await listOurs(live)) await live.delete(namespace);
    await waitUntil(
      `context ${context}: the demo's namespaces are gone`,
      async () => !(await listOurs(live)).length,
      {
        limitMs: removalLimitMs,
        detail: () => `See: kubectl --context ${context} get namespaces`,
      },
    );
  });
  const failed = (await Promise.allSettled(removals)).find((removal) => removal.status === 'rejected');
  if (failed) throw failed.reason;
}
