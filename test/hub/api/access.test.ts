import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import { type NamedToken, parseApiTokens } from '../../../hub/access/api-tokens.ts';
import { permissions } from '../../../hub/api/permissions.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import type { Catalog } from '../../../hub/catalog/catalog.ts';
import type { StorePort } from '../../../hub/ports.ts';
import type { PromotionRequest } from '../../../hub/promotion/promotion.ts';
import type { Proposal } from '../../../hub/promotion/proposal.ts';
import {
  drift,
  fleetUrl,
  metricsToken,
  openTestHub,
  records,
  status,
  type TestHub,
  testCatalog,
  testToken,
} from '../../support/test-hub.ts';
import { applicationText, foldTexts } from '../catalog/catalog-texts.ts';

/** Whose token is `token-of-NAME`. */
const people = ['nobody', 'reader', 'alice payments-team', 'eve', 'operator', 'proj:shop:pipeline'];

const policy = `apiVersion: fairlead.dev/v1alpha1
kind: AccessPolicy
metadata: {name: people}
spec:
  policy: |
    g, reader, role:readonly
    g, payments-team, role:deployer
    p, role:deployer, applications, get, platform/*, allow
    p, role:deployer, applications, sync, platform/payments-*, allow
    p, role:deployer, applications, sync, platform/payments-staging, deny
    p, role:deployer, clusters, get, prod, allow
    p, eve, applications, *, shop/*, allow
    g, operator, role:admin
    p, operator, applications, get, shop/*, deny
`;

const project = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shop}
spec:
  roles:
    - name: pipeline
      policies:
        - p, proj:shop:pipeline, applications, get, shop/*, allow
        - p, proj:shop:pipeline, applications, sync, shop/*, allow
`;

const read = buildCatalog(
  foldTexts({
    'fleet/access.yaml': policy,
    'fleet/shop.yaml': project,
    'apps/a.yaml': applicationText('payments-prod', 'prod'),
    'apps/b.yaml': applicationText('search', 'prod', '', 'shop'),
  }),
);
const catalog: Catalog = {
  ...testCatalog,
  accessPolicies: read.accessPolicies,
  applications: read.applications,
  projects: new Map([...testCatalog.projects, ...read.projects]),
};

let named: readonly NamedToken[] = people.map((line) => tokenOf(line));
let hub: TestHub;

function tokenOf(line: string): NamedToken {
  const [name = '', ...groups] = line.split(' ');
  const digest = createHash('sha256').update(`token-of-${name}`).digest('hex');
  return { digest, subject: { type: 'person', name, groups } };
}

/** The records of the tests, with `search` in a project of its own. */
async function fill(store: StorePort): Promise<void> {
  const applications = records.map((record) =>
    record.name === 'search' ? { ...record, project: 'shop', commit: undefined } : record,
  );
  await store.saveGeneration({
    fleetCommit: { id: 'c1', author: 'a', committedAt: '2026-11-03T12:00:00.000Z', subject: 's' },
    files: [],
    removedFiles: [],
    applications: JSON.parse(JSON.stringify(applications)),
    removedApplications: [],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
  });
  const event = { drift, change: 'opened', at: drift.observedAt } as const;
  const other = { ...event, drift: { ...drift, id: 'drift-0002-search', application: 'argocd/search' } };
  await store.saveReports('prod', [
    { sequence: 1, report: { type: 'drift', event } },
    { sequence: 2, report: { type: 'application', status } },
    { sequence: 3, report: { type: 'drift', event: other } },
  ]);
  const at = { requestedBy: 'admin', cluster: 'prod', request: { type: 'sync' } } as const;
  await store.createOperation({ ...at, application: 'argocd/payments-prod' });
  await store.createOperation({ ...at, application: 'argocd/search' });
  const hold = { reason: 'looking', heldBy: 'admin', until: '2026-11-04T00:00:00.000Z', cluster: 'prod' };
  await store.createHold({ ...hold, application: 'argocd/search' });
  await store.createHold(hold);
}

