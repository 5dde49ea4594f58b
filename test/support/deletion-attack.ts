import fc from 'fast-check';
import type { KubeObject } from '../../core/kube-object.ts';
import { customDefinition } from './custom-definition.ts';
import { type Fault, type FaultProxy, isWatch, type Match, statusBody } from './fault-proxy.ts';
import type { Death } from './mortal-engine.ts';

/** What somebody does to a live object that left Git, before the agent comes to delete it. */
export type Tamper =
  | 'nothing'
  /** Label and tracking id are taken off. */
  | 'unmarked'
  /** The label stays; the tracking id names another object, as on a copy. */
  | 'names another'
  /** Deleted and made again with every mark: another uid. */
  | 'made anew'
  | 'Prune=false'
  | 'Prune=confirm'
  | 'helm keep'
  | 'owned by another object'
  | 'held';

export type VictimKind =
  | 'ConfigMap'
  | 'Secret'
  | 'Widget'
  | 'Namespace'
  | 'PersistentVolumeClaim'
  | 'StorageClass';

/** One object that the application has at first. */
export interface Victim {
  readonly kind: VictimKind;
  readonly place: 'stays in Git' | 'leaves Git';
  readonly tamper: Tamper;
}

/** What makes the agent know less than it should while the objects leave. */
export type Blindness =
  | 'none'
  | 'reads answer 500'
  | 'reads answer a bare 404'
  | 'reads are cut'
  | 'lists expire at their second page'
  | 'lists are cut at their second page'
  | 'discovery is stale'
  | 'discovery is down'
  | 'what stays can not be applied';

/** One attempt to make the engine delete what it must not. */
export interface Attack {
  readonly victims: readonly Victim[];
  readonly moment: 'while the agent is away' | 'between plan and deletion';
  readonly blindness: Blindness;
  /** When the agent that sees the objects leave is killed; the next one goes on. */
  readonly death: Death | undefined;
  /** Whether what the agent remembers survives that. */
  readonly memory: 'kept' | 'lost';
  /** What somebody did to the inventory by hand. */
  readonly inventory: 'as written' | 'names what is not ours' | 'damaged';
  readonly prune: boolean;
}

const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<VictimKind>('ConfigMap', 'Secret', 'Widget') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<VictimKind>('Namespace', 'PersistentVolumeClaim', 'StorageClass'),
  },
);

const tampers: readonly Tamper[] = [
  'unmarked',
  'names another',
  'made anew',
  'Prune=false',
  'Prune=confirm',
  'helm keep',
  'owned by another object',
  'held',
];

const victim: fc.Arbitrary<Victim> = fc.record({
  kind,
  place: fc.constantFrom('stays in Git', 'leaves Git'),
  tamper: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Tamper>('nothing') },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...tampers),
    },
  ),
});

/** Also: a large share, and all of it. */
const victims = fc.oneof(
  { weight: 4, arbitrary: fc.array(victim, { minLength: 3, maxLength: 14 }) },
  { weight: 1, arbitrary: allLeaving(1) },
  { weight: 1, arbitrary: allLeaving(10) },
);

function allLeaving(minLength: number): fc.Arbitrary<readonly Victim[]> {
  const leaving = fc.record({
    kind,
    place: fc.constant('leaves Git' as const),
    tamper: fc.constant<Tamper>('nothing'),
  });
  return fc
    .tuple(fc.array(leaving, { minLength, maxLength: 13 }), fc.boolean())
    .map(([all, keepsOne]) =>
      all.map((each, index) =>
        keepsOne && index === 0 ? { ...each, place: 'stays in Git' as const } : each,
      ),
    );
}

