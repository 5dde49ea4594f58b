import type { Schemas } from '../../cli/client/open-client.ts';
import { numberAt } from '../../core/json.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { DemoCluster } from '../clusters.ts';
import { deploymentRef, describeApplication, imageOf, isLive, readApplications } from '../fleet-view.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, waitFor } from '../wait-for.ts';

/** Clusters that aren't ours pull real images first. */
const limitMs = 300_000;
const applications = ['payments', 'guestbook', 'storefront'];

/** Waits until all are in force and well, then reads every object back from its API server. */
export async function applicationsLive(story: Story): Promise<Evidence> {
  const { world } = story;
  const wanted = applications.length * world.clusters.length;
  const look = async () => {
    const all = await readApplications(world);
    const waiting = all.filter((each) => !isLive(each));
    if (all.length === wanted && waiting.length === 0) return { done: all };
    const sentences = waiting.slice(0, 3).map((each) => `${describeApplication(each)} (${each.sentence})`);
    return { seen: `${all.length - waiting.length} of ${wanted} are; ${sentences.join('; ')}` };
  };
  const items = await waitFor(story, `${wanted} applications Synced and well`, look, limitMs);
  const counts = await Promise.all(world.clusters.map(async (cluster) => readBack(story, cluster, items)));
  const total = counts.reduce((sum, each) => sum + each.objects, 0);
  const healthy = items.filter((item) => item.health.status === 'Healthy');
  return {
    seen: `${wanted} Synced, ${healthy.length} Healthy, ${total} objects read back`,
    lines: [
      ...counts.map(({ line }) => line),
      ...items.filter((item) => !healthy.includes(item)).map((item) => item.sentence),
    ],
  };
}

async function readBack(
  { world }: Story,
  cluster: DemoCluster,
  items: readonly Schemas['Application'][],
): Promise<{ readonly objects: number; readonly line: string }> {
  const here = items.filter((item) => item.cluster === cluster.name);
  const refs = here.flatMap((item) => item.objects.map((object) => object.ref));
  const objects = await Promise.all(refs.map((ref) => cluster.live.read(ref)));
  const missing = refs.filter((_ref, index) => objects[index] === undefined);
  if (refs.length === 0 || missing.length > 0) {
    const seen = refs.length === 0 ? 'none reported' : `absent: ${missing.map(displayRef).join(', ')}`;
    throw new StepFailure(`every reported object on ${cluster.name}`, seen);
  }
  const deployments = await Promise.all(
    applications.map(async (name) => {
      const deployment = await cluster.live.read(deploymentRef(world, name));
      if (deployment === undefined)
        throw new StepFailure(`Deployment ${name} on ${cluster.name}`, 'it is absent');
      const ready = `${numberAt(deployment, 'status', 'readyReplicas') ?? 0} ready`;
      return `${name} ${imageOf(deployment).split('/').at(-1)} ${ready}`;
    }),
  );
  return {
    objects: refs.length,
    line: `${cluster.name.padEnd(8)} ${refs.length} objects · ${deployments.join(' · ')}`,
  };
}
