import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareObjects } from '../../agent/plan/compare-objects.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import { type Guard, openGuard } from '../../core/guard.ts';
import { canonicalJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { changesNothing, type DiffChange, decodeDiff } from '../../core/operation.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type Deployer, deployAs, deployers, type Surroundings } from '../support/earlier-deployers.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { nameOf, Tools } from '../support/kubectl.ts';
import { memoryState } from '../support/memory-state.ts';

/**
 * What others deployed, watched by an agent in mode observe: it writes nothing, and what it says that the first sync would
 * change is what that then changes, field by field.
 */
const readOnly: Guard = { ...openGuard, writes: 'never' };
const dryRuns: Guard = { ...readOnly, dryRuns: 'allowed' };

let dir: string;
let planes: ControlPlanes;
let around: Surroundings;
let made = 0;
let asked = 0;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-first-sync-'));
  planes = await startControlPlanes({ names: ['first'], controllers: 'none', dir });
  const plane = planes.cluster('first');
  const { helm } = await ensureBinaries(['helm'], { log: () => undefined });
  around = { plane, tools: new Tools(plane), helm: helm.path };
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  around?.tools.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** What is there or not, of what a deployer said or Git says. */
interface Parts {
  readonly replicas: boolean;
  readonly label: boolean;
  readonly annotation: boolean;
  readonly env: boolean;
  readonly probe: boolean;
  readonly resources: boolean;
  readonly port: boolean;
  readonly sidecar: boolean;
  readonly volume: boolean;
  readonly selector: boolean;
  readonly key: boolean;
  readonly servicePort: boolean;
  readonly image: '1' | '2';
}

const parts: fc.Arbitrary<Parts> = fc.record({
  ...Object.fromEntries(
    (
      [
        ...['replicas', 'label', 'annotation', 'env', 'probe', 'resources', 'port', 'sidecar', 'volume'],
        ...['selector', 'key', 'servicePort'],
      ] as const
    ).map((name) => [name, fc.boolean()]),
  ),
  image: fc.constantFrom('1' as const, '2' as const),
}) as fc.Arbitrary<Parts>;

const all: Parts = {
  ...{ replicas: true, label: true, annotation: true, env: true, probe: true, resources: true, port: true },
  ...{ sidecar: true, volume: true, selector: true, key: true, servicePort: true, image: '1' },
};

function objectsOf(name: string, has: Parts): readonly KubeObject[] {
  const metadata = {
    name,
    namespace: 'default',
    ...(has.label ? { labels: { team: 'shop' } } : {}),
    ...(has.annotation ? { annotations: { 'example.com/note': 'x' } } : {}),
  };
  const container = {
    name: 'web',
    image: `web:${has.image}`,
    env: [{ name: 'A', value: '1' }, ...(has.env ? [{ name: 'B', value: '2' }] : [])],
    ...(has.probe ? { livenessProbe: { httpGet: { path: '/', port: 80 } } } : {}),
    ...(has.resources ? { resources: { requests: { cpu: '100m' }, limits: { memory: '1Gi' } } } : {}),
    ports: [{ containerPort: 80 }, ...(has.port ? [{ containerPort: 81, name: 'more' }] : [])],
    ...(has.volume ? { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] } : {}),
  };
  const template = {
    metadata: { labels: { app: name } },
    spec: {
      ...(has.selector ? { nodeSelector: { disk: 'fast' } } : {}),
      containers: [container, ...(has.sidecar ? [{ name: 'side', image: 'side:1' }] : [])],
      ...(has.volume ? { volumes: [{ name: 'tmp', emptyDir: {} }] } : {}),
    },
  };
  const ports = [{ name: 'http', port: 80 }, ...(has.servicePort ? [{ name: 'more', port: 81 }] : [])];
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        ...(has.replicas ? { replicas: 3 } : {}),
        selector: { matchLabels: { app: name } },
        template,
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', ...(has.key ? { b: '2' } : {}) } },
    { apiVersion: 'v1', kind: 'Secret', metadata, data: { a: 'MQ==', ...(has.key ? { b: 'Mg==' } : {}) } },
  ];
}

async function open(guard: Guard): Promise<EngineRig> {
  const rig = await engineRig(around.plane, undefined, (kube) => kube, guard);
  rigs.push(rig);
  return rig;
}

