import type { Command } from 'commander';
import { formatMoment } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { print } from '../show.ts';

export function addClusterEnroll(parent: Command): void {
  parent
    .command('enroll')
    .argument('<name>', 'of the Cluster document')
    .description("make a one-time token for the first contact of a cluster's agent")
    .addHelpText('after', '\nA new token replaces an unused one.\n\nExample:\n  fairlead cluster enroll prod')
    .action(async (name: string, _options: unknown, command: Command) =>
      enroll(await openContext(command), name),
    );
}

async function enroll(context: Context, name: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const params = { path: { name } };
  const enrollment = await unwrap(context.client.POST('/api/v1/clusters/{name}/enrollment', { params }));
  const cluster = await unwrap(context.client.GET('/api/v1/clusters/{name}', { params }));
  await print(context, enrollment, (value) => renderEnrollment(value, cluster, context));
}

function renderEnrollment(
  { cluster, token, expiresAt }: Schemas['Enrollment'],
  { enrolledAt, connected }: Schemas['Cluster'],
  context: Context,
): string {
  const before =
    enrolledAt === undefined && !connected
      ? []
      : [
          `${cluster} has an agent${connected ? ', connected now' : ''}: once the token is used, that one no longer counts.`,
          '',
        ];
  return [
    ...before,
    `Cluster ${cluster} may enrol once, until ${formatMoment(expiresAt, context.viewer())}. The token is a secret:`,
    '',
    token,
    '',
    'Start its agent where the cluster can be reached, with its kubeconfig and context:',
    '',
    `fairlead agent --enroll-token ${token} --state-dir ./fairlead-agent-${cluster} --kubeconfig ~/.kube/config --context ${cluster}`,
    '',
    `Then see it arrive: fairlead cluster get ${cluster} --watch`,
  ].join('\n');
}
