import { expect, test } from 'vitest';
import type { Gate } from '../../../core/gate.ts';
import { describeLeaving } from '../../../hub/drift/describe-leaving.ts';

const viewer = { now: '2026-11-03T14:02:20.000Z' };
const gate: Gate = {
  kind: 'brake',
  reason: 'Namespace web asks for it by Delete=confirm',
  remedy: 'Confirm it',
};
const nothing = { gates: [], failures: [] };
const held = { gates: [gate], failures: [] };
const ref = { group: '', kind: 'ConfigMap', namespace: 'a', name: 'b' };
const failed = { gates: [], failures: [{ ref, code: 'stuck', message: 'a finalizer holds it' }] };
const connected = { type: 'connected' } as const;

test('what is left is counted, and what holds an application back is said', () => {
  const left = new Map<string, typeof held | typeof failed>([
    ['argocd/api', held],
    ['argocd/mail', failed],
    ['argocd/web', nothing],
  ]);
  expect(describeLeaving({ cluster: 'prod', link: connected, left }, viewer)).toBe(
    '3 applications are left on prod; argocd/api is held back: Namespace web asks for it by Delete=confirm (`fairlead app get argocd/api`); argocd/mail is held back: a finalizer holds it (`fairlead app get argocd/mail`)',
  );
});

test('of many that are held back three are named', () => {
  const left = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, held]));
  expect(describeLeaving({ cluster: 'prod', link: connected, left }, viewer)).toMatch(
    /; c is held back: [^;]+; 2 more are held back$/,
  );
});

test('one that its agent said nothing of yet is just left', () => {
  const left = new Map([['argocd/web', undefined]]);
  expect(describeLeaving({ cluster: 'prod', link: connected, left }, viewer)).toBe(
    '1 application is left on prod',
  );
});

test('a silent agent is what it waits for, and how to end it without is said', () => {
  const left = new Map([['argocd/web', held]]);
  const since = '2026-11-03T13:00:00.000Z';
  expect(describeLeaving({ cluster: 'prod', link: { type: 'silent', since }, left }, viewer)).toBe(
    'waits for the agent of prod, which is silent since 13:00:00 UTC; 1 application is left on prod. To end it without the agent: `fairlead cluster decommission prod --abandon --yes prod`',
  );
  expect(describeLeaving({ cluster: 'prod', link: { type: 'silent' }, left }, viewer)).toContain(
    'the agent of prod, which was never heard;',
  );
});
