import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type KubeOptions, openKube } from '../../../agent/kube/client.ts';
import type { Connection } from '../../../agent/kube/credentials.ts';
import type { RequestRecord } from '../../../agent/kube/transport.ts';
import type { KubePort } from '../../../agent/ports.ts';
import type { JsonObject } from '../../../core/json.ts';
import { eventually } from '../../support/eventually.ts';
import {
  answer,
  configMap,
  configMaps,
  connectionTo,
  type LoopbackApi,
  type Responder,
  startLoopbackApi,
  status,
} from './loopback-api.ts';

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(
  respond: Responder,
  options: KubeOptions = {},
): Promise<{ api: LoopbackApi; kube: KubePort }> {
  const api = await startLoopbackApi(respond);
  const kube = openKube(await connectionTo(api.url), options);
  opened.push(api.close, kube.close);
  return { api, kube };
}

const ref = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const desired = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'a' } };
const echo: Responder = (_, response) => answer(response, 200, configMap('a', '1'));

describe('requests', () => {
  it('apply by server-side apply, strictly and by force, and write nothing in a dry run', async () => {
    const { api, kube } = await open(echo);
    await kube.apply(configMaps, { ...desired, data: { id: 9007199254740993n } }, { dryRun: false });
    await kube.apply(configMaps, desired, { dryRun: true });
    const [apply, dryRun] = api.seen;
    expect(apply).toMatchObject({ method: 'PATCH', path: '/api/v1/namespaces/default/configmaps/a' });
    expect(apply?.headers).toMatchObject({
      'content-type': 'application/apply-patch+yaml',
      authorization: 'Bearer secret',
    });
    expect(apply?.body).toContain('"id":9007199254740993');
    const common = { fieldManager: 'fairlead', force: 'true', fieldValidation: 'Strict', timeout: '30s' };
    expect(Object.fromEntries(apply!.query)).toEqual(common);
    expect(Object.fromEntries(dryRun!.query)).toEqual({ ...common, dryRun: 'All' });
  });

  it('delete one object by its uid; one that is gone is deleted', async () => {
    const gone = { ...status(404, 'NotFound', 'configmaps "a" not found'), details: { name: 'a' } };
    const { api, kube } = await open((_, response) => answer(response, 404, gone));
    expect(await kube.delete(configMaps, ref, { uid: 'u1' })).toMatchObject({ type: 'ok' });
    expect(JSON.parse(api.seen[0]!.body)).toMatchObject({
      preconditions: { uid: 'u1' },
      propagationPolicy: 'Background',
    });
  });

  it('patch by steps under the manager that is given, and delete with the propagation that is given', async () => {
    const { api, kube } = await open(echo);
    const steps = [{ op: 'remove', path: '/metadata/labels/a~1b' }] as const;
    await kube.jsonPatch(configMaps, ref, steps, { manager: 'm' });
    await kube.delete(configMaps, ref, { uid: 'u1' }, { propagation: 'Orphan' });
    const [patch, deletion] = api.seen;
    expect(patch?.headers['content-type']).toBe('application/json-patch+json');
    expect(patch?.query.get('fieldManager')).toBe('m');
    expect(JSON.parse(patch!.body)).toEqual(steps);
    expect(JSON.parse(deletion!.body)).toMatchObject({ propagationPolicy: 'Orphan' });
  });

  it('do not take a version that is not served for an object that is gone', async () => {
    const unserved = status(404, 'NotFound', 'the server could not find the requested resource');
    const { kube } = await open((_, response, count) => {
      if (count === 1) return answer(response, 404, unserved);
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found\n');
    });
    expect(await kube.delete(configMaps, ref, { uid: 'u1' })).toMatchObject({
      type: 'failed',
      failure: { status: 404, reason: '', message: unserved.message },
    });
    expect(await kube.delete(configMaps, ref, { uid: 'u1' })).toMatchObject({
      type: 'failed',
      failure: { status: 404, reason: '', message: expect.stringContaining('404 page not found') },
    });
  });

  it.each(['', '.', '..'])('never send a name %j, whose path is another one', async (name) => {
    const { api, kube } = await open(echo);
    const result = await kube.delete(configMaps, { ...ref, name }, { uid: 'u1' });
    expect(result).toMatchObject({ type: 'failed', failure: { status: 422, reason: 'Invalid' } });
    expect(await kube.get(configMaps, { ...ref, namespace: '' })).toMatchObject({ type: 'failed' });
    expect(api.seen).toEqual([]);
  });

  it('shrink the page of a list that is larger than accepted', async () => {
    const { api, kube } = await open((seen, response) => {
      const isLarge = seen.query.get('limit') === '500';
      if (!isLarge)
        return answer(response, 200, { metadata: { resourceVersion: '9' }, items: [configMap('a', '1')] });
      response.writeHead(200, { 'content-length': 40 * 1024 * 1024 });
      response.end(Buffer.alloc(40 * 1024 * 1024, 32));
    });
    const result = await kube.list(configMaps, {});
    expect(result).toMatchObject({
      type: 'ok',
      objects: [{ metadata: { name: 'a' } }],
      resourceVersion: '9',
    });
    expect(api.seen.map((seen) => seen.query.get('limit'))).toEqual(['500', '50']);
  });

  it('ask for names by metadata alone, and no further than they are wanted', async () => {
    const { api, kube } = await open((seen, response) => {
      const isFirst = seen.query.get('continue') === null;
      const more = isFirst ? { continue: 'next', remainingItemCount: 1 } : {};
      answer(response, 200, {
        metadata: { resourceVersion: '9', ...more },
        items: [configMap(isFirst ? 'a' : 'b', '1')],
      });
    });
    expect(await kube.listNames(configMaps, { atMost: 2 })).toEqual({
      type: 'ok',
      names: new Set(['default/a', 'default/b']),
    });
    expect(api.seen[0]?.headers.accept).toMatch(/^application\/json;as=PartialObjectMetadataList;/);
    expect(await kube.listNames(configMaps, { atMost: 1 })).toEqual({ type: 'too-many' });
    expect(api.seen.map((seen) => seen.query.get('continue'))).toEqual([null, 'next', null]);
  });

  it('take an empty list of names for empty only where it is a list', async () => {
    const answers: JsonObject[] = [{ metadata: { resourceVersion: '9' }, items: null }, {}];
    const { kube } = await open((_, response) => answer(response, 200, answers.shift() ?? {}));
    expect(await kube.listNames(configMaps, { atMost: 2 })).toEqual({ type: 'ok', names: new Set() });
    expect(await kube.listNames(configMaps, { atMost: 2 })).toMatchObject({
      type: 'failed',
      failure: { message: expect.stringContaining('malformed') },
    });
  });

  it('are told to the hook, once each', async () => {
    const records: RequestRecord[] = [];
    const { kube } = await open(echo, { onRequest: (record) => records.push(record) });
    await kube.get(configMaps, ref);
    await kube.apply(configMaps, desired, { dryRun: true });
    const bytes = JSON.stringify(configMap('a', '1')).length;
    expect(records).toEqual([
      { method: 'GET', verb: 'get', resource: 'configmaps', status: 200, bytes },
      { method: 'PATCH', verb: 'dry-run', resource: 'configmaps', status: 200, bytes },
    ]);
  });

  it('are not more at a time than the limit, and use several connections where there is no HTTP/2', async () => {
    const waiting: ServerResponse[] = [];
    const { api, kube } = await open((_, response) => void waiting.push(response), { maxInFlight: 3 });
    const all = Promise.all(Array.from({ length: 7 }, () => kube.get(configMaps, ref)));
    let finished = 0;
    while (finished < 7) {
      const expected = Math.min(3, 7 - finished);
      await eventually(() => expect(waiting).toHaveLength(expected));
      expect(api.seen.length).toBe(finished + expected);
      for (const response of waiting.splice(0)) answer(response, 200, configMap('a', '1'));
      finished += expected;
    }
    expect((await all).every((result) => result.type === 'ok')).toBe(true);
    expect(api.connections()).toBeGreaterThan(1);
  });

  it('go through while watches are held open', async () => {
    const { kube } = await open((seen, response) => {
      if (seen.query.has('watch')) response.writeHead(200).flushHeaders();
      else answer(response, 200, configMap('a', '1'));
    });
    const nothing = () => undefined;
    const handler = { onSynced: nothing, onObject: nothing, onDeleted: nothing, onProblem: nothing };
    for (let count = 0; count < 40; count += 1) kube.watch(configMaps, {}, handler);
    expect(await kube.get(configMaps, ref)).toMatchObject({ type: 'ok' });
  });
});

