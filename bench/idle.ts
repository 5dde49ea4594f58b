import { readFileSync } from 'node:fs';
import { sleep } from '../test/clusters/wait.ts';
import { type Figure, figureOf } from './figures.ts';
import { HubView } from './hub-view.ts';
import { allSynced } from './hub-waits.ts';
import { prepareManyCluster } from './many-cluster.ts';
import { manyCatalog } from './many-fleet.ts';
import { settled } from './processes.ts';
import { startWorld } from './world.ts';

type Say = (line: string) => void;

const applications = 40;
const minutes = 10;

/** What a request is for. */
const purposes = ['watch-renewals', 'lease-renewals', 'sweep', 'others'] as const;
type Purpose = (typeof purposes)[number];

/** A line of the API server's audit log, as much of it as counts here. */
interface AuditLine {
  readonly userAgent?: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly stage: string;
  readonly stageTimestamp: string;
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string };
}

/** What the agent asks of the API server in ten minutes in which nothing happens to 1,000 objects, as the server saw it. */
export async function measureIdleTen(say: Say): Promise<readonly Figure[]> {
  const files = (repoURL: string) => manyCatalog(repoURL, applications);
  const world = await startWorld({ files, audit: 'requests', log: say });
  try {
    await prepareManyCluster(world.cluster, ['fairlead']);
    const view = await HubView.open(world.hub);
    await world.agent.start('new');
    await allSynced(view, applications);
    view.close();
    await settled(world.agent.pid);
    // Its state follows what it did by up to a quarter of a minute.
    await sleep(30_000);
    const from = new Date().toISOString();
    say(`idle: ${minutes} minutes`);
    await sleep(minutes * 60_000);
    return countRequests(world.cluster.apiServer.auditLog, from, say);
  } finally {
    await world.stop();
  }
}

function countRequests(file: string, from: string, say: Say): readonly Figure[] {
  const counts = new Map<Purpose, number>(purposes.map((purpose) => [purpose, 0]));
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const entry = JSON.parse(line) as AuditLine;
    if (entry.userAgent !== 'fairlead-agent' || entry.stageTimestamp < from) continue;
    const purpose = purposeOf(entry);
    if (purpose === undefined) continue;
    if (purpose === 'others') say(`${entry.verb} ${entry.requestURI}`);
    counts.set(purpose, (counts.get(purpose) ?? 0) + 1);
  }
  return [...counts].map(([purpose, count]) => figureOf(`idle-ten-${purpose}`, 'requests/10 min', [count]));
}

/** `undefined` where a line is no request of its own: a watch has one at its beginning and one at its end. */
function purposeOf({ verb, stage, requestURI, objectRef }: AuditLine): Purpose | undefined {
  if (verb === 'watch') return stage === 'ResponseStarted' ? 'watch-renewals' : undefined;
  if (objectRef?.resource === 'leases') return 'lease-renewals';
  const isOwn = objectRef?.namespace === 'fairlead-system';
  const isLook = verb === 'get' || requestURI.includes('dryRun=All');
  return isLook && !isOwn ? 'sweep' : 'others';
}
