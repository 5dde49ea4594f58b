import type { KubeObject } from '../../core/kube-object.ts';
import { container, pod, type Scenario } from './attribution-scenarios.ts';

const edit = { manager: 'kubectl-edit' };
const controller = { manager: '', agent: 'kube-controller-manager/v1.37.2' };
const port = 'spec.ports[port=80,protocol=TCP]';

function withData(object: KubeObject, data: Record<string, string>): KubeObject {
  return { ...object, data };
}

/** Controllers, other deployers, several writers after one another, and whatever hides who wrote. */
export const otherScenarios: readonly Scenario[] = [
  {
    name: 'an autoscaler',
    kind: 'Deployment',
    act: (t, n) => t.autoscale(n, 6),
    told: { 'spec.replicas': 'kube-controller-manager Update scale' },
    cause: 'handover',
  },
  {
    name: 'an autoscaler of another make',
    kind: 'Deployment',
    act: (t, n) => t.autoscale(n, 6, 'keda/2.17'),
    told: { 'spec.replicas': 'keda Update scale' },
    cause: 'handover',
  },
  {
    name: 'an autoscaler after a person',
    kind: 'Deployment',
    act: async (t, n) => {
      await t.strategic(n, { spec: { replicas: 3 } }, edit);
      await t.autoscale(n, 6);
    },
    told: { 'spec.replicas': 'kube-controller-manager Update scale' },
  },
  {
    name: 'a person after an autoscaler',
    kind: 'Deployment',
    act: async (t, n) => {
      await t.autoscale(n, 6);
      await t.strategic(n, { spec: { replicas: 3 } }, edit);
    },
    told: { 'spec.replicas': 'kubectl-edit Update' },
  },
  {
    name: 'a controller that writes status',
    kind: 'Deployment',
    act: (t, n) =>
      t.strategic(n, { status: { replicas: 2, readyReplicas: 1 } }, { ...controller, subresource: 'status' }),
    told: 'none',
  },
  {
    name: 'a controller that writes status after a person edited',
    kind: 'Deployment',
    act: async (t, n) => {
      await t.strategic(n, container({ image: 'nginx:edited' }), edit);
      await t.strategic(n, { status: { replicas: 2 } }, { ...controller, subresource: 'status' });
    },
    told: { [`${pod}.image`]: 'kubectl-edit Update' },
  },
  {
    name: 'a controller that updates the whole object',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, { metadata: { annotations: { note: 'controller' } } }, controller),
    told: { 'metadata.annotations.note': 'kube-controller-manager Update' },
  },
  {
    name: 'Helm, by its three-way patch',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ image: 'nginx:helm' }), { manager: 'helm' }),
    told: { [`${pod}.image`]: 'helm Update' },
  },
  {
    name: 'Helm, by server-side apply',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.apply(withData(git, { a: 'helm', b: '2' }), 'helm'),
    told: { 'data.a': 'helm Apply' },
  },
  {
    name: 'another deployer that takes one field',
    kind: 'ConfigMap',
    act: (t, _n, git) =>
      t.apply(withData({ ...git, metadata: bare(git) }, { a: 'flux' }), 'kustomize-controller'),
    told: { 'data.a': 'kustomize-controller Apply' },
  },
  {
    name: 'another deployer that yields',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.apply(withData(git, { a: 'flux' }), 'kustomize-controller', 'yields'),
    told: 'none',
  },
  {
    name: 'another deployer that says what Git says',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.apply(git, 'argocd-controller'),
    told: 'none',
  },
  {
    name: 'two deployers that say the same other value',
    kind: 'ConfigMap',
    act: async (t, _n, git) => {
      await t.apply(withData({ ...git, metadata: bare(git) }, { a: 'same' }), 'one');
      await t.apply(withData({ ...git, metadata: bare(git) }, { a: 'same' }), 'two');
    },
    told: { 'data.a': 'unknown' },
  },
  {
    name: 'a deployer that repeats what a person wrote',
    kind: 'ConfigMap',
    act: async (t, n, git) => {
      await t.merge(n, { data: { a: 'hand' } }, edit);
      await t.apply(withData({ ...git, metadata: bare(git) }, { a: 'hand' }), 'helm');
    },
    told: { 'data.a': 'kubectl-edit Update' },
  },
  {
    name: 'two people, one after the other, on one field',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'first' } }, edit);
      await t.merge(n, { data: { a: 'second' } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.a': 'kubectl-patch Update' },
  },
  {
    name: 'two people, each on a field',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'first' } }, edit);
      await t.merge(n, { data: { b: 'second' } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.a': 'kubectl-edit Update', 'data.b': 'kubectl-patch Update' },
  },
  {
    name: 'one changes, another removes',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'first' } }, edit);
      await t.merge(n, { data: { b: null } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.a': 'kubectl-edit Update', 'data.b': 'unknown' },
  },
  {
    name: 'one removes, another writes something else',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { b: null } }, edit);
      await t.merge(n, { data: { c: 'x' } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.b': 'unknown' },
  },
  {
    name: 'one removes and writes something else, another writes later',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { b: null, d: 'x' } }, edit);
      await t.merge(n, { data: { c: 'x' } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.b': 'kubectl-edit Update' },
  },
  {
    name: 'changed, removed, and written again by three',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'x' } }, edit);
      await t.merge(n, { data: { a: null } }, { manager: 'kubectl-patch' });
      await t.merge(n, { data: { a: 'z' } }, { manager: 'kubectl-replace' });
    },
    told: { 'data.a': 'kubectl-replace Update' },
  },
  {
    name: 'changed, and changed back',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'x' } }, edit);
      await t.merge(n, { data: { a: '1' } }, { manager: 'kubectl-patch' });
    },
    told: 'none',
  },
  {
    name: 'removed, and put back',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: null } }, edit);
      await t.merge(n, { data: { a: '1' } }, { manager: 'kubectl-patch' });
    },
    told: 'none',
  },
  {
    name: 'somebody applies another value under our name',
    kind: 'ConfigMap',
    act: async (t, n, git) => {
      const { labels = {}, annotations = {} } = (await t.get(n)).metadata;
      const metadata = { ...git.metadata, labels, annotations };
      await t.apply({ ...withData(git, { a: 'as us', b: '2' }), metadata }, 'fairlead');
    },
    told: { 'data.a': 'unknown' },
  },
  {
    name: 'somebody updates under our name',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { data: { a: 'as us' } }, { manager: 'fairlead' }),
    told: { 'data.a': 'fairlead Update' },
  },
  {
    name: 'managed fields wiped',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { metadata: { managedFields: [{}] } }, edit),
    told: 'none',
  },
  {
    name: 'managed fields wiped together with a change',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { metadata: { managedFields: [{}] }, data: { a: 'x' } }, edit),
    told: { 'data.a': 'unknown' },
    cause: 'reset',
  },
  {
    name: 'managed fields wiped after a change',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'x' } }, edit);
      await t.merge(n, { metadata: { managedFields: [{}] } }, { manager: 'kubectl-patch' });
    },
    told: { 'data.a': 'unknown' },
    cause: 'reset',
  },
  {
    name: 'more writers than the API server remembers',
    kind: 'ConfigMap',
    act: async (t, n) => {
      await t.merge(n, { data: { a: 'x' } }, edit);
      for (let count = 1; count <= 14; count += 1) {
        await t.merge(n, { data: { [`extra-${count}`]: 'x' } }, { manager: `writer-${count}` });
      }
    },
    told: { 'data.a': 'unknown' },
  },
  {
    name: 'deleted',
    kind: 'ConfigMap',
    act: (t, n) => t.delete(n),
    told: 'missing',
  },
  {
    name: 'deleted with others of its label',
    kind: 'ConfigMap',
    act: (t, n) => t.deleteCollection(n, `app=${n.name}`),
    told: 'missing',
  },
  {
    name: 'deleted, and let go by who held a finalizer',
    kind: 'Guarded',
    act: async (t, n) => {
      await t.delete(n);
      await t.merge(n, { metadata: { finalizers: null } }, edit);
    },
    told: 'missing',
  },
  {
    name: 'a finalizer that Git has, removed',
    kind: 'Guarded',
    act: (t, n) => t.merge(n, { metadata: { finalizers: [] } }, edit),
    told: { 'metadata.finalizers': 'unknown' },
  },
  {
    name: 'a finalizer that Git has, replaced by another',
    kind: 'Guarded',
    act: (t, n) => t.merge(n, { metadata: { finalizers: ['test.example/b'] } }, edit),
    told: { 'metadata.finalizers[=test.example/a]': 'kubectl-edit Update' },
  },
  {
    name: 'deleted, and made again with our marks',
    kind: 'ConfigMap',
    act: async (t, n, git) => {
      const { labels, annotations } = (await t.get(n)).metadata;
      await t.delete(n);
      const metadata = { ...git.metadata, labels: labels ?? {}, annotations: annotations ?? {} };
      await t.create({ ...withData(git, { a: 'again', b: '2' }), metadata }, 'kubectl-create');
    },
    told: { 'data.a': 'kubectl-create Update' },
    cause: 'recreated',
  },
  {
    name: 'a port of a Service',
    kind: 'Service',
    act: (t, n) => t.strategic(n, { spec: { ports: [{ port: 80, targetPort: 9090 }] } }, edit),
    told: { [`${port}.targetPort`]: 'kubectl-edit Update' },
  },
  {
    name: 'one label of a selector, which is owned as a whole',
    kind: 'Service',
    act: (t, n) => t.merge(n, { spec: { selector: { tier: 'db' } } }, edit),
    told: { 'spec.selector.tier': 'kubectl-edit Update' },
  },
  {
    name: 'one label of a selector, removed from what is owned as a whole',
    kind: 'Service',
    act: (t, n) => t.merge(n, { spec: { selector: { tier: null } } }, edit),
    told: { 'spec.selector.tier': 'kubectl-edit Update' },
  },
  {
    name: 'a custom resource',
    kind: 'Gadget',
    act: (t, n) => t.merge(n, { spec: { options: { colour: 'blue' } } }, edit),
    told: { 'spec.options.colour': 'kubectl-edit Update' },
  },
  {
    name: "a custom resource's list without keys",
    kind: 'Gadget',
    act: (t, n) => t.merge(n, { spec: { modes: ['fast'] } }, edit),
    told: { 'spec.modes': 'kubectl-edit Update' },
  },
  {
    name: 'a custom resource, scaled',
    kind: 'Gadget',
    act: (t, n) => t.autoscale(n, 4),
    told: { 'spec.size': 'kube-controller-manager Update scale' },
  },
  {
    name: 'a custom resource, scaled after a person changed the same field',
    kind: 'Gadget',
    act: async (t, n) => {
      await t.merge(n, { spec: { size: 3 } }, edit);
      await t.autoscale(n, 4);
    },
    told: { 'spec.size': 'kube-controller-manager Update scale' },
  },
  {
    name: "a custom resource's status",
    kind: 'Gadget',
    act: (t, n) => t.merge(n, { status: { size: 1 } }, { ...controller, subresource: 'status' }),
    told: 'none',
  },
];

/** Without labels and annotations. */
function bare(object: KubeObject): KubeObject['metadata'] {
  const { labels: _labels, annotations: _annotations, ...rest } = object.metadata;
  return rest;
}
