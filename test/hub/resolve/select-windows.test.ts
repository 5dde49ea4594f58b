import { expect, it } from 'vitest';
import type { SyncWindowSpec } from '../../../hub/catalog/documents.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { selectWindows } from '../../../hub/resolve/select-windows.ts';
import { applicationText, catalogOf, goodTexts } from '../catalog/catalog-texts.ts';

const [assignment] = resolve(
  catalogOf({ ...goodTexts, 'applications/payments-dev.yaml': applicationText('payments-dev') }),
).assignments;

function isFor(selectors: Partial<SyncWindowSpec>): boolean {
  if (assignment === undefined) throw new Error('not assigned');
  const window = {
    kind: 'deny',
    schedule: '* * * * *',
    durationMs: 60_000,
    timeZone: 'UTC',
    manualSync: false,
    matches: 'any',
    applications: [],
    namespaces: [],
    clusters: [],
    ...selectors,
  } as const;
  const project = { ...assignment.project, syncWindows: [window] };
  const subject = { ...assignment, project, namespace: 'payments', servers: ['https://dev.example.com'] };
  return selectWindows(subject).length === 1;
}

it('a window travels without what it is for', () => {
  if (assignment === undefined) throw new Error('not assigned');
  const rest = { kind: 'allow', schedule: '0 22 * * *', durationMs: 60_000, timeZone: 'UTC' } as const;
  const sent = { ...rest, manualSync: true, syncOverrun: true, description: 'nightly' } as const;
  const spec = { ...sent, matches: 'any', applications: ['*'], namespaces: [], clusters: [] } as const;
  const project = { ...assignment.project, syncWindows: [spec] };
  expect(selectWindows({ ...assignment, project, servers: [] })).toEqual([sent]);
});

it.each([
  [{ applications: ['payments-*'] }, true],
  [{ applications: ['orders-*'] }, false],
  [{ namespaces: ['pay*'] }, true],
  [{ clusters: ['dev'] }, true],
  [{ clusters: ['https://*.example.com'] }, true],
  [{ clusters: ['prod'], namespaces: ['payments'] }, true],
  [{ clusters: ['prod'], namespaces: ['payments'], matches: 'all' }, false],
  [{ clusters: ['dev'], namespaces: ['payments'], matches: 'all' }, true],
  [{}, false],
  [{ matches: 'all' }, false],
] as const)('a window with %j is for the application: %s', (selectors, expected) => {
  expect(isFor(selectors)).toBe(expected);
});