/** Asks as `promote` does, of the application that the target environment runs. */
async function promoteAsAsked({ to, sees, demand }: PromotionRequest): Promise<Proposal> {
  const target = records.find(({ name }) => name === `payments-${to}`);
  if (target === undefined || sees?.(target) !== true) throw new AppError('not-found', 'there is none');
  demand?.(target);
  throw new AppError('conflict', 'nothing differs');
}

beforeAll(async () => {
  hub = await openTestHub({
    people: () => named,
    control: { catalog: () => catalog, promote: promoteAsAsked },
    fill,
  });
});

afterAll(() => hub.close());

function ask(who: string, path: string, body?: unknown): Promise<Response> {
  const token = who === 'admin' ? testToken : `token-of-${who}`;
  return fetch(`${hub.address}${path.startsWith('/') ? '' : '/api/v1/'}${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function itemsOf(who: string, path: string, field: string): Promise<readonly unknown[]> {
  const answer = await ask(who, path);
  expect([path, answer.status]).toEqual([path, 200]);
  return ((await answer.json()) as { items: readonly Record<string, unknown>[] }).items.map(
    (item) => item[field],
  );
}

async function refusal(answering: Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await answering;
  return { status: answer.status, ...((await answer.json()) as object) };
}

const sync = { type: 'sync' };
const prod = 'applications/argocd%2Fpayments-prod';
const staging = 'applications/argocd%2Fpayments-staging';
const search = 'applications/argocd%2Fsearch';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
}

const document = JSON.parse(readFileSync('client/openapi.json', 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

/** What each route is asked about: things that exist. */
const values: Readonly<Record<string, string>> = {
  key: 'argocd%2Fpayments-prod',
  id: 'drift-0001-replicas',
  target: 'payments-prod',
  who: 'somebody',
  verb: 'get',
  resource: 'clusters',
  object: '%2FPod:payments%2Fweb-1',
};
const bodies: Readonly<Record<string, unknown>> = {
  createOperation: sync,
  createHold: { target: 'prod', forSeconds: 60, reason: 'test' },
  decommissionCluster: { objects: 'release', confirm: 'prod' },
  promoteApplication: { from: 'staging', to: 'prod' },
  rollBackApplication: {},
  testRepository: { url: 'https://git.example/other.git' },
};

function urlOf({ path, operationId, parameters = [] }: (typeof operations)[number]): string {
  const name = path.includes('/projects/') ? 'platform' : 'prod';
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, key: string) =>
    key === 'name' ? name : (values[key] ?? key),
  );
  const required = parameters.filter((each) => each.in === 'query' && each.required === true);
  const query = required.map((each) => `${each.name}=${values[each.name] ?? each.name}`).join('&');
  expect(operationId).toBeDefined();
  return query === '' ? filled : `${filled}?${query}`;
}

describe('permissions', () => {
  test('are declared for every route of the document, and for no other', () => {
    const declared = operations.map(({ operationId }) => operationId);
    const hidden = ['getMetrics'];
    expect([...declared, ...hidden].sort()).toEqual(Object.keys(permissions).sort());
  });

  const asked = operations.filter(
    ({ operationId }) =>
      permissions[operationId]?.type !== 'open' && permissions[operationId]?.type !== 'own',
  );

  test.each(
    asked
      .filter(({ operationId }) => operationId !== 'streamEvents')
      .map((each) => [each.operationId, each] as const),
  )('of %s: whoever has no right gets nothing, and learns no name', async (operationId, operation) => {
    const body = operation.method === 'post' ? (bodies[operationId] ?? {}) : undefined;
    const answer = await ask('nobody', urlOf(operation), body);
    const text = await answer.text();
    const isList = permissions[operationId]?.type === 'shows';
    if (isList) expect(answer.status).toBe(200);
    else expect([403, 404]).toContain(answer.status);
    const given = new Set(
      [values['key'], values['id'], values['target']].map((each) => each?.replace('%2F', '/')),
    );
    for (const name of ['payments-staging', 'shared', 'search', 'team-payments', 'staging', 'acme/apps'])
      if (!given.has(name) && operationId !== 'promoteApplication') expect(text).not.toContain(name);
  });

  test.each(asked.filter(({ method }) => method === 'get').map((each) => [each.operationId, each] as const))(
    'of %s: the administrator is asked about too, so that no route forgets it',
    async (_operationId, operation) => {
      const answer = await ask('admin', urlOf(operation));
      await answer.body?.cancel();
      expect(answer.status).not.toBe(500);
    },
  );
});

describe('somebody with a token of their own', () => {
  test('sees in lists what they may get, and no more', async () => {
    expect(await itemsOf('alice', 'applications', 'application')).toEqual([
      'argocd/payments-prod',
      'argocd/payments-staging',
      'argocd/shared',
      'team-b/shared',
    ]);
    expect(await itemsOf('eve', 'applications', 'application')).toEqual(['argocd/search']);
    expect(await itemsOf('alice', 'clusters', 'name')).toEqual(['prod']);
    expect(await itemsOf('eve', 'clusters', 'name')).toEqual([]);
    expect(await itemsOf('reader', 'clusters', 'name')).toEqual(['prod', 'staging']);
    expect(await itemsOf('alice', 'drifts', 'cluster')).toEqual(['prod']);
    expect(await itemsOf('reader', 'drifts', 'cluster')).toEqual(['prod', 'prod']);
    expect(await itemsOf('eve', 'operations?state=all', 'application')).toEqual(['argocd/search']);
    expect(await itemsOf('eve', 'holds', 'application')).toEqual(['argocd/search']);
    expect(await itemsOf('alice', 'holds', 'application')).toEqual([undefined]);
    expect(await itemsOf('proj:shop:pipeline', 'projects', 'name')).toEqual(['shop']);
    expect(await itemsOf('reader', 'projects', 'name')).toEqual(['platform', 'shop']);
  });

  test('sees counts of what they may get', async () => {
    const counts = async (who: string) => {
      const { counts: found, sources } = (await (await ask(who, 'status')).json()) as {
        counts: { applications: number; openDrifts: number; clusters: { declared: number } };
        sources: readonly unknown[];
      };
      return [found.applications, found.openDrifts, found.clusters.declared, sources.length];
    };
    expect(await counts('admin')).toEqual([5, 1, 2, 2]);
    expect(await counts('alice')).toEqual([4, 1, 1, 0]);
    expect(await counts('reader')).toEqual([5, 1, 2, 2]);
    expect(await counts('nobody')).toEqual([0, 0, 0, 0]);
  });

  test('is told where the overview leaves something out', async () => {
    const limitOf = async (who: string) =>
      ((await (await ask(who, 'overview')).json()) as { limited?: string }).limited;
    expect(await limitOf('nobody')).toMatch(
      /^nobody may see no applications here; `fairlead access can nobody/,
    );
    expect(await limitOf('eve')).toMatch(/^eve may see 1 application here/);
    expect(await limitOf('reader')).toBeUndefined();
    expect(await limitOf('admin')).toBeUndefined();
  });

  test('does what they may, under their name', async () => {
    const answer = await ask('alice', `${prod}/operations`, sync);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ requestedBy: 'alice' });
    const asAdmin = await ask('admin', `${prod}/operations`, sync);
    expect(await asAdmin.json()).toMatchObject({ requestedBy: 'admin' });
  });

  test('is told the line that denies, or that none allows it', async () => {
    expect(await refusal(ask('alice', `${staging}/operations`, sync))).toMatchObject({
      status: 403,
      code: 'denied',
      message:
        'alice may not sync applications platform/payments-staging: fleet/access.yaml:10: p, role:deployer, applications, sync, platform/payments-staging, deny (alice → payments-team → role:deployer)',
    });
    expect(await refusal(ask('alice', `${prod}/rollback`, {}))).toMatchObject({
      status: 403,
      message: 'alice may not rollback applications platform/payments-prod: nothing allows it',
    });
    expect(await refusal(ask('alice', `${prod}/logs`))).toMatchObject({
      status: 403,
      message: 'alice may not get logs platform/payments-prod: nothing allows it',
    });
    expect((await refusal(ask('reader', `${prod}/logs`)))['status']).toBe(503);
    expect(await refusal(ask('alice', 'clusters/prod/enrollment', {}))).toMatchObject({ status: 403 });
    expect(
      await refusal(ask('alice', 'holds', { target: 'payments-prod', forSeconds: 60, reason: 'x' })),
    ).toMatchObject({
      status: 403,
      message: expect.stringContaining('may not update applications platform/payments-prod'),
    });
  });

  test('finds what is not shown as little as what is not there', async () => {
    const hidden = await refusal(ask('alice', search));
    const absent = await refusal(ask('alice', 'applications/argocd%2Fsearcj'));
    expect(hidden).toEqual({ ...absent, subject: 'argocd/search' });
    for (const path of [`${search}/history`, 'explain?target=search', 'drifts/drift-0002-search'])
      expect([path, (await ask('alice', path)).status]).toEqual([path, 404]);
    expect((await ask('operator', search)).status).toBe(404);
    expect((await ask('operator', `${search}/operations`, sync)).status).toBe(404);
  });

  test('may have a denial beside an administrator’s role', async () => {
    expect((await ask('operator', 'clusters/prod/enrollment', {})).status).toBe(201);
    expect((await ask('operator', `${prod}/operations`, sync)).status).toBe(202);
  });

  test('ends an operation by the right that it takes to ask for it', async () => {
    hub.answer(undefined);
    const made = (await (await ask('admin', `${staging}/operations`, sync)).json()) as { id: string };
    hub.answer('Succeeded');
    expect((await ask('alice', `operations/${made.id}/cancel`, {})).status).toBe(403);
    expect((await ask('eve', `operations/${made.id}/cancel`, {})).status).toBe(404);
    expect(await (await ask('operator', `operations/${made.id}/cancel`, {})).json()).toMatchObject({
      cancelledBy: 'operator',
    });
  });

  test('promotes only what they may see and change', async () => {
    const promote = async (who: string, dryRun: boolean) =>
      (await refusal(ask(who, 'applications/payments/promotion', { from: 'staging', to: 'prod', dryRun })))[
        'status'
      ];
    expect(await promote('nobody', true)).toBe(404);
    expect(await promote('alice', true)).toBe(409);
    expect(await promote('alice', false)).toBe(403);
    expect(await promote('operator', false)).toBe(409);
  });

  test('hears only of what they see', async () => {
    const events = await ask('eve', 'events');
    const reader = events.body?.getReader();
    const decoder = new TextDecoder();
    let heard = '';
    await expect.poll(() => hub.listeners()).toBeGreaterThan(0);
    hub.emit({ type: 'application', application: 'argocd/payments-prod' });
    hub.emit({ type: 'cluster', cluster: 'prod' });
    hub.emit({ type: 'application', application: 'argocd/search' });
    while (!heard.includes('argocd/search')) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done === true) break;
      heard += decoder.decode(value);
    }
    await reader?.cancel();
    expect(heard).toContain('argocd/search');
    expect(heard).not.toMatch(/payments-prod|event: cluster/);
  });

  test('reads the metrics where they may read everything, as the metrics’ own token does', async () => {
    expect((await ask('reader', '/metrics')).status).toBe(200);
    expect(await refusal(ask('alice', '/metrics'))).toMatchObject({ status: 403 });
    const own = await fetch(`${hub.address}/metrics`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    });
    expect(own.status).toBe(200);
  });

  test('has Git read again where they may see the fleet repository', async () => {
    expect((await ask('reader', 'webhook', {})).status).toBe(202);
    expect(await refusal(ask('alice', 'webhook', {}))).toMatchObject({
      status: 403,
      message: `alice may not get repositories ${fleetUrl}: nothing allows it`,
    });
  });
});

