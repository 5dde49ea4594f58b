import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { resolveObject } from '../../cli/commands/find-object.ts';
import { AppError } from '../../core/error.ts';
import { formatRef } from '../../core/object-ref.ts';
import type { QueryRequest } from '../../core/query.ts';
import { type CliResult, runCli, startCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;
let asked: { request: QueryRequest; signal: AbortSignal }[] = [];
let answer: (request: QueryRequest, signal: AbortSignal) => AsyncIterable<unknown>;

beforeAll(async () => {
  hub = await openTestHub({
    queries: {
      async *ask(_cluster, request, signal) {
        asked.push({ request, signal });
        for await (const part of answer(request, signal))
          yield new TextEncoder().encode(`${JSON.stringify(part)}\n`);
      },
    },
  });
});

beforeEach(() => {
  asked = [];
});

afterAll(() => hub.close());

const environment = () => ({ FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken });

function fairlead(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, environment());
}

/** What the agent answers next. */
function answers(...parts: readonly unknown[]): void {
  answer = async function* () {
    yield* parts;
  };
}

const at = '2026-11-03T14:02:20.000Z';
const web = { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' };
const pod = { group: '', kind: 'Pod', namespace: 'payments', name: 'web-1-a' };

describe('app tree', () => {
  const nodes = [
    {
      ref: web,
      depth: 0,
      presence: 'live',
      health: { status: 'Degraded', message: 'out of \u001b[31mimages' },
      idle: 2,
    },
    { ref: { ...web, kind: 'ReplicaSet', name: 'web-1' }, depth: 1, presence: 'live', ready: '0/1' },
    { ref: pod, depth: 2, presence: 'live', restarts: 7, ready: '0/2' },
  ];

  test('shows what stands below what, and why it is not well, with nothing a terminal acts on', async () => {
    answers({ application: 'a', nodes, more: 3, problems: ["pods can't be read"], at });
    const { code, stdout, stderr } = await fairlead('app', 'tree', 'payments-prod');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Deployment payments\/web +Degraded/);
    expect(stdout).toMatch(/└ ReplicaSet web-1 +0\/1/);
    expect(stdout).toMatch(/│ └ Pod web-1-a +0\/2 +7/);
    expect(stdout).toContain('and 2 old revisions (--all)');
    expect(stdout).toContain('And 3 more objects');
    expect(stdout).toContain("pods can't be read");
    expect(stdout).not.toContain('\u001b');
    expect(asked[0]?.request).toMatchObject({ type: 'tree', kinds: 'known' });
  });

  test('gives everything as JSON and YAML', async () => {
    const tree = { application: 'a', nodes, more: 0, problems: [], at };
    answers(tree);
    expect(
      JSON.parse((await fairlead('app', 'tree', 'payments-prod', '--all', '-o', 'json')).stdout),
    ).toEqual(tree);
    expect(parse((await fairlead('app', 'tree', 'payments-prod', '-o', 'yaml')).stdout)).toEqual(tree);
    expect(asked[0]?.request).toMatchObject({ kinds: 'all' });
  });

  test('says what an agent says, and since when it is silent', async () => {
    answer = async function* () {
      yield* [];
      throw new AppError('unsupported', 'the agent of cluster prod (version 0.1) can’t', {
        remedy: 'Upgrade it',
      });
    };
    expect(await fairlead('app', 'tree', 'payments-prod')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Upgrade it'),
    });
    expect(await fairlead('app', 'tree', 'payments-staging')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is silent since 2026-11-03T13:00:00.000Z'),
    });
  });
});

test('app events shows who said what of which object', async () => {
  const event = {
    ref: pod,
    type: 'Warning',
    reason: 'BackOff',
    message: 'restarting',
    count: 9,
    firstAt: at,
    lastAt: at,
    source: 'kubelet',
  };
  answers({ application: 'a', events: [event], more: 4, problems: [], at });
  const { code, stdout } = await fairlead('app', 'events', 'payments-prod', 'deploy/web');
  expect(code).toBe(0);
  expect(stdout).toMatch(/Warning +BackOff +Pod payments\/web-1-a +9 +restarting/);
  expect(stdout).toContain('And 4 older ones.');
  expect(asked[0]?.request).toMatchObject({ type: 'events', object: web });
});

test('app live shows the object alone, as YAML or JSON', async () => {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 3 },
  };
  answers({ ref: web, object, notes: ['Left out: managed fields.'], at });
  const yaml = await fairlead('app', 'live', 'payments-prod', 'web');
  expect(parse(yaml.stdout)).toEqual(object);
  const json = await fairlead('app', 'live', 'payments-prod', 'pod/web-1-a', '--full', '-o', 'json');
  expect(JSON.parse(json.stdout)).toEqual(object);
  expect(asked.map(({ request }) => request)).toMatchObject([
    { type: 'live', object: web, form: 'short' },
    { type: 'live', object: pod, form: 'full' },
  ]);
});