export const attacks: fc.Arbitrary<Attack> = fc.record({
  victims,
  moment: fc.constantFrom('while the agent is away', 'between plan and deletion'),
  blindness: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Blindness>('none') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Blindness>(
        'reads answer 500',
        'reads answer a bare 404',
        'reads are cut',
        'lists expire at their second page',
        'lists are cut at their second page',
        'discovery is stale',
        'discovery is down',
        'what stays can not be applied',
      ),
    },
  ),
  death: fc.option(
    fc.record({
      write: fc.integer({ min: 1, max: 6 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
    { nil: undefined },
  ),
  memory: fc.constantFrom('kept', 'lost'),
  inventory: fc.constantFrom('as written', 'names what is not ours', 'damaged'),
  prune: fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

/** Everything that somebody can do to an object, inside the brake, at both moments: seen in every run of the test. */
export const everyTamper: readonly Attack[] = (
  ['while the agent is away', 'between plan and deletion'] as const
).map((moment) => ({
  victims: [
    ...tampers.map((tamper): Victim => ({ kind: 'ConfigMap', place: 'leaves Git', tamper })),
    ...Array.from({ length: tampers.length + 2 }, (): Victim => {
      return { kind: 'ConfigMap', place: 'stays in Git', tamper: 'nothing' };
    }),
  ],
  moment,
  blindness: 'none',
  death: undefined,
  memory: 'kept',
  inventory: 'as written',
  prune: true,
}));

/** Never without a person's word. */
export const confirmedKinds: ReadonlySet<VictimKind> = new Set([
  'Namespace',
  'PersistentVolumeClaim',
  'StorageClass',
]);

/** The inventory is unreadable, and the agent still remembers what it made: another object of that name isn't it. */
export const damagedInventory: Attack = {
  victims: [
    { kind: 'Secret', place: 'leaves Git', tamper: 'made anew' },
    { kind: 'Secret', place: 'leaves Git', tamper: 'nothing' },
    { kind: 'Secret', place: 'stays in Git', tamper: 'nothing' },
  ],
  moment: 'while the agent is away',
  blindness: 'none',
  death: undefined,
  memory: 'kept',
  inventory: 'damaged',
  prune: true,
};

/**
 * Whether the guarantee allows that this object goes, whatever becomes of the others. Said anew here, of the attack
 * alone: nothing of the engine is asked.
 */
export function mayGo(attack: Attack, { kind: of, place, tamper }: Victim): boolean {
  if (!attack.prune || place === 'stays in Git' || confirmedKinds.has(of)) return false;
  // Where nothing is left that knew the uid, its own valid mark is all that there is.
  const isForgotten = attack.memory === 'lost' && attack.inventory === 'damaged';
  return tamper === 'nothing' || (tamper === 'made anew' && isForgotten);
}

const [freeObjects, maxShare] = [10, 0.5];

/** Whether so many may go at once: never all, and of ten or more never more than half. */
export function isInsideBrake(attack: Attack, gone: number): boolean {
  const total = attack.victims.length;
  if (gone === 0) return true;
  if (attack.victims.every(({ place }) => place === 'leaves Git')) return false;
  return total < freeObjects || gone / total <= maxShare;
}

/**
 * Whether all that may go must go in the end: it does unless something stays that others wait for, or that nobody knows
 * to be there.
 */
export function mustGo(attack: Attack): boolean {
  const leaving = attack.victims.filter(({ place }) => place === 'leaves Git');
  const isHeld = leaving.some(({ tamper }) => tamper === 'held');
  return !isHeld && attack.inventory !== 'damaged' && isInsideBrake(attack, leaving.length);
}

/** The objects of an attack, each under a name of its own. */
export function victimObject(run: string, { kind: of }: Victim, index: number): KubeObject {
  const name = `${run}-${index}`;
  const metadata = { name, namespace: run };
  switch (of) {
    case 'ConfigMap':
      return { apiVersion: 'v1', kind: of, metadata, data: { value: '1' } };
    case 'Secret':
      return { apiVersion: 'v1', kind: of, metadata, stringData: { value: '1' } };
    case 'Widget':
      return { apiVersion: 'test.example/v1', kind: of, metadata, spec: { size: 1 } };
    case 'Namespace':
      return { apiVersion: 'v1', kind: of, metadata: { name } };
    case 'StorageClass':
      return {
        apiVersion: 'storage.k8s.io/v1',
        kind: of,
        metadata: { name },
        provisioner: 'test.example/none',
      };
    case 'PersistentVolumeClaim':
      return {
        apiVersion: 'v1',
        kind: of,
        metadata,
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      };
  }
}

export const widgetDefinition = customDefinition('Widget');

const plurals = ['configmaps', 'secrets', 'widgets'];

/** Requests that read exactly one of these objects. */
export function readsOf(names: ReadonlySet<string>): Match {
  return (request) =>
    request.method === 'GET' && !isWatch(request) && names.has(request.path.split('/').at(-1) ?? '');
}

export interface BlindedParts {
  readonly leaving: ReadonlySet<string>;
  /** The object that stays and changes. */
  readonly staying: string | undefined;
}

/** Makes the agent blind until the rules of the proxy are cleared; `hits` says how often it met that. */
export function blind(proxy: FaultProxy, blindness: Blindness, parts: BlindedParts): () => number {
  const isStaying: Match = ({ method, path }) =>
    method === 'PATCH' && parts.staying !== undefined && path.endsWith(`/${parts.staying}`);
  switch (blindness) {
    case 'none':
      return () => 0;
    case 'reads answer 500':
      return meet(proxy, readsOf(parts.leaving), failing(500, 'InternalError'));
    case 'reads answer a bare 404':
      return meet(proxy, readsOf(parts.leaving), { type: 'answer', status: 404, body: 'page not found' });
    case 'reads are cut':
      return meet(proxy, readsOf(parts.leaving), { type: 'cut', afterBytes: 60 });
    case 'lists expire at their second page':
      return breakLists(proxy, failing(410, 'Expired'));
    case 'lists are cut at their second page':
      return breakLists(proxy, { type: 'cut', afterBytes: 20 });
    case 'discovery is stale':
      return meet(proxy, isDiscovery, { type: 'rewrite', rewrite: makeStale });
    case 'discovery is down':
      return meet(proxy, isDiscovery, failing(500, 'InternalError'));
    case 'what stays can not be applied':
      return meet(proxy, isStaying, failing(500, 'InternalError'));
  }
}

const isDiscovery: Match = ({ method, path }) => method === 'GET' && path === '/apis';

function meet(proxy: FaultProxy, match: Match, fault: Fault): () => number {
  const rule = proxy.when(match, fault);
  return () => rule.hits;
}

function failing(status: number, reason: string): Fault {
  return { type: 'answer', status, body: statusBody(status, reason, `made up: ${reason}`) };
}

/** Lists in place of streamed first states; each gives half of its objects, and its second page never comes whole. */
function breakLists(proxy: FaultProxy, secondPage: Fault): () => number {
  const isList: Match = (request) =>
    request.method === 'GET' && plurals.includes(request.path.split('/').at(-1) ?? '');
  proxy.when((request) => isList(request) && !isWatch(request) && !request.query.has('continue'), {
    type: 'rewrite',
    rewrite(body, status) {
      if (status !== 200 || !Array.isArray(body.items)) return body;
      const items = body.items.slice(0, Math.ceil(body.items.length / 2));
      return { ...body, items, metadata: { ...body.metadata, continue: 'second', remainingItemCount: 1 } };
    },
  });
  proxy.when(
    (request) => isList(request) && request.query.has('sendInitialEvents'),
    failing(400, 'BadRequest'),
  );
  return meet(proxy, (request) => isList(request) && request.query.has('continue'), secondPage);
}

// biome-ignore lint/suspicious/noExplicitAny: an answer of discovery
function makeStale(body: any): unknown {
  for (const group of body.items ?? []) {
    if (group.metadata.name !== 'test.example') continue;
    for (const version of group.versions) version.freshness = 'Stale';
  }
  return body;
}