function freshName(): string {
  made += 1;
  return `web-${made}`;
}

/** Has it looked at, in mode observe. */
async function observe(
  rig: EngineRig,
  name: string,
  objects: readonly KubeObject[],
  options: Partial<DesiredApplication> = {},
): Promise<void> {
  rig.want(wantedApplication(name, objects, { ...options, mode: 'observe' }));
  await rig.until(name, 'was looked at', ({ objects: found }) => {
    return found.length === objects.length && found.every(({ sync }) => sync !== 'Unknown');
  });
  await rig.engine.whenIdle();
}

async function preview(rig: EngineRig, name: string): Promise<readonly DiffChange[]> {
  asked += 1;
  const id = `diff-${asked}`;
  rig.engine.runOperation({ id, application: `apps/${name}`, request: { type: 'diff' }, requestedBy: 'ana' });
  const ended = () => {
    const result = rig.result(id);
    return result?.phase === 'Succeeded' || result?.phase === 'Failed' ? result : undefined;
  };
  const { message } = await waitUntil('the preview ended', ended, { limitMs: 60_000, everyMs: 10 });
  const changes = decodeDiff(message);
  if (changes === undefined) throw new Error(message);
  return changes;
}

/** Everything but what only the API server counts. */
function withMaps(object: KubeObject): KubeObject {
  const { labels = {}, annotations = {}, ...rest } = object.metadata;
  return { ...object, metadata: { ...rest, labels, annotations } };
}

const told = (kind: string, fields: DiffChange['fields']): readonly string[] =>
  // Of a Secret only that a value differs is told.
  fields
    .map(({ path, desired, live }) =>
      kind === 'Secret' && (path.startsWith('data') || path.includes('last-applied'))
        ? canonicalJson([kind, path, desired !== undefined, live !== undefined])
        : canonicalJson([kind, path, desired ?? null, live ?? null]),
    )
    .sort();

async function previewEqualsEffect(who: Deployer, before: Parts, git: Parts): Promise<void> {
  const name = freshName();
  const wanted = objectsOf(name, git);
  await deployAs(who, name, objectsOf(name, before), around);
  const rig = await open(openGuard);
  await observe(rig, name, wanted);
  const read = () =>
    Promise.all(wanted.map((object) => around.tools.get(nameOf(object)) as unknown as Promise<KubeObject>));
  const live = await read();
  const foreseen = await preview(rig, name);
  expect(await read()).toEqual(live);
  expect(rig.writes()).toEqual([]);

  await rig.untilApplied(wantedApplication(name, wanted, { mode: 'sync' }));
  const after = await read();
  const changed = live.flatMap((object, index) =>
    told(object.kind, compareObjects(withMaps(object), withMaps(after[index] as KubeObject))),
  );
  expect(foreseen.flatMap(({ ref, fields }) => told(ref.kind, fields)).sort()).toEqual(changed.sort());
  expect(
    foreseen.every(({ kind, verdict, takesOver }) => kind === 'changed' && verdict === 'exact' && takesOver),
  ).toBe(true);
  expect(await preview(rig, name)).toEqual([]);
}