describe('a session of somebody', () => {
  test('shows what they may see, and ends with their token', async () => {
    const begun = await fetch(`${hub.address}/api/v1/session`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-alice' },
    });
    expect(await begun.json()).toMatchObject({ name: 'alice' });
    const cookie = begun.headers.get('set-cookie')?.split(';')[0] ?? '';
    const list = await fetch(`${hub.address}/api/v1/applications`, { headers: { cookie } });
    expect(await list.json()).toMatchObject({ total: 4 });
    const compared = await fetch(`${hub.address}/api/v1/${prod}/operations`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'diff' }),
    });
    expect(await compared.json()).toMatchObject({ requestedBy: 'alice in the web UI' });
    const before = named;
    named = named.filter(({ subject }) => subject.name !== 'alice');
    try {
      expect((await fetch(`${hub.address}/api/v1/applications`, { headers: { cookie } })).status).toBe(401);
      expect((await ask('alice', 'applications')).status).toBe(401);
      expect((await ask('reader', 'applications')).status).toBe(200);
    } finally {
      named = before;
    }
  });

  test('can not be made from the file of digests', async () => {
    const digest = named.find(({ subject }) => subject.name === 'alice')?.digest ?? '';
    const begun = await fetch(`${hub.address}/api/v1/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${digest}` },
    });
    expect(begun.status).toBe(401);
  });
});

