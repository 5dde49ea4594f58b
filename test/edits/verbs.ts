import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Name, nameOf, type Tools } from '../support/kubectl.ts';
import { nested, pointerTo, type Step, withValue } from './field-path.ts';
import type { Spot } from './spots.ts';

type Act = (tools: Tools, name: Name, spot: Spot, git: KubeObject) => Promise<unknown>;

/** One way to change or remove a field that Git sets. */
export interface Verb {
  readonly name: string;
  /** `manager operation subresource`, as a drift must name who did it. */
  readonly writer: string;
  readonly fits: (spot: Spot) => boolean;
  readonly act: Act;
  /** What is left there: another value, or nothing. */
  readonly leaves: 'value' | 'nothing';
}

const any = (): boolean => true;
const isIn =
  (...sorts: readonly Spot['sort'][]) =>
  ({ sort }: Spot) =>
    sorts.includes(sort);

/** Without an item of a list, which a merge patch would replace with all of the list. */
function isPlain({ steps }: Spot): boolean {
  return steps.every((step) => typeof step === 'string');
}

function body(steps: readonly Step[], value: Json): JsonObject {
  return nested(steps, value) as JsonObject;
}

function strategic(manager: string): Act {
  return (tools, name, { steps, value }) => tools.strategic(name, body(steps, value), { manager });
}

function merge(manager: string): Act {
  return (tools, name, { steps, value }) => tools.merge(name, body(steps, value), { manager });
}

function changing(name: string, manager: string, act: Act, fits: Verb['fits'] = any): Verb {
  return { name, writer: `${manager} Update`, fits, act, leaves: 'value' };
}

function removing(name: string, manager: string, act: Act, fits: Verb['fits'] = any): Verb {
  const isFit = (spot: Spot): boolean => spot.removable && fits(spot);
  return { name, writer: `${manager} Update`, fits: isFit, act, leaves: 'nothing' };
}

function replacing(manager: string): Act {
  return (tools, name, { steps, value }) =>
    tools.replace(name, (live) => withValue(live, steps, value), manager);
}

/** As a JSON patch that holds for what was read. */
async function json(tools: Tools, name: Name, steps: readonly Step[], step: object): Promise<unknown> {
  const path = pointerTo(await tools.get(name), steps);
  return tools.json(name, [{ ...step, path }]);
}

const removeItem: Act = (tools, name, { steps }) => {
  const item = steps.at(-2);
  const change =
    typeof item === 'object' ? body(steps.slice(0, -1), { $patch: 'delete' }) : body(steps, null);
  return tools.strategic(name, change, { manager: 'kubectl-edit' });
};

