import type { Specimen } from './specimen.ts';

/** Configuration, network and limits of a namespace. */
export const configSpecimens: readonly Specimen[] = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    scope: 'namespaced',
    base: {},
    spots: [
      { path: ['data', 'a'], values: ['1', '2', ''] },
      { path: ['data', 'b'], values: ['x', 'several\nlines'] },
      { path: ['data', 'app.properties'], values: ['k=v', 'k=w'] },
      { path: ['binaryData', 'bin'], values: ['AAE=', 'AAI='] },
    ],
    lists: [],
    patches: 'strategic',
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    scope: 'namespaced',
    base: { type: 'Opaque' },
    spots: [
      { path: ['data', 'password'], values: ['Z2l0', 'b3RoZXI='] },
      { path: ['data', 'user'], values: ['YQ==', 'Yg=='] },
      { path: ['stringData', 'text'], values: ['one', 'two'] },
    ],
    lists: [],
    patches: 'strategic',
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    scope: 'namespaced',
    base: { spec: { ports: [{ name: 'http', port: 80 }] } },
    spots: [
      { path: ['spec', 'selector', 'app'], values: ['web', 'api'] },
      { path: ['spec', 'selector', 'tier'], values: ['front', 'back'] },
      { path: ['spec', 'type'], values: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
      { path: ['spec', 'sessionAffinity'], values: ['None', 'ClientIP'] },
      { path: ['spec', 'ports', { port: 80, protocol: 'TCP' }, 'targetPort'], values: [8080, 'http'] },
      { path: ['spec', 'externalTrafficPolicy'], values: ['Local', 'Cluster'] },
      { path: ['spec', 'publishNotReadyAddresses'], values: [true, false] },
    ],
    lists: [
      {
        path: ['spec', 'ports'],
        items: [
          { name: 'http', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          { name: 'https', port: 443, targetPort: 8443 },
        ],
      },
      { path: ['spec', 'externalIPs'], items: ['192.0.2.1', '192.0.2.2'] },
    ],
    patches: 'strategic',
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    scope: 'namespaced',
    base: { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
    spots: [
      { path: ['spec', 'ingressClassName'], values: ['one', 'two'] },
      { path: ['spec', 'defaultBackend', 'service', 'port'], values: [{ number: 80 }, { name: 'http' }] },
    ],
    lists: [
      { path: ['spec', 'tls'], items: [{ hosts: ['a.example'], secretName: 'a' }, { hosts: ['b.example'] }] },
      {
        path: ['spec', 'rules'],
        items: [
          { host: 'a.example' },
          {
            host: 'b.example',
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 'b', port: { number: 1 } } } },
              ],
            },
          },
        ],
      },
    ],
    patches: 'strategic',
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    scope: 'namespaced',
    base: { spec: { podSelector: {} } },
    spots: [
      { path: ['spec', 'podSelector'], values: [{}, { matchLabels: { app: 'web' } }] },
      { path: ['spec', 'policyTypes'], values: [['Ingress'], ['Ingress', 'Egress'], ['Egress']] },
    ],
    lists: [
      {
        path: ['spec', 'ingress'],
        items: [
          {},
          { from: [{ podSelector: {} }] },
          { ports: [{ port: 80 }, { port: 'http', protocol: 'UDP' }] },
        ],
      },
      { path: ['spec', 'egress'], items: [{}, { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }] },
    ],
    patches: 'strategic',
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    scope: 'namespaced',
    base: { spec: {} },
    spots: [
      { path: ['spec', 'minAvailable'], values: [1, '50%'] },
      {
        path: ['spec', 'selector'],
        values: [{ matchLabels: { app: 'web' } }, { matchLabels: { app: 'api' } }],
      },
      { path: ['spec', 'unhealthyPodEvictionPolicy'], values: ['AlwaysAllow', 'IfHealthyBudget'] },
    ],
    lists: [],
    patches: 'strategic',
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    scope: 'namespaced',
    base: {
      spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    },
    spots: [
      { path: ['spec', 'minReplicas'], values: [1, 2] },
      { path: ['spec', 'maxReplicas'], values: [5, 6] },
      { path: ['spec', 'behavior', 'scaleDown', 'stabilizationWindowSeconds'], values: [60, 300] },
    ],
    lists: [
      {
        path: ['spec', 'metrics'],
        items: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
          {
            type: 'Resource',
            resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
          },
        ],
      },
    ],
    patches: 'strategic',
    status: { currentReplicas: 1, desiredReplicas: 1 },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    scope: 'namespaced',
    base: { spec: {} },
    spots: [
      { path: ['spec', 'hard', 'requests.cpu'], values: ['1', '1000m', '2'] },
      { path: ['spec', 'hard', 'limits.memory'], values: ['1Gi', '1024Mi', '2Gi'] },
    ],
    lists: [],
    patches: 'strategic',
    status: { hard: { 'requests.cpu': '1' } },
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    scope: 'namespaced',
    base: { spec: { limits: [{ type: 'Container', default: { cpu: '500m' } }] } },
    spots: [],
    lists: [
      {
        path: ['spec', 'limits'],
        items: [
          { type: 'Container', default: { cpu: '500m' } },
          { type: 'Container', max: { memory: '1Gi' } },
          { type: 'Pod', max: { cpu: '2' } },
        ],
      },
    ],
    patches: 'strategic',
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    scope: 'namespaced',
    base: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    spots: [{ path: ['spec', 'storageClassName'], values: ['none', 'other'] }],
    lists: [],
    patches: 'strategic',
    status: { phase: 'Pending' },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    scope: 'namespaced',
    base: { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }] },
    spots: [],
    lists: [
      {
        path: ['endpoints'],
        items: [
          { addresses: ['192.0.2.1'] },
          { addresses: ['192.0.2.2'], conditions: { ready: false } },
          { addresses: ['192.0.2.3'], hostname: 'three' },
        ],
      },
      {
        path: ['ports'],
        items: [
          { name: 'http', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    ],
    patches: 'strategic',
  },
];
