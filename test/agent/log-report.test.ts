import { expect, it } from 'vitest';
import { ReportLogger } from '../../agent/log-report.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { recordLog } from '../support/record-log.ts';

const status: ApplicationStatus = {
  application: 'argocd/payments',
  digest: 'd1',
  sync: 'Synced',
  health: { status: 'Healthy', message: '' },
  objects: [],
  drifts: [],
  failures: [],
  gates: [],
};

it('says once what was applied, and nothing of statuses that bring nothing new', () => {
  const log = recordLog();
  const logger = new ReportLogger(log);
  logger.write({ type: 'application', status });
  logger.write({ type: 'application', status: { ...status, appliedDigest: 'd1' } });
  logger.write({ type: 'application', status: { ...status, appliedDigest: 'd1', sync: 'OutOfSync' } });
  logger.write({ type: 'application', status: { ...status, appliedDigest: 'd2' } });
  expect(log.messages('info')).toEqual(['applied', 'applied']);
});

it('names object, kind and writer of a drift, and no values', () => {
  const log = recordLog();
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' };
  const at = '2026-11-01T10:00:00.000Z';
  new ReportLogger(log).write({
    type: 'drift',
    event: {
      change: 'opened',
      at,
      drift: {
        id: 'abcdef',
        application: 'argocd/payments',
        ref,
        kind: 'changed',
        fields: [{ path: 'spec.replicas', desired: 3, live: 5 }],
        observedAt: at,
        writer: { manager: 'kubectl', operation: 'Update', subresource: 'scale' },
        verdict: 'exact',
      },
    },
  });
  expect(log.entries).toEqual([
    {
      level: 'info',
      message: 'drift opened',
      fields: {
        application: 'argocd/payments',
        object: 'Deployment payments/web',
        kind: 'changed',
        writer: 'kubectl',
        id: 'abcdef',
        end: undefined,
      },
    },
  ]);
});