/** The object of Git, as far as it names itself. */
function bare({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  const metadata = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { apiVersion, kind, metadata };
}

/** Only one field, beside what names the object. */
function only(git: KubeObject, { steps, value }: Spot): KubeObject {
  const one = nested(steps, value) as { readonly metadata?: object };
  const { metadata, ...rest } = bare(git);
  return { ...rest, ...one, metadata: { ...metadata, ...one.metadata } } as KubeObject;
}

export const verbs: readonly Verb[] = [
  changing('kubectl edit', 'kubectl-edit', strategic('kubectl-edit')),
  changing('kubectl patch', 'kubectl-patch', strategic('kubectl-patch')),
  changing('kubectl patch --type merge', 'kubectl-patch', merge('kubectl-patch'), isPlain),
  changing('kubectl patch --type json', 'kubectl-patch', (tools, name, { steps, value }) =>
    json(tools, name, steps, { op: 'replace', value }),
  ),
  changing('kubectl label --overwrite', 'kubectl-label', merge('kubectl-label'), isIn('label')),
  changing('kubectl annotate --overwrite', 'kubectl-annotate', merge('kubectl-annotate'), isIn('annotation')),
  changing('kubectl set image', 'kubectl-set', strategic('kubectl-set'), isIn('image')),
  changing('kubectl set env', 'kubectl-set', strategic('kubectl-set'), isIn('env')),
  changing('kubectl set resources', 'kubectl-set', strategic('kubectl-set'), isIn('resource')),
  {
    name: 'kubectl scale',
    writer: 'kubectl Update scale',
    fits: isIn('replicas'),
    act: (tools, name, { value }) => tools.scale(name, Number(value)),
    leaves: 'value',
  },
  changing('kubectl replace', 'kubectl-replace', replacing('kubectl-replace')),
  changing('kubectl apply', 'kubectl-client-side-apply', (tools, _name, { steps, value }, git) =>
    tools.applyClientSide(withValue(git, steps, value), body(steps, value)),
  ),
  {
    ...changing('kubectl apply --server-side', 'kubectl', (tools, _name, { steps, value }, git) =>
      tools.apply(withValue(git, steps, value), 'kubectl'),
    ),
    writer: 'kubectl Apply',
  },
  changing('helm upgrade', 'helm', strategic('helm')),
  {
    ...changing('another deployer', 'kustomize-controller', (tools, _name, spot, git) =>
      tools.apply(only(git, spot), 'kustomize-controller'),
    ),
    fits: ({ sort }) => sort !== 'part',
    writer: 'kustomize-controller Apply',
  },
  changing('an operator', 'operator', replacing('operator')),
  removing('kubectl edit that removes', 'kubectl-edit', removeItem),
  removing(
    'kubectl label NAME-',
    'kubectl-label',
    (tools, name, { steps }) => tools.merge(name, body(steps, null), { manager: 'kubectl-label' }),
    isIn('label'),
  ),
  removing(
    'kubectl patch --type json that removes',
    'kubectl-patch',
    (tools, name, { steps }) => json(tools, name, steps, { op: 'remove' }),
    isIn('label', 'annotation', 'data'),
  ),
];

const restart = {
  spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01' } } } },
};

/** One way to write an object without touching what Git sets. */
export interface Harmless {
  readonly name: string;
  /** `undoes`: it says what Git says, so what was changed before may end with it. */
  readonly after: 'harmless' | 'undoes';
  readonly fits: (git: KubeObject, spot: Spot | undefined) => boolean;
  /** `manager` in place of the usual one, where it writes under one. */
  readonly act: (tools: Tools, git: KubeObject, spot: Spot | undefined, manager?: string) => Promise<unknown>;
}

const isWorkload = ({ kind }: KubeObject): boolean => kind === 'Deployment' || kind === 'StatefulSet';

export const harmless: readonly Harmless[] = [
  {
    name: 'kubectl label of a name that Git lacks',
    after: 'harmless',
    fits: any,
    act: (tools, git, _spot, manager = 'kubectl-label') =>
      tools.merge(nameOf(git), { metadata: { labels: { seen: 'yes' } } }, { manager }),
  },
  {
    name: 'kubectl annotate of a name that Git lacks',
    after: 'harmless',
    fits: any,
    act: (tools, git, _spot, manager = 'kubectl-annotate') =>
      tools.merge(nameOf(git), { metadata: { annotations: { seen: 'yes' } } }, { manager }),
  },
  {
    name: 'kubectl apply that says what Git says',
    after: 'undoes',
    fits: any,
    act: (tools, git) => tools.applyClientSide(git, {}),
  },
  {
    name: 'another deployer that says what Git says',
    after: 'undoes',
    fits: any,
    act: (tools, git) => tools.apply(git, 'argocd-controller'),
  },
  {
    name: 'kubectl apply --server-side that yields to a conflict',
    after: 'undoes',
    fits: (_git, spot) => spot !== undefined,
    act: (tools, git, spot) =>
      spot === undefined ? Promise.resolve() : tools.apply(only(git, spot), 'yielding', 'yields'),
  },
  {
    name: 'kubectl rollout restart',
    after: 'harmless',
    fits: isWorkload,
    act: (tools, git, _spot, manager = 'kubectl-rollout') =>
      tools.strategic(nameOf(git), restart, { manager }),
  },
  {
    name: 'an autoscaler, where Git leaves the number to it',
    after: 'harmless',
    fits: ({ kind, ...git }) =>
      kind === 'Deployment' && (git['spec'] as { replicas?: number }).replicas === undefined,
    act: (tools, git) => tools.autoscale(nameOf(git), 2),
  },
];
