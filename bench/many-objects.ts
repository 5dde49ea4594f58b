import type { Json } from '../core/json.ts';
import type { KubeObject } from '../core/kube-object.ts';
import { payload } from './fleet.ts';

/** 5,000 objects of 20 kinds in 200 applications, in 20 namespaces. */
export const manyApplications = 200;
export const manyKinds = 20;
const perApplication = 25;
const namespaceCount = 20;

/** What is applied where: the engine's own objects, and the same again under other names for the raw limit. */
export type Side = 'fairlead' | 'raw';

export function manyNamespaces(side: Side): readonly string[] {
  return Array.from({ length: namespaceCount }, (_, index) => `many-${side}-${index}`);
}

/** The objects of one application at a version: one of every kind, and five more. Every version changes every object. */
export function objectsOf(side: Side, application: number, version: number): readonly KubeObject[] {
  const namespace = `many-${side}-${application % namespaceCount}`;
  return Array.from({ length: perApplication }, (_, index) => {
    const kind = index < manyKinds ? index : (application * (perApplication - manyKinds) + index) % manyKinds;
    const name = `${side}-${application}-${index}`;
    return objectOf(kind, { name, namespace, version });
  });
}

interface Wanted {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
}

type Spec = { readonly apiVersion: string; readonly kind: string } & { readonly [member: string]: Json };

const clusterScoped: ReadonlySet<string> = new Set(['ClusterRole']);

function objectOf(kind: number, wanted: Wanted): KubeObject {
  const make = kinds[kind];
  if (make === undefined) throw new Error(`there is no kind ${kind}`);
  const spec = make(wanted);
  const labels = { 'app.kubernetes.io/name': wanted.name, 'app.kubernetes.io/version': `v${wanted.version}` };
  const place = clusterScoped.has(spec.kind) ? {} : { namespace: wanted.namespace };
  return { ...spec, metadata: { name: wanted.name, ...place, labels } };
}

function template({ name, version }: Wanted): Json {
  return {
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        {
          name: 'main',
          image: `registry.example/app:${version}`,
          env: [{ name: 'VERSION', value: String(version) }],
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
        },
      ],
    },
  };
}

function jobTemplate(wanted: Wanted): Json {
  const { spec } = template(wanted) as { readonly spec: { readonly [name: string]: Json } };
  return { spec: { ...spec, restartPolicy: 'Never' } };
}

const selectorOf = ({ name }: Wanted): Json => ({ matchLabels: { app: name } });

const kinds: readonly ((wanted: Wanted) => Spec)[] = [
  ({ name, version }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { version: String(version), payload: payload(name, String(version)) },
  }),
  ({ version }) => ({ apiVersion: 'v1', kind: 'Secret', stringData: { token: `token of ${version}` } }),
  () => ({ apiVersion: 'v1', kind: 'ServiceAccount', automountServiceAccountToken: false }),
  ({ name, version }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    spec: {
      clusterIP: 'None',
      selector: { app: name },
      ports: [{ name: 'http', port: 8000 + (version % 100), targetPort: 'http' }],
    },
  }),
  ({ version }) => ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    spec: { limits: [{ type: 'Container', max: { cpu: String(4 + (version % 100)) } }] },
  }),
  () => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  (wanted) => ({ apiVersion: 'v1', kind: 'PodTemplate', template: template(wanted) }),
  (wanted) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { replicas: 2, selector: selectorOf(wanted), template: template(wanted) },
  }),
  (wanted) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    spec: {
      replicas: 1,
      serviceName: wanted.name,
      selector: selectorOf(wanted),
      template: template(wanted),
    },
  }),
  (wanted) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    spec: { selector: selectorOf(wanted), template: template(wanted) },
  }),
  (wanted) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    // Its template can't be changed: the label and this can.
    spec: { parallelism: 1 + (wanted.version % 5), template: jobTemplate({ ...wanted, version: 0 }) },
  }),
  (wanted) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: jobTemplate(wanted) } } },
  }),
  ({ name, version }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    spec: {
      rules: [
        {
          host: `${name}.example`,
          http: {
            paths: [
              {
                path: `/v${version}`,
                pathType: 'Prefix',
                backend: { service: { name, port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    },
  }),
  (wanted) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    spec: {
      podSelector: selectorOf(wanted),
      ingress: [{ ports: [{ port: 8000 + (wanted.version % 100) }] }],
      policyTypes: ['Ingress'],
    },
  }),
  (wanted) => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    spec: { selector: selectorOf(wanted), maxUnavailable: 1 + (wanted.version % 100) },
  }),
  ({ name, version }) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      maxReplicas: 3 + (version % 100),
    },
  }),
  ({ version }) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [`v${version}`], verbs: ['get'] }],
  }),
  ({ name, namespace, version }) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: `v${version}`, namespace }],
  }),
  ({ version }) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    rules: [{ apiGroups: [''], resources: ['nodes'], resourceNames: [`v${version}`], verbs: ['get'] }],
  }),
  ({ version }) => ({
    apiVersion: 'test.example/v1',
    kind: 'Gauge',
    spec: { version: String(version), limits: { low: version, high: version + 10 } },
  }),
];
