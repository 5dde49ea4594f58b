import type { Json } from '../../core/json.ts';
import type { ListSpot, Specimen } from './specimen.ts';

const rules: readonly Json[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] },
];
const ruleList: ListSpot = { path: ['rules'], items: rules };
const subjects: ListSpot = {
  path: ['subjects'],
  items: [
    { kind: 'User', name: 'anna', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'Group', name: 'ops' },
    { kind: 'ServiceAccount', name: 'bot', namespace: 'default' },
  ],
};

/** Who may do what, and what the cluster has to offer. */
export const clusterSpecimens: readonly Specimen[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    scope: 'namespaced',
    base: { rules: [rules[0] ?? null] },
    spots: [],
    lists: [ruleList],
    patches: 'strategic',
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    scope: 'cluster',
    base: { rules: [rules[0] ?? null] },
    spots: [],
    lists: [ruleList],
    patches: 'strategic',
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    scope: 'namespaced',
    base: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'view' } },
    // A binding's role can't be changed: who makes it anew with another one makes a drift that can't be mended.
    spots: [{ path: ['roleRef', 'name'], values: ['view', 'edit'] }],
    lists: [subjects],
    patches: 'strategic',
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    scope: 'cluster',
    base: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } },
    spots: [],
    lists: [subjects],
    patches: 'strategic',
  },
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    scope: 'namespaced',
    base: {},
    spots: [{ path: ['automountServiceAccountToken'], values: [true, false] }],
    lists: [
      { path: ['imagePullSecrets'], items: [{ name: 'one' }, { name: 'two' }] },
      { path: ['secrets'], items: [{ name: 'one' }, { name: 'two' }] },
    ],
    patches: 'strategic',
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    scope: 'cluster',
    base: { value: 1000 },
    spots: [
      { path: ['description'], values: ['low', 'high'] },
      { path: ['value'], values: [1000, 2000] },
    ],
    lists: [],
    patches: 'strategic',
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    scope: 'cluster',
    base: { provisioner: 'example.com/disk' },
    spots: [
      { path: ['allowVolumeExpansion'], values: [true, false] },
      { path: ['parameters'], values: [{ type: 'ssd' }, { type: 'hdd', zone: 'a' }] },
    ],
    lists: [{ path: ['mountOptions'], items: ['ro', 'noatime', 'sync'] }],
    patches: 'strategic',
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    scope: 'cluster',
    base: { spec: { controller: 'example.com/ingress' } },
    spots: [
      {
        path: ['spec', 'parameters'],
        values: [
          { kind: 'Settings', name: 'one' },
          { apiGroup: 'example.com', kind: 'Settings', name: 'two', scope: 'Cluster' },
        ],
      },
    ],
    lists: [],
    patches: 'strategic',
  },
  {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    scope: 'cluster',
    base: { handler: 'runc' },
    spots: [
      { path: ['overhead', 'podFixed', 'memory'], values: ['64Mi', '128Mi'] },
      { path: ['scheduling', 'nodeSelector', 'disk'], values: ['ssd', 'hdd'] },
    ],
    lists: [{ path: ['scheduling', 'tolerations'], items: [{ key: 'a', operator: 'Exists' }, { key: 'b' }] }],
    patches: 'strategic',
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    scope: 'cluster',
    base: {
      webhooks: [
        {
          name: 'one.example.com',
          clientConfig: { url: 'https://127.0.0.1:1/one' },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          rules: [
            {
              apiGroups: ['none.example.com'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['none'],
            },
          ],
        },
      ],
    },
    spots: [
      { path: ['webhooks', { name: 'one.example.com' }, 'failurePolicy'], values: ['Ignore', 'Fail'] },
      { path: ['webhooks', { name: 'one.example.com' }, 'timeoutSeconds'], values: [1, 10] },
      { path: ['webhooks', { name: 'one.example.com' }, 'clientConfig', 'caBundle'], values: ['Y2E='] },
      {
        path: ['webhooks', { name: 'one.example.com' }, 'namespaceSelector'],
        values: [{ matchLabels: { team: 'a' } }, {}],
      },
    ],
    lists: [],
    patches: 'strategic',
  },
];
