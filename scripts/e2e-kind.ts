/**
 * Installs both charts in a kind cluster of its own, from the images of `make images`, and sees a change of Git arrive
 * and be healed. The fleet repository is served by a pod. The cluster is deleted at the end; KEEP=1 leaves it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleetObjects } from './e2e-fleet.ts';
import { findEngine, imageOf } from './engine.ts';
import { run, runOrThrow } from './run.ts';

const name = 'fairlead-e2e';
const context = ['--context', `kind-${name}`];
const helmContext = [
  '--kube-context',
  `kind-${name}`,
  '--namespace',
  'fairlead-system',
  '--wait',
  '--timeout',
  '5m',
];
const kubectl = (...args: readonly string[]): Promise<string> => runOrThrow(['kubectl', ...context, ...args]);

/** What lacks, in a sentence; `undefined` where everything is there. */
async function findLack(): Promise<string | undefined> {
  if ((await findEngine()) === undefined)
    return 'No container engine answers here: start Docker, Podman or nerdctl, then run make e2e-kind again.';
  for (const [tool, ...args] of [
    ['kind', 'version'],
    ['kubectl', 'version', '--client'],
    ['helm', 'version'],
  ]) {
    const { code } = await run([tool ?? '', ...args], { output: 'keep' });
    if (code !== 0) return `${tool} isn't on the path: install it, then run make e2e-kind again.`;
  }
  return undefined;
}

async function step(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${what} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
}

async function installHub(dir: string): Promise<void> {
  const file = join(dir, 'fleet.json');
  await writeFile(
    file,
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: fleetObjects(imageOf('hub')) }),
  );
  await kubectl('apply', '--filename', file);
  await kubectl('wait', '--namespace', 'fleet', 'pod/git', '--for=condition=Ready', '--timeout=120s');
  await runOrThrow([
    ...['helm', 'install', 'fairlead-hub', 'charts/hub', ...helmContext],
    ...['--set', 'fleet.url=git://git.fleet.svc.cluster.local/fleet.git'],
    ...['--set', 'advertise=fairlead-hub-agents.fairlead-system.svc.cluster.local'],
    ...['--set', 'service.agents.type=ClusterIP', '--set', 'networkPolicy.git.ports={9418}'],
  ]);
}

async function installAgent(): Promise<void> {
  const enroll =
    'FAIRLEAD_SERVER=http://127.0.0.1:8080 FAIRLEAD_TOKEN=$(cat /var/lib/fairlead/hub/api-token) fairlead cluster enroll kind -o json';
  const hub = ['--namespace', 'fairlead-system', 'fairlead-hub-0', '--', 'sh', '-c', enroll];
  const { token } = JSON.parse(await kubectl('exec', ...hub)) as { readonly token: string };
  const secret = ['create', 'secret', 'generic', 'fairlead-enrollment', '--namespace', 'fairlead-system'];
  await kubectl(...secret, `--from-literal=token=${token}`);
  await runOrThrow([
    'helm',
    'install',
    'fairlead-agent',
    'charts/agent',
    ...helmContext,
    '--set',
    'profile=cluster',
  ]);
}

async function seeItWork(): Promise<void> {
  const hello = ['--namespace', 'hello', 'configmap/hello'];
  await kubectl('wait', ...hello, '--for=create', '--timeout=120s');
  await kubectl('patch', ...hello, '--type=merge', '--patch={"data":{"text":"by hand"}}');
  await kubectl('wait', ...hello, '--for=jsonpath={.data.text}=from Git', '--timeout=60s');
}

const lack = await findLack();
if (lack !== undefined) {
  console.error(lack);
  process.exit(1);
}
const dir = await mkdtemp(join(tmpdir(), 'fairlead-e2e-'));
try {
  await step('images', () => runOrThrow(['node', 'scripts/images.ts']));
  await step('kind cluster', () =>
    runOrThrow(['kind', 'create', 'cluster', '--name', name, '--wait', '120s']),
  );
  await step('images loaded', () =>
    runOrThrow(['kind', 'load', 'docker-image', imageOf('hub'), imageOf('agent'), '--name', name]),
  );
  await step('hub installed', () => installHub(dir));
  await step('agent installed', installAgent);
  await step('applied, changed by hand, and healed', seeItWork);
} finally {
  await rm(dir, { recursive: true, force: true });
  if (process.env.KEEP !== '1') await run(['kind', 'delete', 'cluster', '--name', name], { output: 'keep' });
}
