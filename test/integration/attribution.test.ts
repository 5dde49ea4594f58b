import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Drift, DriftField } from '../../core/drift.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { waitUntil } from '../clusters/wait.ts';
import { gadgetDefinition, wanted } from '../support/attribution-objects.ts';
import { otherScenarios } from '../support/attribution-other-scenarios.ts';
import { kubectlScenarios, type Scenario } from '../support/attribution-scenarios.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { nameOf, Tools } from '../support/kubectl.ts';

const scenarios: readonly Scenario[] = [...kubectlScenarios, ...otherScenarios];
const nameOfScenario = (index: number): string => `case-${index}`;
const isoSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

let dir: string;
let planes: ControlPlanes;
let rig: EngineRig;
let tools: Tools;
const objects: readonly KubeObject[] = scenarios.map(({ kind }, index) =>
  wanted(kind, nameOfScenario(index)),
);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-attribution-'));
  planes = await startControlPlanes({ names: ['who'], controllers: 'none', dir, log: console.error });
  tools = new Tools(planes.cluster('who'));
  rig = await engineRig(planes.cluster('who'));
  const applications = objects.map((object, index) =>
    wantedApplication(nameOfScenario(index), [object], { mode: 'sync' }),
  );
  const kinds = wantedApplication('kinds', [gadgetDefinition()]);
  await rig.untilApplied(kinds);
  await rig.untilApplied(kinds, ...applications);
});

afterAll(async () => {
  await rig?.close();
  tools?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function writerText({ writer }: Pick<DriftField, 'writer'>): string {
  if (writer === undefined) return 'unknown';
  return [writer.manager, writer.operation, writer.subresource].join(' ').trimEnd();
}

function toldOf(drift: Drift | undefined): Scenario['told'] {
  if (drift === undefined) return 'none';
  if (drift.kind === 'missing') return 'missing';
  return Object.fromEntries(drift.fields.map((field) => [field.path, writerText(field)]));
}

async function settled(index: number, wantedTold: Scenario['told']): Promise<Drift | undefined> {
  const name = nameOfScenario(index);
  const find = () => rig.status(name)?.drifts[0];
  const text = JSON.stringify(sorted(wantedTold));
  await waitUntil('the drift is told', () => JSON.stringify(sorted(toldOf(find()))) === text, {
    limitMs: 60_000,
    everyMs: 20,
    detail: () => JSON.stringify(rig.drifts(name), undefined, 1),
  }).catch(() => undefined);
  await rig.engine.whenIdle();
  return find();
}

function sorted(told: Scenario['told']): unknown {
  return typeof told === 'string' ? told : Object.entries(told).sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('the writer of a drift is right or unknown', () => {
  it('is tried in at least sixty ways', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(60);
  });

  it.each(scenarios.map((scenario, index) => ({ ...scenario, index })))(
    '$name',
    async ({ act, told, cause, index }) => {
      const git = objects[index]!;
      await act(tools, nameOf(git), git);
      const drift = await settled(index, told);
      expect(toldOf(drift)).toEqual(told);
      for (const field of drift?.fields ?? []) checkField(field, cause);
      for (const { drift: at } of rig.drifts(nameOfScenario(index))) checkWhole(at);
    },
  );
});

function checkField(field: DriftField, cause: string | undefined): void {
  expect(field.cause).toBe(cause ?? field.cause);
  expect(field.cause).toBeDefined();
  const isKnown = field.writer !== undefined;
  expect(field.confidence === 'unknown').toBe(!isKnown);
  // The API server tells no time of a scale.
  if (isKnown && field.writer?.subresource !== 'scale') expect(field.writtenAt).toMatch(isoSeconds);
  else expect(field.writtenAt).toBeUndefined();
}

/** Of a whole drift nobody is named while the writer of any field is unknown. */
function checkWhole(drift: Drift): void {
  expect(Number.isNaN(Date.parse(drift.observedAt))).toBe(false);
  const texts = new Set(drift.fields.map(writerText));
  if (texts.has('unknown') || drift.fields.length === 0) expect(writerText(drift)).toBe('unknown');
  else expect([...texts, 'unknown']).toContain(writerText(drift));
}
