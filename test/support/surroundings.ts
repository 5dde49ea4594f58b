import type { KubeClient, KubeObject, ObjectName } from '../clusters/kube-client.ts';

const address = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } } };
const scaled = {
  status: {
    currentReplicas: 1,
    desiredReplicas: 1,
    conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: '' }],
  },
};

/** Plays what a test cluster has no controller for: a load balancer, an ingress controller, an autoscaler, a disk. */
export async function provideSurroundings(client: KubeClient): Promise<void> {
  for (const service of await client.list('v1', 'Service')) {
    if (service['spec'].type === 'LoadBalancer')
      await client.patch(placeOf(service, 'v1', 'Service'), address, 'status');
  }
  for (const ingress of await client.list('networking.k8s.io/v1', 'Ingress'))
    await client.patch(placeOf(ingress, 'networking.k8s.io/v1', 'Ingress'), address, 'status');
  for (const autoscaler of await client.list('autoscaling/v2', 'HorizontalPodAutoscaler'))
    await client.patch(placeOf(autoscaler, 'autoscaling/v2', 'HorizontalPodAutoscaler'), scaled, 'status');
  for (const claim of await client.list('v1', 'PersistentVolumeClaim')) await client.apply(volumeFor(claim));
}

function placeOf({ metadata }: KubeObject, apiVersion: string, kind: string): ObjectName {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

function volumeFor({ metadata, spec }: KubeObject): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${metadata.namespace}-${metadata.name}` },
    spec: {
      capacity: spec.resources.requests,
      accessModes: spec.accessModes,
      hostPath: { path: '/var/empty' },
      persistentVolumeReclaimPolicy: 'Retain',
    },
  };
}