describe('failures', () => {
  it('carry what the API server said, and when to come again', async () => {
    const details = {
      causes: [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'must be positive' }],
    };
    const body = { ...status(422, 'Invalid', 'Deployment "a" is invalid'), details };
    const { kube } = await open((_, response, count) =>
      count === 1
        ? answer(response, 422, body)
        : answer(response, 429, status(429, 'TooManyRequests', 'too many requests'), { 'retry-after': '3' }),
    );
    expect(await kube.apply(configMaps, desired, { dryRun: false })).toEqual({
      type: 'failed',
      failure: {
        status: 422,
        reason: 'Invalid',
        message: 'Deployment "a" is invalid',
        causes: details.causes,
      },
    });
    expect(await kube.get(configMaps, ref)).toMatchObject({ failure: { status: 429, retryAfterSeconds: 3 } });
  });

  it('of the network have status 0 and plain words', async () => {
    const { kube } = await open(
      (_, response, count) => {
        if (count === 1) response.socket?.resetAndDestroy();
        if (count === 2) response.writeHead(200, { 'content-length': 50 }).write('{"a');
        if (count === 2) setImmediate(() => response.socket?.destroy());
        if (count === 3) response.end('<html>Welcome</html>');
      },
      { requestTimeoutMs: 300 },
    );
    expect(await kube.apply(configMaps, desired, { dryRun: false })).toMatchObject({
      failure: {
        status: 0,
        message: expect.stringMatching(/broke before.*whether it took effect is not known/),
      },
    });
    expect(await kube.get(configMaps, ref)).toMatchObject({ failure: { status: 0 } });
    expect(await kube.get(configMaps, ref)).toMatchObject({
      failure: { status: 0, message: expect.stringContaining('something other than JSON') },
    });
  });

  it('say that nothing listens on a closed port', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const kube = openKube(await connectionTo(`https://127.0.0.1:${port}`));
    opened.push(kube.close);
    const message = `https://127.0.0.1:${port} refuses connections: nothing listens there`;
    expect(await kube.get(configMaps, ref)).toMatchObject({ failure: { status: 0, message } });
    await expect(kube.discover()).rejects.toMatchObject({ name: 'AppError', code: 'unavailable' });
  });

  it('come for a server that never answers', async () => {
    const { kube } = await open(() => undefined, { requestTimeoutMs: 300 });
    expect(await kube.get(configMaps, ref)).toMatchObject({
      failure: { status: 0, message: expect.stringContaining('did not answer in time') },
    });
  });

  it('come at once for what is in flight when the client is closed, and for all that is asked later', async () => {
    const { api, kube } = await open(() => undefined);
    const pending = kube.get(configMaps, ref);
    await eventually(() => expect(api.seen).toHaveLength(1));
    await kube.close();
    expect(await pending).toMatchObject({ failure: { status: 0 } });
    expect(await kube.get(configMaps, ref)).toMatchObject({ failure: { message: 'this client is closed' } });
  });
});