describe('app logs', () => {
  const source = { type: 'source', namespace: 'payments', pod: 'web-1-a', container: 'app' };
  const line = { type: 'line', pod: 'web-1-a', container: 'app', at, text: 'hello \u001b[2Jthere' };

  test('prints lines, what is left out apart from them, and nothing a terminal acts on', async () => {
    answers(
      source,
      line,
      { type: 'dropped', pod: 'web-1-a', container: 'app', lines: 12 },
      { type: 'note', message: '10 of 25' },
    );
    const { code, stdout, stderr } = await fairlead(
      'app',
      'logs',
      'payments-prod',
      '--tail',
      '5',
      '--since',
      '10m',
      '-p',
    );
    expect(stdout).toBe('web-1-a app | hello \ufffd[2Jthere\n');
    expect(stderr).toContain('12 lines of web-1-a came faster');
    expect(stderr).toContain('10 of 25');
    expect(code).toBe(1);
    expect(asked[0]?.request).toMatchObject({
      type: 'logs',
      mode: 'previous',
      tailLines: 5,
      sinceSeconds: 600,
    });
  });

  test('says whose each line is, but where one pod was asked for', async () => {
    answers(source, line, { ...source, pod: 'web-1-b' }, { ...line, pod: 'web-1-b', text: 'two' });
    const { stdout } = await fairlead('app', 'logs', 'payments-prod', 'deployment/web', '-c', 'app');
    expect(stdout).toContain('web-1-a app | hello');
    expect(stdout).toContain('web-1-b app | two\n');
    const one = await fairlead('app', 'logs', 'payments-prod', 'pod/web-1-a');
    expect(one.stdout).toMatch(/^hello/);
    expect(asked[0]?.request).toMatchObject({ object: web, container: 'app', mode: 'now' });
  });

  test('gives records as JSON, one to a line', async () => {
    answers(source, line);
    const { stdout } = await fairlead('app', 'logs', 'payments-prod', '-o', 'json');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text)),
    ).toEqual([source, line]);
  });

  test('ends with what broke it off', async () => {
    answer = async function* () {
      yield line;
      throw new AppError('timeout', 'the agent ended its answer', { remedy: 'Ask again' });
    };
    const { code, stderr } = await fairlead('app', 'logs', 'payments-prod');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('the agent ended its answer. Ask again'),
    });
  });

  test('ends the query at the agent with Ctrl-C', async () => {
    answer = async function* (_request, signal) {
      yield line;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const child = startCli(['app', 'logs', 'payments-prod', '-f'], environment());
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(asked[0]?.request).toMatchObject({ mode: 'follow' });
    child.kill('SIGINT');
    await closed;
    await expect.poll(() => asked[0]?.signal.aborted, { timeout: 30_000 }).toBe(true);
  });

  test.for([
    ['--tail', 'many'],
    ['--since', 'yesterday'],
    ['-o', 'yaml'],
    ['-f', '-p'],
  ])('refuses %s %s before anything is asked', async (args) => {
    const { code, stderr } = await fairlead('app', 'logs', 'payments-prod', ...args);
    expect(code).toBe(1);
    expect(stderr).not.toBe('');
    expect(asked).toEqual([]);
  });
});

describe('the name of an object', () => {
  const app = {
    application: 'argocd/shop',
    namespace: 'shop',
    objects: [
      { ref: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' } },
      { ref: { group: '', kind: 'Service', namespace: 'shop', name: 'web' } },
      { ref: { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'settings' } },
      { ref: { group: '', kind: 'Namespace', namespace: '', name: 'shop' } },
    ],
  };
  test.for([
    ['settings', '/ConfigMap:shop/settings'],
    ['deployment/web', 'apps/Deployment:shop/web'],
    ['Deployments/web', 'apps/Deployment:shop/web'],
    ['deploy/shop/web', 'apps/Deployment:shop/web'],
    ['deployment.apps/web', 'apps/Deployment:shop/web'],
    ['svc/web', '/Service:shop/web'],
    ['pod/web-1', '/Pod:shop/web-1'],
    ['rs/other/web-1', 'apps/ReplicaSet:other/web-1'],
    ['ingresses/front', 'networking.k8s.io/Ingress:shop/front'],
    ['example.dev/Thing:a/b', 'example.dev/Thing:a/b'],
  ] as const)('%s is %s', ([text, expected]) => {
    expect(formatRef(resolveObject(text, app))).toBe(expected);
  });

  test.for([
    ['web', 'conflict', 'apps/Deployment:shop/web, /Service:shop/web'],
    ['thing/web', 'not-found', 'KIND/NAME'],
    ['gone', 'not-found', 'fairlead app tree argocd/shop'],
    ['a/b/c/d', 'not-found', 'KIND/NAMESPACE/NAME'],
    ['pod/', 'not-found', 'KIND/NAME'],
  ] as const)('%s is refused with what it could be', ([text, code, remedy]) => {
    expect(() => resolveObject(text, app)).toThrow(
      expect.objectContaining({ code, remedy: expect.stringContaining(remedy) }),
    );
  });

  test('of a pod needs its namespace where the application has several', () => {
    const spread = {
      ...app,
      objects: [...app.objects, { ref: { group: '', kind: 'ConfigMap', namespace: 'b', name: 'x' } }],
    };
    expect(() => resolveObject('pod/web-1', spread)).toThrow('several namespaces: b, shop');
    expect(formatRef(resolveObject('pod/b/web-1', spread))).toBe('/Pod:b/web-1');
  });
});
