import { describe, expect, test } from 'vitest';
import type { Drift } from '../../../core/drift.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import { driftSentence } from '../../../hub/drift/describe-drift.ts';
import { type Link, summarise } from '../../../hub/drift/summarise.ts';
import type { ApplicationRecord } from '../../../hub/ports.ts';

const viewer = { now: '2026-11-03T14:02:20Z', timeZone: 'UTC' };
const connected: Link = { type: 'connected' };
const web = { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' };

const record: ApplicationRecord = {
  application: 'argocd/payments',
  name: 'payments',
  project: 'platform',
  cluster: 'prod',
  environment: 'prod',
  namespace: 'payments',
  mode: 'sync',
  repoURL: 'https://git.example/platform-config.git',
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
  objects: [{ ref: web, sync: 'Synced' }],
  drifts: [],
  failures: [],
  gates: [],
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

const drifted: ApplicationStatus = { ...status, sync: 'OutOfSync', cause: 'drifted', drifts: [scaled] };
const refusal = {
  kind: 'refusal',
  reason: "project platform doesn't allow namespace kube-system",
  location: { file: 'fleet/projects/platform.yaml', line: 14 },
  remedy: 'Add it to spec.destinations.',
} as const;

interface Case {
  readonly record?: Partial<ApplicationRecord>;
  readonly status?: ApplicationStatus | undefined;
  readonly link?: Link;
  readonly sync: string;
  readonly cause?: string;
  readonly because?: string;
  readonly tone: string;
  readonly sentence: string;
}

const cases: Readonly<Record<string, Case>> = {
  'what is synced and healthy is calm': {
    status,
    sync: 'Synced',
    tone: 'calm',
    sentence: 'prod/payments runs 4f2c1aa (2 h) and is healthy.',
  },
  'a drift names object, field, values, writer, time and what the mode does': {
    status: drifted,
    sync: 'OutOfSync',
    cause: 'drifted',
    because: 'drifted',
    tone: 'attention',
    sentence:
      'prod/payments runs 4f2c1aa (2 h), 1 drift: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode sync leaves it.',
  },
  'of several drifts the newest is told': {
    status: { ...drifted, drifts: [{ ...scaled, id: 'd0', observedAt: '2026-11-01T14:02:11Z' }, scaled] },
    record: { mode: 'heal' },
    sync: 'OutOfSync',
    cause: 'drifted',
    because: 'drifted',
    tone: 'attention',
    sentence:
      'prod/payments runs 4f2c1aa (2 h), 2 drifts, the newest: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode heal corrects them.',
  },
  'a refusal names the rule and its place, whatever the agent says': {
    record: { name: 'search', gates: [refusal] },
    link: { type: 'silent', since: '2026-11-03T14:02:00Z' },
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'refused',
    tone: 'attention',
    sentence:
      "prod/search refused: project platform doesn't allow namespace kube-system (fleet/projects/platform.yaml:14).",
  },
  'a refusal without a known cluster has the bare name': {
    record: {
      name: 'search',
      cluster: '',
      gates: [{ ...refusal, reason: 'no cluster is called nowhere', location: { file: 'a.yaml' } }],
    },
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'refused',
    tone: 'attention',
    sentence: 'search refused: no cluster is called nowhere (a.yaml).',
  },
  'a frozen application says what it keeps': {
    record: { gates: [{ kind: 'frozen', reason: "source can't be read", remedy: '' }] },
    status,
    sync: 'Unknown',
    cause: 'frozen',
    because: "frozen: source can't be read",
    tone: 'unknown',
    sentence: "prod/payments is frozen: source can't be read; it keeps 4f2c1aa.",
  },
  'a silent agent makes everything unknown': {
    status,
    link: { type: 'silent', since: '2026-11-03T14:02:00Z' },
    sync: 'Unknown',
    cause: 'silent',
    because: 'agent silent since 14:02:00',
    tone: 'unknown',
    sentence: 'prod/payments is unknown: agent silent since 14:02:00 (20 s); it was Synced and Healthy then.',
  },
  'an agent that never came is told so': {
    link: { type: 'silent' },
    sync: 'Unknown',
    cause: 'silent',
    because: 'agent of prod has never connected',
    tone: 'unknown',
    sentence: 'prod/payments is unknown: agent of prod has never connected.',
  },
  'a gate names who holds it and until when': {
    status: {
      ...status,
      gates: [
        {
          kind: 'guard',
          owner: 'm.ortiz',
          until: '2026-11-03T16:00:00Z',
          reason: 'investigating latency (INC-112)',
          remedy: '',
        },
      ],
    },
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'gated: guard',
    tone: 'attention',
    sentence: 'prod/payments is held by m.ortiz until 16:00:00: investigating latency (INC-112).',
  },
  'a hold on what is as in Git holds nothing up, and is shown all the same': {
    status: {
      ...status,
      gates: [
        { kind: 'hold', owner: 'm.ortiz', until: '2026-11-03T16:00:00Z', reason: 'INC-112', remedy: '' },
      ],
    },
    sync: 'Synced',
    because: 'gated: hold',
    tone: 'attention',
    sentence: 'prod/payments is held by m.ortiz until 16:00:00: INC-112.',
  },
  'the brake holds': {
    status: {
      ...status,
      gates: [{ kind: 'brake', reason: '12 of 14 objects would be deleted', remedy: '' }],
    },
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'gated: brake',
    tone: 'attention',
    sentence: 'prod/payments is held by the brake: 12 of 14 objects would be deleted.',
  },
  'without a report nothing is claimed': {
    sync: 'OutOfSync',
    cause: 'applying',
    because: 'applying (nothing reported yet)',
    tone: 'moving',
    sentence: 'prod/payments is applying 4f2c1aa: nothing reported yet.',
  },
  'a report of an older state is on its way to the new one': {
    status: { ...status, digest: 'sha256:old', appliedDigest: 'sha256:old' },
    sync: 'OutOfSync',
    cause: 'applying',
    because: 'applying',
    tone: 'moving',
    sentence: 'prod/payments is moving to 4f2c1aa.',
  },
  'applying counts objects': {
    status: {
      ...status,
      sync: 'OutOfSync',
      cause: 'applying',
      objects: [
        { ref: web, sync: 'Synced' },
        { ref: web, sync: 'OutOfSync' },
        { ref: web, sync: 'Unknown' },
      ],
    },
    sync: 'OutOfSync',
    cause: 'applying',
    because: 'applying (1 of 3)',
    tone: 'moving',
    sentence: 'prod/payments is applying 4f2c1aa (1 of 3).',
  },
  'a failure names the first object and counts the others': {
    status: {
      ...status,
      sync: 'OutOfSync',
      cause: 'failed',
      failures: [
        { ref: web, code: 'invalid', message: 'spec.replicas: Invalid value: -1\n must be ≥ 0' },
        { ref: { ...web, namespace: 'other' }, code: 'forbidden', message: 'no' },
      ],
    },
    sync: 'OutOfSync',
    cause: 'failed',
    because: 'failed',
    tone: 'broken',
    sentence:
      'prod/payments failed to apply 4f2c1aa: Deployment web: spec.replicas: Invalid value: -1 must be ≥ 0 (and 1 more).',
  },
  'what was never applied says what the mode does': {
    record: { mode: 'observe' },
    status: {
      ...status,
      sync: 'OutOfSync',
      cause: 'not-applied',
      objects: [{ ref: web, sync: 'OutOfSync' }],
    },
    sync: 'OutOfSync',
    cause: 'not-applied',
    because: 'not applied',
    tone: 'attention',
    sentence: 'prod/payments has not applied 4f2c1aa: 1 of 1 objects differ; mode observe only reports it.',
  },
  'synced but degraded is broken, with the reason': {
    status: {
      ...status,
      health: { status: 'Degraded', message: 'Deployment web: 0 of 3 replicas are available' },
    },
    sync: 'Synced',
    tone: 'broken',
    sentence: 'prod/payments runs 4f2c1aa (2 h), degraded: Deployment web: 0 of 3 replicas are available.',
  },
  'synced and progressing moves': {
    status: { ...status, health: { status: 'Progressing', message: '' } },
    sync: 'Synced',
    tone: 'moving',
    sentence: 'prod/payments runs 4f2c1aa (2 h), progressing.',
  },
  'unknown health is not calm': {
    status: { ...status, health: { status: 'Unknown', message: '' } },
    sync: 'Synced',
    tone: 'unknown',
    sentence: 'prod/payments runs 4f2c1aa (2 h), unknown.',
  },
  'an application that left Git is moving until its objects are gone': {
    record: { removal: 'delete' },
    status,
    sync: 'OutOfSync',
    cause: 'applying',
    because: 'leaving',
    tone: 'moving',
    sentence: 'prod/payments left Git: its objects are being deleted.',
  },
  'a deletion under the brake says so': {
    record: { removal: 'delete' },
    status: { ...status, gates: [{ kind: 'brake', reason: 'all 12 objects would be deleted', remedy: '' }] },
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'gated: delete',
    tone: 'attention',
    sentence:
      'prod/payments left Git, but deleting its objects is held by the brake: all 12 objects would be deleted.',
  },
};

describe('summarise', () => {
  for (const [name, given] of Object.entries(cases)) {
    test(name, () => {
      const summary = summarise(
        { ...record, ...given.record },
        given.status,
        given.link ?? connected,
        viewer,
      );
      expect(summary).toMatchObject({ sync: given.sync, tone: given.tone, sentence: given.sentence });
      expect(summary.cause).toBe(given.cause);
      expect(summary.because).toBe(given.because);
    });
  }

  test('without a zone times are UTC and say so', () => {
    expect(summarise(record, drifted, connected, { now: viewer.now }).sentence).toContain(
      'seen 14:02:11 UTC;',
    );
  });

  test('a moment of another day carries its date, in the zone of the viewer', () => {
    const early = { ...drifted, drifts: [{ ...scaled, observedAt: '2026-11-02T23:30:00Z' }] };
    const there = { now: viewer.now, timeZone: 'Europe/Berlin' };
    expect(summarise(record, early, connected, there).sentence).toContain('seen 00:30:00;');
    expect(summarise(record, early, connected, viewer).sentence).toContain('seen 2026-11-02 23:30:00;');
  });
});

describe('driftSentence', () => {
  const place = { cluster: 'prod', namespace: 'payments', mode: 'sync' } as const;
  const { writer: _writer, ...unknownWriter } = scaled;
  const sentences: Readonly<Record<string, [Partial<Drift>, string]>> = {
    'a missing object': [{ kind: 'missing', fields: [] }, 'Deployment web is missing'],
    'an object that somebody deleted': [
      { kind: 'missing', fields: [], person: 'alice@example.com' },
      'Deployment web is missing, deleted by alice@example.com',
    ],
    'a person': [
      { person: 'alice@example.com' },
      'Deployment web replicas 3 → 5 by alice@example.com with kubectl (scale)',
    ],
    'a removed field': [
      { fields: [{ path: 'spec.template.spec.containers[name=web].image', desired: 'web:1' }] },
      'Deployment web containers[name=web].image removed (Git says web:1) by kubectl (scale)',
    ],
    'several fields': [
      { fields: [...scaled.fields, ...scaled.fields, ...scaled.fields] },
      'Deployment web replicas 3 → 5 and 2 more fields by kubectl (scale)',
    ],
    'a value of a Secret stays hidden': [
      { fields: [{ path: 'data.password', desired: 'hmac-sha256:aa', live: 'hmac-sha256:bb' }] },
      'Deployment web data.password changed (values hidden) by kubectl (scale)',
    ],
    'an object of another namespace': [
      { ref: { ...web, namespace: 'other' } },
      'Deployment other/web replicas 3 → 5 by kubectl (scale)',
    ],
  };
  for (const [name, [change, expected]] of Object.entries(sentences)) {
    test(name, () => {
      const sentence = driftSentence({ drift: { ...scaled, ...change }, state: 'open' }, place, viewer);
      expect(sentence).toBe(`prod: ${expected}, seen 14:02:11; mode sync leaves it.`);
    });
  }

  test('an unknown writer is called unknown', () => {
    const sentence = driftSentence({ drift: unknownWriter, state: 'open' }, place, viewer);
    expect(sentence).toContain('3 → 5 by an unknown writer, seen');
    const known = driftSentence(
      { drift: { ...unknownWriter, person: 'alice' }, state: 'open' },
      place,
      viewer,
    );
    expect(known).toContain('3 → 5 by alice, seen');
  });

  test('a closed one says how it ended', () => {
    const entry = {
      drift: scaled,
      state: 'closed',
      closedAt: '2026-11-03T14:02:12Z',
      end: 'healed',
    } as const;
    expect(driftSentence(entry, place, viewer)).toContain('seen 14:02:11; healed 14:02:12.');
  });
});
