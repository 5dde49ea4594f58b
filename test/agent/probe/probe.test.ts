import { afterEach, expect, it } from 'vitest';
import { FigureGatherer } from '../../../agent/gather-figures.ts';
import type { DesiredSet } from '../../../agent/ports.ts';
import { openProbe, type Probe } from '../../../agent/probe/open-probe.ts';
import { digest } from '../../../core/digest.ts';
import type { Report } from '../../../core/session.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import { recordLog } from '../../support/record-log.ts';

let probe: Probe | undefined;
afterEach(() => probe?.close());

async function start(gatherer: FigureGatherer, unsent = 0) {
  probe = await openProbe({
    listen: { host: '127.0.0.1', port: 0 },
    version: '1.2.3',
    cluster: 'prod',
    figures: () => gatherer.figures(unsent),
    log: recordLog(),
  });
  const { port } = probe;
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
}

function status(name: string, sync: ApplicationStatus['sync'], drifts = 0): Report {
  return {
    type: 'application',
    status: {
      application: name,
      digest: digest(''),
      sync,
      health: { status: 'Healthy', message: '' },
      objects: [],
      drifts: Array.from({ length: drifts }, () => ({}) as ApplicationStatus['drifts'][number]),
      failures: [],
      gates: [],
    },
  };
}

function inForce(generation: number, ...names: readonly string[]): DesiredSet {
  const entry = {
    digest: digest(''),
    desired: {},
  } as unknown as DesiredSet['applications'] extends ReadonlyMap<string, infer E> ? E : never;
  return { generation, applications: new Map(names.map((name) => [name, entry])) };
}

it('is ready once the cluster is its own and something is in force, and stays so without the hub', async () => {
  const gatherer = new FigureGatherer(() => new Date());
  const get = await start(gatherer);
  expect(await get('/readyz')).toEqual({ status: 503, text: 'the cluster is not claimed yet\n' });
  gatherer.claimProblem('this cluster is kept by another agent');
  expect(await get('/readyz')).toEqual({ status: 503, text: 'this cluster is kept by another agent\n' });
  gatherer.granted();
  expect((await get('/readyz')).text).toContain('no desired state is in force, and the hub was not reached');
  gatherer.inForce(inForce(3));
  expect((await get('/readyz')).status).toBe(200);
  gatherer.hubState(true);
  gatherer.hubState(false);
  expect((await get('/readyz')).status).toBe(200);
  expect((await get('/healthz')).status).toBe(200);
});

it('is ready by the hub alone where nothing is assigned to the cluster yet, also after the hub went away', async () => {
  const gatherer = new FigureGatherer(() => new Date());
  const get = await start(gatherer);
  gatherer.granted();
  gatherer.hubState(true);
  expect((await get('/readyz')).status).toBe(200);
  gatherer.hubState(false);
  expect((await get('/readyz')).status).toBe(200);
});

it('is alive whatever it is not ready for', async () => {
  const get = await start(new FigureGatherer(() => new Date()));
  expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  expect((await get('/healthz', 'POST')).status).toBe(405);
  expect((await get('/nowhere')).status).toBe(404);
});

it('writes its figures in the words of Prometheus', async () => {
  let now = 1_700_000_000_000;
  const gatherer = new FigureGatherer(() => new Date(now));
  const get = await start(gatherer, 7);
  gatherer.granted();
  gatherer.inForce(inForce(4, 'a', 'b', 'c'));
  for (const report of [status('a', 'Synced'), status('b', 'OutOfSync', 2), status('c', 'OutOfSync', 1)])
    gatherer.reported(report);
  gatherer.hubState(true);
  now += 5_000;
  gatherer.hubState(false);
  now += 60_000;
  probe?.countRequest({ verb: 'apply', status: 200 });
  probe?.countRequest({ verb: 'apply', status: 200 });
  probe?.countRequest({ verb: 'get', status: 403 });
  const { text } = await get('/metrics');
  for (const line of [
    'fairlead_agent_build_info{version="1.2.3",cluster="prod"} 1',
    'fairlead_agent_ready 1',
    'fairlead_agent_hub_connected 0',
    'fairlead_agent_hub_last_contact_timestamp_seconds 1700000005',
    'fairlead_agent_generation 4',
    'fairlead_agent_applications{sync="Synced"} 1',
    'fairlead_agent_applications{sync="OutOfSync"} 2',
    'fairlead_agent_applications{sync="Unknown"} 0',
    'fairlead_agent_open_drifts 3',
    'fairlead_agent_unsent_reports 7',
    'fairlead_agent_kube_requests_total{verb="apply",code="200"} 2',
    'fairlead_agent_kube_requests_total{verb="get",code="403"} 1',
  ])
    expect(text).toContain(`${line}\n`);
});

it('forgets applications that are no longer assigned', async () => {
  const gatherer = new FigureGatherer(() => new Date());
  gatherer.reported(status('a', 'OutOfSync', 2));
  gatherer.reported(status('b', 'Synced'));
  gatherer.inForce(inForce(5, 'b'));
  expect(gatherer.figures(0)).toMatchObject({ openDrifts: 0, applications: { Synced: 1, OutOfSync: 0 } });
});

it('says which address it can not listen on', async () => {
  await start(new FigureGatherer(() => new Date()));
  const port = probe?.port ?? 0;
  await expect(
    openProbe({
      listen: { host: '127.0.0.1', port },
      version: '1',
      cluster: 'prod',
      figures: () => new FigureGatherer(() => new Date()).figures(0),
      log: recordLog(),
    }),
  ).rejects.toMatchObject({
    message: "the agent's probes can't listen here: another process does already",
    remedy: 'End it, or choose another port (--probe-listen)',
  });
});
