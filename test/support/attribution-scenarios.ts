import type { KubeObject } from '../../core/kube-object.ts';
import type { Name, Tools } from './kubectl.ts';

/** What somebody does to one object, and what must be said of each field: `manager operation subresource`, or `unknown`. */
export interface Scenario {
  readonly name: string;
  readonly kind: 'ConfigMap' | 'Secret' | 'Service' | 'Guarded' | 'Gadget' | 'Deployment';
  readonly act: (tools: Tools, name: Name, git: KubeObject) => Promise<unknown>;
  /** `none`: no drift at the end. `missing`: the object is. Else each field that differs. */
  readonly told: 'none' | 'missing' | Readonly<Record<string, string>>;
  /** Of every field; absent: whatever. */
  readonly cause?: string;
}

export const pod = 'spec.template.spec.containers[name=web]';
export const container = (change: object) => ({
  spec: { template: { spec: { containers: [{ name: 'web', ...change }] } } },
});
const set = { manager: 'kubectl-set' };
const rollout = { manager: 'kubectl-rollout' };
const stamp = {
  spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01' } } } },
};

/** As kubectl's commands do it, on kinds that Kubernetes brings. */
export const kubectlScenarios: readonly Scenario[] = [
  {
    name: 'kubectl edit of an image',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ image: 'nginx:edited' }), { manager: 'kubectl-edit' }),
    told: { [`${pod}.image`]: 'kubectl-edit Update' },
    cause: 'taken-over',
  },
  {
    name: 'kubectl edit of several fields at once',
    kind: 'Deployment',
    act: (t, n) =>
      t.strategic(
        n,
        {
          metadata: { labels: { team: 'b' } },
          spec: { replicas: 4, template: { spec: { containers: [{ name: 'web', image: 'nginx:edited' }] } } },
        },
        { manager: 'kubectl-edit' },
      ),
    told: {
      'metadata.labels.team': 'kubectl-edit Update',
      'spec.replicas': 'kubectl-edit Update',
      [`${pod}.image`]: 'kubectl-edit Update',
    },
  },
  {
    name: 'kubectl edit that changes one variable and removes another',
    kind: 'Deployment',
    act: (t, n) =>
      t.strategic(
        n,
        container({
          env: [
            { name: 'A', value: '9' },
            { name: 'B', $patch: 'delete' },
          ],
        }),
        { manager: 'kubectl-edit' },
      ),
    told: {
      [`${pod}.env[name=A].value`]: 'kubectl-edit Update',
      [`${pod}.env[name=B]`]: 'kubectl-edit Update',
    },
  },
  {
    name: 'kubectl edit that only removes a variable',
    kind: 'Deployment',
    act: (t, n) =>
      t.strategic(n, container({ env: [{ name: 'B', $patch: 'delete' }] }), { manager: 'kubectl-edit' }),
    told: { [`${pod}.env[name=B]`]: 'unknown' },
    cause: 'removed',
  },
  {
    name: 'kubectl scale',
    kind: 'Deployment',
    act: (t, n) => t.scale(n, 5),
    told: { 'spec.replicas': 'kubectl Update scale' },
    cause: 'taken-over',
  },
  {
    name: 'kubectl scale, twice',
    kind: 'Deployment',
    act: async (t, n) => {
      await t.scale(n, 5);
      await t.scale(n, 6);
    },
    told: { 'spec.replicas': 'kubectl Update scale' },
  },
  {
    name: 'kubectl scale, and back',
    kind: 'Deployment',
    act: async (t, n) => {
      await t.scale(n, 5);
      await t.scale(n, 2);
    },
    told: 'none',
  },
  {
    name: 'kubectl rollout restart',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, stamp, rollout),
    told: 'none',
  },
  {
    name: 'kubectl rollout undo',
    kind: 'Deployment',
    act: (t, n) =>
      t.json(
        n,
        [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:undone' }],
        rollout,
      ),
    told: { [`${pod}.image`]: 'kubectl-rollout Update' },
  },
  {
    name: 'kubectl rollout pause',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, { spec: { paused: true } }, rollout),
    told: 'none',
  },
  {
    name: 'kubectl set image',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ image: 'nginx:set' }), set),
    told: { [`${pod}.image`]: 'kubectl-set Update' },
  },
  {
    name: 'kubectl set env of a variable that Git has',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ env: [{ name: 'A', value: 'set' }] }), set),
    told: { [`${pod}.env[name=A].value`]: 'kubectl-set Update' },
  },
  {
    name: 'kubectl set env of a variable that Git lacks',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ env: [{ name: 'C', value: 'set' }] }), set),
    told: 'none',
  },
  {
    name: 'kubectl set resources',
    kind: 'Deployment',
    act: (t, n) => t.strategic(n, container({ resources: { limits: { cpu: '1' } } }), set),
    told: 'none',
  },
  {
    name: 'kubectl patch --type merge that replaces the containers',
    kind: 'Deployment',
    act: (t, n) => t.merge(n, container({ image: 'nginx:merged' })),
    told: {
      [`${pod}.image`]: 'kubectl-patch Update',
      [`${pod}.args`]: 'kubectl-patch Update',
      [`${pod}.env`]: 'kubectl-patch Update',
    },
  },
  {
    name: 'kubectl patch --type json of an argument list',
    kind: 'Deployment',
    act: (t, n) =>
      t.json(n, [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--debug' }]),
    told: { [`${pod}.args`]: 'kubectl-patch Update' },
  },
  {
    name: 'kubectl patch --type json that removes an argument list',
    kind: 'Deployment',
    act: (t, n) => t.json(n, [{ op: 'remove', path: '/spec/template/spec/containers/0/args' }]),
    told: { [`${pod}.args`]: 'unknown' },
    cause: 'removed',
  },
  {
    name: 'kubectl patch --type strategic that adds a container',
    kind: 'Deployment',
    act: (t, n) =>
      t.strategic(n, { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } } }),
    told: 'none',
  },
  {
    name: 'kubectl patch of the subresource scale',
    kind: 'Deployment',
    act: (t, n) => t.merge(n, { spec: { replicas: 7 } }, { manager: 'kubectl-patch', subresource: 'scale' }),
    told: { 'spec.replicas': 'kubectl-patch Update scale' },
  },
  {
    name: 'kubectl label --overwrite',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { metadata: { labels: { team: 'b' } } }, { manager: 'kubectl-label' }),
    told: { 'metadata.labels.team': 'kubectl-label Update' },
  },
  {
    name: 'kubectl label of a name that Git lacks',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { metadata: { labels: { other: 'x' } } }, { manager: 'kubectl-label' }),
    told: 'none',
  },
  {
    name: 'kubectl label that removes',
    kind: 'ConfigMap',
    act: (t, n) => t.merge(n, { metadata: { labels: { team: null } } }, { manager: 'kubectl-label' }),
    told: { 'metadata.labels.team': 'unknown' },
  },
  {
    name: 'kubectl annotate --overwrite',
    kind: 'ConfigMap',
    act: (t, n) =>
      t.merge(n, { metadata: { annotations: { note: 'hand' } } }, { manager: 'kubectl-annotate' }),
    told: { 'metadata.annotations.note': 'kubectl-annotate Update' },
  },
  {
    name: 'kubectl replace with another value',
    kind: 'ConfigMap',
    act: (t, n) => t.replace(n, (live) => ({ ...live, data: { a: '9', b: '2' } }), 'kubectl-replace'),
    told: { 'data.a': 'kubectl-replace Update' },
  },
  {
    name: 'kubectl replace that changes one value and drops another',
    kind: 'ConfigMap',
    act: (t, n) => t.replace(n, (live) => ({ ...live, data: { a: '9' } }), 'kubectl-replace'),
    told: { 'data.a': 'kubectl-replace Update', 'data.b': 'kubectl-replace Update' },
  },
  {
    name: 'kubectl apply, client-side',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.applyClientSide({ ...git, data: { a: '8', b: '2' } }, { data: { a: '8' } }),
    told: { 'data.a': 'kubectl-client-side-apply Update' },
  },
  {
    name: 'kubectl apply, client-side, that says what Git says',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.applyClientSide(git, { data: { a: '1' } }),
    told: 'none',
  },
  {
    name: 'kubectl apply --server-side --force-conflicts',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.apply({ ...git, data: { a: '7', b: '2' } }, 'kubectl'),
    told: { 'data.a': 'kubectl Apply' },
  },
  {
    name: 'kubectl apply --server-side that yields to a conflict',
    kind: 'ConfigMap',
    act: (t, _n, git) => t.apply({ ...git, data: { a: '7' } }, 'kubectl', 'yields'),
    told: 'none',
  },
  {
    name: 'kubectl edit of a Secret',
    kind: 'Secret',
    act: (t, n) => t.strategic(n, { data: { password: 'aGFuZA==' } }, { manager: 'kubectl-edit' }),
    told: { 'data.password': 'kubectl-edit Update' },
  },
];