describe('a refused credential', () => {
  async function openWithTokens(tokens: readonly string[]) {
    const api = await startLoopbackApi((seen, response) => {
      if (seen.headers.authorization === 'good') answer(response, 200, configMap('a', '1'));
      else answer(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
    });
    let current = 0;
    const connection: Connection = {
      server: api.url,
      origin: 'the test',
      credentials: async () => ({ headers: { authorization: tokens[current] ?? '' }, tls: {} }),
      renew: () => {
        current = Math.min(current + 1, tokens.length - 1);
      },
    };
    const kube = openKube(connection);
    opened.push(api.close, kube.close);
    return { api, kube };
  }

  it('is renewed, and the request sent once more', async () => {
    const { api, kube } = await openWithTokens(['old', 'good']);
    expect(await kube.get(configMaps, ref)).toMatchObject({ type: 'ok' });
    expect(api.seen).toHaveLength(2);
  });

  it('that stays the same is told with its origin, and not tried again', async () => {
    const { api, kube } = await openWithTokens(['old']);
    expect(await kube.get(configMaps, ref)).toMatchObject({
      failure: {
        status: 401,
        message: expect.stringContaining('does not accept the credentials of the test'),
      },
    });
    expect(api.seen).toHaveLength(1);
    await expect(kube.discover()).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
