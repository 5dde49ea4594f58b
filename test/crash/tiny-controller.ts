import { numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';

/** On a Job that is to fail. */
export const failingLabel = 'test.example/fails';

/** Says what the controllers of a whole cluster would say: the Deployment is available, the Job has run. */
export async function finishWorkload(client: KubeClient, kind: string, object: KubeObject): Promise<void> {
  const status = statusOf(kind, object);
  if (status === undefined || object.metadata.deletionTimestamp !== undefined) return;
  const { name = '', namespace = '' } = object.metadata;
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const resourceVersion = object.metadata.resourceVersion;
  try {
    const patch = { metadata: { resourceVersion }, status };
    await client.patch({ apiVersion, kind, name, namespace }, patch, 'status');
  } catch (error) {
    // Gone or changed meanwhile; the next event comes here too.
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}

function statusOf(kind: string, object: KubeObject): object | undefined {
  if (kind === 'Job') return jobStatus(object);
  return kind === 'Deployment' ? deploymentStatus(object) : undefined;
}

function jobStatus(object: KubeObject): object | undefined {
  if (stringAt(object, 'status', 'startTime') !== undefined) return undefined;
  const startTime = new Date().toISOString();
  const condition = (type: string): object => ({ type, status: 'True', lastTransitionTime: startTime });
  if (object.metadata.labels?.[failingLabel] === 'true') {
    return { startTime, failed: 1, conditions: [condition('FailureTarget'), condition('Failed')] };
  }
  const conditions = [condition('SuccessCriteriaMet'), condition('Complete')];
  return { startTime, completionTime: startTime, succeeded: 1, conditions };
}

function deploymentStatus(object: KubeObject): object | undefined {
  const generation = object.metadata.generation ?? 0;
  if (numberAt(object, 'status', 'observedGeneration') === generation) return undefined;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
  return {
    observedGeneration: generation,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    readyReplicas: replicas,
  };
}
