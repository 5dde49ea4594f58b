import { describe, expect, test } from 'vitest';
import type { Drift } from '../../../core/drift.ts';
import type { Gate } from '../../../core/gate.ts';
import type { Problem } from '../../../core/problem.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import type { ClusterDocument, ProjectDocument } from '../../../hub/catalog/documents.ts';
import { explain } from '../../../hub/explain/explain.ts';
import type { Stage } from '../../../hub/explain/explanation.ts';
import { stages } from '../../../hub/explain/explanation.ts';
import type { ExplainFacts } from '../../../hub/explain/facts.ts';
import type { ApplicationRecord } from '../../../hub/ports.ts';

const web = { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' };
const config = { group: '', kind: 'ConfigMap', namespace: 'payments', name: 'config' };

const record: ApplicationRecord = {
  application: 'argocd/payments',
  name: 'payments',
  project: 'platform',
  cluster: 'prod',
  environment: 'prod',
  namespace: 'payments',
  mode: 'sync',
  repoURL: 'https://git.example/config.git',
  targetRevision: 'main',
  path: 'apps/payments',
  location: { file: 'apps/payments.yaml', line: 1 },
  commit: { id: '4f2c1aa90b', author: 'm.ortiz', committedAt: '2026-11-03T12:00:00Z', subject: 'web: 1.2' },
  digest: 'sha256:new',
  deletesOnRemoval: false,
  gates: [],
  problems: [],
};

const status: ApplicationStatus = {
  application: 'argocd/payments',
  digest: 'sha256:new',
  sync: 'Synced',
  appliedDigest: 'sha256:new',
  appliedAt: '2026-11-03T12:01:00Z',
  health: { status: 'Healthy', message: '' },
  objects: [
    { ref: web, sync: 'Synced', health: { status: 'Healthy', message: '' } },
    { ref: config, sync: 'Synced' },
  ],
  drifts: [],
  failures: [],
  gates: [],
};

const projectFile = 'fleet/projects/platform.yaml';
const clusterFile = 'fleet/clusters/prod.yaml';
const fieldLines = new Map<string, number>();

const facts: ExplainFacts = {
  record,
  status,
  link: { type: 'connected' },
  catalog: {
    projects: new Map([
      [
        'platform',
        {
          name: 'platform',
          location: { file: projectFile, line: 1 },
          fieldLines,
        } as unknown as ProjectDocument,
      ],
    ]),
    clusters: new Map([
      [
        'prod',
        { name: 'prod', location: { file: clusterFile, line: 1 }, fieldLines } as unknown as ClusterDocument,
      ],
    ]),
    problems: [],
  },
  fleet: { url: 'https://git.example/fleet.git', commits: {}, fetchedAt: '2026-11-03T14:00:00Z' },
  fleetCommit: 'abcdef0123',
  viewer: { now: '2026-11-03T14:02:20Z', timeZone: 'UTC' },
};

const unreadable: Problem = {
  code: 'yaml-syntax',
  message: 'a tab stands in the indentation',
  location: { file: 'apps/payments.yaml', line: 7 },
  remedy: 'Use spaces',
};
const frozen = (file: string): Gate => ({
  kind: 'frozen',
  reason: unreadable.message,
  location: { file, line: 7 },
  remedy: 'Use spaces',
});
const refusal = (file: string): Gate => ({
  kind: 'refusal',
  reason: "project platform doesn't allow namespace kube-system",
  location: { file, line: 14 },
  remedy: 'Ask the owner of project platform to allow it',
});
const hold: Gate = {
  kind: 'hold',
  owner: 'm.ortiz',
  until: '2026-11-03T16:00:00Z',
  reason: 'investigating latency',
  remedy: 'End it: fairlead unhold payments',
};
const scaled: Drift = {
  id: 'd1',
  application: 'argocd/payments',
  ref: web,
  kind: 'changed',
  fields: [{ path: 'spec.replicas', desired: 3, live: 5 }],
  observedAt: '2026-11-03T14:02:11Z',
  writer: { manager: 'kubectl', operation: 'Update', subresource: 'scale' },
  verdict: 'exact',
};
const drifted: ApplicationStatus = {
  ...status,
  sync: 'OutOfSync',
  cause: 'drifted',
  objects: [{ ref: web, sync: 'OutOfSync' }],
  drifts: [scaled],
};
const denied = {
  ref: web,
  code: 'webhook-denied',
  message: 'container web has no memory limit',
  remedy: 'Change the object so that the policy admits it',
};
const failed: ApplicationStatus = {
  ...status,
  sync: 'OutOfSync',
  cause: 'failed',
  objects: [
    { ref: web, sync: 'OutOfSync' },
    { ref: config, sync: 'Synced' },
  ],
  failures: [denied],
};
const applying: ApplicationStatus = {
  ...failed,
  cause: 'applying',
  failures: [],
};

interface Case {
  readonly facts: Partial<ExplainFacts>;
  readonly stage: Stage;
  readonly state?: 'stopped' | 'warned';
  readonly says: string;
  readonly remedy: string;
  readonly at?: string;
}

const cases: Readonly<Record<string, Case>> = {
  'a fleet repository that was never read stops everything': {
    facts: { fleetCommit: undefined, fleet: { url: 'x', commits: {}, problem: 'no such host git.example' } },
    stage: 'commit',
    says: 'has not been read yet: no such host git.example',
    remedy: 'fairlead doctor',
  },
  'a fleet repository that is away keeps what was read in force': {
    facts: { fleet: { url: 'x', commits: {}, fetchedAt: '2026-11-03T13:00:00Z', problem: 'timed out' } },
    stage: 'commit',
    state: 'warned',
    says: "can't be fetched since 13:00:00, so abcdef0 stays in force: timed out",
    remedy: 'Newer commits take effect',
  },
  'a document that froze its application stops at its line': {
    facts: { record: { ...record, gates: [frozen('apps/payments.yaml')] } },
    stage: 'document',
    says: 'a tab stands in the indentation',
    remedy: 'Use spaces',
    at: 'apps/payments.yaml:7',
  },
  'a file with another problem keeps its last good version': {
    facts: { catalog: { ...facts.catalog, problems: [unreadable] } as NonNullable<ExplainFacts['catalog']> },
    stage: 'document',
    state: 'warned',
    says: 'its file stays at its last good version',
    remedy: 'Use spaces',
    at: 'apps/payments.yaml:7',
  },
  'a project that can’t be read freezes its applications at the project': {
    facts: { record: { ...record, gates: [frozen(projectFile)] } },
    stage: 'project',
    says: 'a tab stands in the indentation',
    remedy: 'Use spaces',
    at: `${projectFile}:7`,
  },
  'a rule of the project stops at the rule’s line': {
    facts: { record: { ...record, gates: [refusal(projectFile)] } },
    stage: 'project',
    says: "project platform doesn't allow namespace kube-system",
    remedy: 'Ask the owner',
    at: `${projectFile}:14`,
  },
  'an unknown cluster stops at the destination': {
    facts: { record: { ...record, cluster: '', gates: [refusal('apps/payments.yaml')] } },
    stage: 'destination',
    says: "doesn't allow",
    remedy: 'Ask the owner',
    at: 'apps/payments.yaml:14',
  },
  'an environment that is not declared stops at the destination': {
    facts: { record: { ...record, gates: [refusal(clusterFile)] } },
    stage: 'destination',
    says: "doesn't allow",
    remedy: 'Ask the owner',
    at: `${clusterFile}:14`,
  },
  'a cluster that has left the fleet stops at the destination': {
    facts: {
      record: (({ digest: _digest, ...rest }) => ({
        ...rest,
        gates: [{ kind: 'decommission', reason: 'cluster prod was decommissioned', remedy: 'Enrol it' }],
      }))(record),
    },
    stage: 'destination',
    says: 'cluster prod was decommissioned',
    remedy: 'Enrol it',
  },
  'a source that can’t be rendered stops at its file': {
    facts: { record: { ...record, gates: [frozen('apps/payments/kustomization.yaml')] } },
    stage: 'source',
    says: 'a tab stands',
    remedy: 'Use spaces',
    at: 'apps/payments/kustomization.yaml:7',
  },
  'a hold stops what is not as Git says': {
    facts: { status: { ...drifted, gates: [hold] } },
    stage: 'gates',
    says: 'hold of m.ortiz until 16:00:00: investigating latency',
    remedy: 'fairlead unhold payments',
  },
  'a hold on what is as Git says is only told': {
    facts: { status: { ...status, gates: [hold] } },
    stage: 'gates',
    state: 'warned',
    says: 'hold of m.ortiz',
    remedy: 'fairlead unhold payments',
  },
  'an agent that never came stops, with how to install it': {
    facts: { status: undefined, link: { type: 'silent' } },
    stage: 'agent',
    says: 'the agent of prod has never connected',
    remedy: 'fairlead cluster enroll prod',
  },
  'a silent agent stops, with since when': {
    facts: { link: { type: 'silent', since: '2026-11-03T13:58:00Z' } },
    stage: 'agent',
    says: 'is silent since 13:58:00',
    remedy: 'fairlead cluster get prod',
  },
  'an agent that is behind stops': {
    facts: { status: { ...status, digest: 'sha256:old' } },
    stage: 'agent',
    says: 'has not taken up the newest desired state',
    remedy: 'fairlead cluster get prod',
  },
  'a refused object stops with the API server’s words and what to do': {
    facts: { status: failed },
    stage: 'apply',
    says: 'Deployment web: container web has no memory limit (webhook-denied)',
    remedy: 'Change the object so that the policy admits it',
  },
  'what is being applied names what waits': {
    facts: { status: applying },
    stage: 'apply',
    says: 'Deployment web waits to be applied: the agent is at it',
    remedy: 'earlier waves',
  },
  'a running hook is named': {
    facts: {
      status: {
        ...applying,
        attempt: {
          id: 'a1',
          state: 'running',
          message: '',
          hooks: [
            {
              ref: { ...config, group: 'batch', kind: 'Job', name: 'migrate' },
              phase: 'PreSync',
              state: 'running',
              message: '',
            },
          ],
        },
      },
    },
    stage: 'apply',
    says: 'waits for the PreSync hook Job migrate',
    remedy: 'see its pods',
  },
  'a failed sync says why and how to try again': {
    facts: {
      status: {
        ...applying,
        cause: 'not-applied',
        attempt: { id: 'a1', state: 'failed', message: 'the hook Job migrate failed', hooks: [] },
      },
    },
    stage: 'apply',
    says: 'the last sync failed: the hook Job migrate failed',
    remedy: 'fairlead app sync argocd/payments',
  },
  'mode observe waits for a person': {
    facts: { record: { ...record, mode: 'observe' }, status: { ...applying, cause: 'not-applied' } },
    stage: 'apply',
    says: 'mode observe only reports it',
    remedy: 'fairlead app sync argocd/payments',
  },
  'a drift names object, values, writer and time, and how to undo or keep it': {
    facts: { status: drifted },
    stage: 'drift',
    says: 'Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode sync leaves it',
    remedy: '`fairlead app sync argocd/payments` undoes it; to keep what was changed, write it into Git',
  },
  'what is degraded stops last, with the deepest reason': {
    facts: { status: { ...status, health: { status: 'Degraded', message: 'Deployment web: no image' } } },
    stage: 'health',
    says: 'it is degraded: Deployment web: no image',
    remedy: 'See its events',
  },
};

describe('the chain from commit to health', () => {
  for (const [name, { facts: given, stage, state = 'stopped', says, remedy, at }] of Object.entries(cases)) {
    test(name, () => {
      const { steps, sentence } = explain({ ...facts, ...given });
      const step = steps.find((one) => one.stage === stage);
      expect(step).toMatchObject({ stage, state });
      expect(step?.sentence).toContain(says);
      expect(step?.remedy).toContain(remedy);
      const { location } = step ?? {};
      if (at !== undefined) expect(`${location?.file}:${location?.line}`).toBe(at);
      const expected = state === 'stopped' ? stages.slice(0, stages.indexOf(stage) + 1) : stages;
      expect(steps.map((one) => one.stage)).toEqual(expected);
      expect(sentence).toContain(step?.sentence ?? 'the step');
    });
  }

  test('nothing holds back what is as Git says and healthy', () => {
    const { steps, sentence } = explain(facts);
    expect(steps.map(({ state }) => state)).toEqual(stages.map(() => 'passed'));
    expect(sentence).toBe('prod/payments is as Git says, and healthy.');
  });
});

describe('one object', () => {
  const location = { file: 'apps/payments/web.yaml', line: 12 };
  const object = { ref: web, declared: { type: 'at', location } } as const;

  test('is walked by its own failures, not those of others', () => {
    const mine = explain({ ...facts, status: failed, object });
    expect(mine.steps.at(-1)).toMatchObject({ stage: 'apply', state: 'stopped' });
    const others = explain({ ...facts, status: failed, object: { ref: config, declared: { type: 'gone' } } });
    expect(others.steps.map(({ stage }) => stage)).not.toContain('apply');
    const declared = { ref: config, declared: { type: 'at', location } } as const;
    const { sentence, steps } = explain({ ...facts, status: failed, object: declared });
    expect(sentence).toBe('ConfigMap payments/config of prod/payments is as Git says, and healthy.');
    expect(steps.find(({ stage }) => stage === 'source')?.location).toEqual(location);
  });

  test('that Git no longer declares stops at the source', () => {
    const { steps } = explain({ ...facts, object: { ref: web, declared: { type: 'gone' } } });
    expect(steps.at(-1)).toMatchObject({ stage: 'source', state: 'stopped' });
    expect(steps.at(-1)?.sentence).toContain('no longer declares it');
  });
});