describe.each(deployers)('what was deployed by %s', (who) => {
  it.each([
    ['exact', dryRuns, ['dry-run', 'get', 'list', 'watch', 'discovery']],
    ['approximate', readOnly, ['get', 'list', 'watch', 'discovery']],
  ] as const)('is compared with verdict %s, and nothing is written', async (verdict, guard, verbs) => {
    const name = freshName();
    const wanted = objectsOf(name, all);
    await deployAs(who, name, wanted, around);
    const rig = await open(guard);
    await observe(rig, name, wanted);
    expect(rig.status(name)).toMatchObject({ sync: 'Synced', drifts: [], failures: [] });

    const [deployment, , config] = wanted.map(nameOf);
    await around.tools.scale(deployment!, 7);
    await around.tools.merge(config!, { data: { a: 'by hand' } });
    await rig.until(name, 'has drifted', ({ drifts }) => drifts.length === 2);
    await rig.engine.whenIdle();
    const drifts = rig.status(name)?.drifts ?? [];
    expect(
      drifts
        .map(({ ref, verdict: found, fields }) => [ref.kind, found, fields.map(({ path }) => path)])
        .sort(),
    ).toEqual([
      ['ConfigMap', verdict, ['data.a']],
      ['Deployment', verdict, ['spec.replicas']],
    ]);
    expect(
      [...new Set(rig.requests.map((request) => request.split(' ')[0]))].filter(
        (verb) => !verbs.includes(verb as never),
      ),
    ).toEqual([]);

    const changes = await preview(rig, name);
    expect(changes.every((change) => change.verdict === verdict && change.takesOver !== undefined)).toBe(
      true,
    );
    // What Git says differs in two; of the others nothing goes but what their deployer marked them with.
    const byGit = changes.filter(({ fields }) => fields.some(({ part }) => part === undefined));
    expect(byGit.map(({ ref }) => ref.kind).sort()).toEqual(['ConfigMap', 'Deployment']);
    const others = changes.filter((change) => !changesNothing(change) && !byGit.includes(change));
    const places = others.flatMap(({ fields }) => fields.map(({ path }) => path));
    expect(places.filter((path) => !/^metadata\.(labels|annotations)\[/.test(path))).toEqual([]);
    expect(others).toHaveLength(who.startsWith('kubectl') ? 0 : 2);
    expect(rig.writes()).toEqual([]);
    const live = await around.tools.get(config!);
    expect(live.metadata.labels ?? {}).not.toHaveProperty([partOfLabel]);
    expect(live.metadata.annotations ?? {}).not.toHaveProperty([trackingAnnotation]);
  });

  it('changes by its first sync exactly as its preview said', async () => {
    const none: Parts = {
      ...all,
      ...Object.fromEntries(Object.keys(all).map((part) => [part, false])),
      image: '2',
    };
    await previewEqualsEffect(who, all, none);
    await previewEqualsEffect(who, none, all);
    await fc.assert(
      fc.asyncProperty(parts, parts, (before, git) => previewEqualsEffect(who, before, git)),
      { numRuns: 4, seed: 6, endOnFailure: true },
    );
  });
});

it.each(['kubectl apply', 'kubectl apply --server-side'] as const)(
  'leaves an ignored field as it is, deployed by %s',
  async (who) => {
    const name = freshName();
    const [wanted] = objectsOf(name, all);
    const live = { ...wanted!, spec: { ...(wanted!['spec'] as object), replicas: 5 } };
    await deployAs(who, name, [live], around);
    const rig = await open(openGuard);
    const ignoreDifferences = [
      {
        ...{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] },
        ...{ jqPathExpressions: [], managedFieldsManagers: [] },
      },
    ];
    const options = { mode: 'observe', ignoreDifferences } as const;
    await observe(rig, name, [wanted!], options);
    const changes = await preview(rig, name);
    expect(changes.filter((change) => !changesNothing(change))).toEqual([]);
    await rig.untilApplied(wantedApplication(name, [wanted!], { ...options, mode: 'sync' }));
    expect((await around.tools.get(nameOf(wanted!)))['spec']).toMatchObject({ replicas: 5 });
  },
);

it('says exactly what it compared by reading before, once it may ask by dry-runs', async () => {
  const name = freshName();
  const wanted = objectsOf(name, all);
  await deployAs('kubectl apply', name, wanted, around);
  await around.tools.scale(nameOf(wanted[0]!), 7);
  const state = memoryState();
  const openWith = async (guard: Guard): Promise<EngineRig> => {
    const rig = await engineRig(around.plane, state, (kube) => kube, guard);
    rigs.push(rig);
    return rig;
  };
  const reader = await openWith(readOnly);
  await observe(reader, name, wanted);
  expect(reader.status(name)?.objects.every(({ verdict }) => verdict === 'approximate')).toBe(true);
  await reader.close();
  rigs.splice(rigs.indexOf(reader), 1);
  const asker = await openWith(dryRuns);
  asker.want(wantedApplication(name, wanted, { mode: 'observe' }));
  const isExact = ({ objects, drifts }: ApplicationStatus): boolean =>
    objects.length === wanted.length &&
    objects.every(({ verdict, sync }) => verdict === undefined && sync !== 'Unknown') &&
    drifts.every(({ verdict }) => verdict === 'exact');
  const found = await asker.until(name, 'is compared exactly', isExact);
  expect(found.drifts.map(({ ref }) => ref.kind)).toEqual(['Deployment']);
});
