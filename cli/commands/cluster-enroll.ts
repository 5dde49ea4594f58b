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
    .option(
      '--chart <chart>',
      'the agent chart that is printed: a folder or an oci:// address',
      'charts/agent',
    )
    .addHelpText(
      'after',
      [
        '\nA new token replaces an unused one.',
        '\nExamples:',
        '  fairlead cluster enroll prod',
        '  fairlead cluster enroll prod --chart oci://registry.example.com/charts/fairlead-agent',
      ].join('\n'),
    )
    .action(async (name: string, { chart }: EnrollOptions, command: Command) =>
      enroll(await openContext(command), name, chart),
    );
}

interface EnrollOptions {
  readonly chart: string;
}

async function enroll(context: Context, name: string, chart: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const params = { path: { name } };
  const enrollment = await unwrap(context.client.POST('/api/v1/clusters/{name}/enrollment', { params }));
  const cluster = await unwrap(context.client.GET('/api/v1/clusters/{name}', { params }));
  await print(context, enrollment, (value) => renderEnrollment(value, cluster, { context, chart }));
}

function renderEnrollment(
  { cluster, token, expiresAt }: Schemas['Enrollment'],
  { enrolledAt, connected }: Schemas['Cluster'],
  { context, chart }: { readonly context: Context; readonly chart: string },
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
    "Install its agent with Helm, with kubectl's context on that cluster:",
    '',
    `kubectl create namespace ${agentNamespace}`,
    // A builtin of the shell: unlike an argument of kubectl, the token stands in no list of processes.
    `printf %s ${token} | kubectl create secret generic fairlead-enrollment --namespace ${agentNamespace} --from-file=token=/dev/stdin`,
    `helm install fairlead-agent ${quoted(chart)} --namespace ${agentNamespace} --set profile=cluster`,
    '',
    "It applies everything then. To report only: profile=observe. In some namespaces only: profile=namespaced and --set 'namespaces={shop,payments}'.",
    '',
    'Or start it outside of the cluster, where the cluster can be reached, with your kubeconfig:',
    '',
    `fairlead agent --enroll-token ${token} --state-dir ./fairlead-agent-${cluster} --kubeconfig ~/.kube/config --context ${cluster}`,
    '',
    `Then see it arrive: fairlead cluster get ${cluster} --watch`,
  ].join('\n');
}

const agentNamespace = 'fairlead-system';

/** For a shell, where it isn't plain already. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