describe('access can', () => {
  const can = (who: string, query: string) => ask(who, `access/can?${query}`);

  test('answers with the line that decided, with the groups of their tokens', async () => {
    const query = 'who=alice&verb=sync&resource=applications&object=platform%2Fpayments-prod';
    expect(await (await can('admin', query)).json()).toMatchObject({
      allowed: true,
      groups: ['payments-team'],
      by: {
        location: { file: 'fleet/access.yaml', line: 9 },
        via: ['alice', 'payments-team', 'role:deployer'],
      },
    });
    expect(await (await can('admin', `${query}&group=other`)).json()).toMatchObject({
      allowed: false,
      groups: ['other'],
    });
  });

  test('is for oneself, and for whoever may see accounts', async () => {
    const query = 'verb=get&resource=clusters&object=staging&who=';
    expect(await (await can('alice', `${query}alice`)).json()).toMatchObject({ allowed: false });
    expect((await can('alice', `${query}alice&group=role:admin`)).status).toBe(403);
    expect((await can('alice', `${query}eve`)).status).toBe(403);
    expect((await can('reader', `${query}eve`)).status).toBe(200);
  });

  test('knows a misspelt resource from a missing right', async () => {
    expect(await refusal(can('admin', 'who=a&verb=get&resource=cluster'))).toMatchObject({
      status: 400,
      remedy: 'Did you mean clusters?',
    });
  });
});

describe('the file of named tokens', () => {
  const digest = 'a'.repeat(64);

  test('has one person to a line', () => {
    expect(
      parseApiTokens(`# people\n\nalice sha256:${digest} payments-team, Platform on call\n`, 'tokens'),
    ).toEqual([
      { digest, subject: { type: 'person', name: 'alice', groups: ['payments-team', 'Platform on call'] } },
    ]);
  });

  test.each([
    [`admin sha256:${digest}`, /admin is whoever holds the admin token/],
    [`role:admin sha256:${digest}`, /role:admin is a role/],
    [`proj:shop sha256:${digest}`, /proj:shop is a role/],
    [`alice sha256:${digest} role:admin`, /role:admin is a role, not a group/],
    [`alice sha256:${digest} proj:shop:pipeline`, /not a group/],
    ['alice a-token-in-clear', /a line is NAME sha256:DIGEST/],
    [`alice sha256:${digest}\nbob sha256:${digest}`, /stands in line 2 already/],
    [`"alice" sha256:${digest}`, /can't be a name/],
  ])('is refused with %j', (line, sentence) => {
    expect(() => parseApiTokens(`\n${line}\n`, '/etc/tokens')).toThrow(sentence);
  });
});
