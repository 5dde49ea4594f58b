import { type Schemas, unwrap } from '../cli/client/open-client.ts';
import { type Json, jsonAt, stringAt } from '../core/json.ts';
import type { KubeObject } from '../core/kube-object.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import type { ClusterName } from './clusters.ts';
import type { World } from './world.ts';

/** What steps ask the hub's API and the clusters' API servers. */

export async function listApplications(world: World): Promise<readonly Schemas['ApplicationItem'][]> {
  return (await unwrap(world.client.GET('/api/v1/applications', {}))).items;
}

export function getApplication(world: World, name: string): Promise<Schemas['Application']> {
  return unwrap(world.client.GET('/api/v1/applications/{key}', { params: { path: { key: name } } }));
}

export async function listClusters(world: World): Promise<readonly Schemas['Cluster'][]> {
  return (await unwrap(world.client.GET('/api/v1/clusters', {}))).items;
}

/** Drifts of one application, newest first. */
export async function listDrifts(
  world: World,
  application: string,
): Promise<readonly Schemas['DriftEntry'][]> {
  const params = { query: { application } };
  return (await unwrap(world.client.GET('/api/v1/drifts', { params }))).items;
}

/** Every application with all that is known of it. */
export async function readApplications(world: World): Promise<readonly Schemas['Application'][]> {
  const items = await listApplications(world);
  return Promise.all(items.map((item) => getApplication(world, item.application)));
}

/** They stay `Progressing` where a cluster has no ingress controller or no metrics, as most local ones. */
const kindsOfOthers = ['Ingress', 'HorizontalPodAutoscaler'];

/** Whether an application is as Git says, and everything in it that depends on the application is healthy. */
export function isLive(application: Schemas['Application']): boolean {
  const troubles = application.objects.filter((object) => (object.health?.status ?? 'Healthy') !== 'Healthy');
  const isWell =
    application.health.status === 'Healthy' ||
    (troubles.length > 0 && troubles.every((object) => kindsOfOthers.includes(object.ref.kind)));
  return application.sync === 'Synced' && isWell;
}

/** `payments-dev OutOfSync Progressing`. */
export function describeApplication(application: Schemas['ApplicationItem']): string {
  return `${application.name} ${application.sync} ${application.health.status}`;
}

/** The Deployment that the story changes, on any of the clusters. */
export function paymentsRef(world: World): ObjectRef {
  return { group: 'apps', kind: 'Deployment', namespace: world.namespace('payments'), name: 'payments' };
}

export function deploymentRef(world: World, application: string): ObjectRef {
  return { group: 'apps', kind: 'Deployment', namespace: world.namespace(application), name: application };
}

/** The image of the payments Deployment as the cluster's API server has it. */
export async function readPaymentsImage(world: World, cluster: ClusterName): Promise<string> {
  const deployment = await world.cluster(cluster).live.read(paymentsRef(world));
  return deployment === undefined ? 'no Deployment' : imageOf(deployment);
}

export function imageOf(deployment: KubeObject): string {
  return stringAt(containersOf(deployment)[0], 'image') ?? 'no image';
}

/** Changes the image of the payments Deployment as `kubectl edit` would, behind everyone's back. */
export async function editPaymentsImage(world: World, cluster: ClusterName, image: string): Promise<void> {
  const { live } = world.cluster(cluster);
  const ref = paymentsRef(world);
  const deployment = await live.read(ref);
  if (deployment === undefined) throw new Error(`${cluster} has no Deployment payments`);
  // A merge patch replaces a list whole; the API server still counts only what differs as written.
  const containers = containersOf(deployment).map((container) => ({
    ...(container as object),
    image,
  })) as Json;
  await live.edit(ref, { spec: { template: { spec: { containers } } } }, 'kubectl-edit');
}

function containersOf(deployment: KubeObject): readonly Json[] {
  const containers = jsonAt(deployment, 'spec', 'template', 'spec', 'containers');
  return Array.isArray(containers) ? containers : [];
}

/** A commit's id as people write it. */
export function shortId(commit: string): string {
  return commit.slice(0, 7);
}
