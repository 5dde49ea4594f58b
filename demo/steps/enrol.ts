import { parseJson, stringAt } from '../../core/json.ts';
import { listClusters } from '../fleet-view.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, waitFor } from '../wait-for.ts';

/** `fairlead cluster enroll NAME` for each, then its agent with the token. */
export async function enrol(story: Story): Promise<Evidence> {
  const { world } = story;
  const enrolments = world.clusters.map(async ({ name }) => {
    story.show(`fairlead cluster enroll ${name}`);
    world.startAgent(name, await enrollmentToken(story, name));
  });
  await Promise.all(enrolments);
  const connected = await waitFor(story, 'three connected agents', async () => {
    const clusters = await listClusters(world);
    const seen = clusters.map((each) => `${each.name} ${each.connected ? 'connected' : 'not connected'}`);
    const isDone =
      clusters.length === 3 && clusters.every((each) => each.connected && each.kubernetesVersion);
    return isDone ? { done: clusters } : { seen: seen.join(', ') };
  });
  return {
    seen: `${world.clusters.map((each) => each.name).join(', ')} connected`,
    lines: connected.map(
      (each) =>
        `${each.name.padEnd(8)} connected, Kubernetes ${each.kubernetesVersion}, agent ${each.agentVersion}`,
    ),
  };
}

async function enrollmentToken({ world }: Story, name: string): Promise<string> {
  const { code, stdout, stderr } = await world.fairlead('cluster', 'enroll', name, '-o', 'json');
  const token = code === 0 ? stringAt(parseJson(stdout), 'token') : undefined;
  if (token !== undefined) return token;
  throw new StepFailure(`a token for ${name} from fairlead cluster enroll`, `exit code ${code}: ${stderr}`);
}
