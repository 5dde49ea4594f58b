import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paint } from '../cli/output/style.ts';
import type { ClusterName } from './clusters.ts';
import { fairleadPath } from './processes.ts';
import { firstImage } from './steps/image-commit.ts';
import { promotedTag } from './steps/promotion.ts';
import type { Terminal } from './terminal.ts';
import type { World } from './world.ts';

/** What to try while everything is up. */
export function showInvitation(world: World, terminal: Terminal): void {
  const { hub, repository, logs } = world;
  const command = (text: string) => terminal.line(`  ${paint(terminal.style, 'cyan', text)}`);
  terminal.line();
  terminal.line(`Everything stays up. Look at it: ${hub.api}  (token ${hub.token}). In another terminal:`);
  command(`export FAIRLEAD_SERVER=${hub.api}`);
  command(`export FAIRLEAD_TOKEN=${hub.token}`);
  command(`alias fairlead=${fairleadPath}`);
  terminal.line();
  command('fairlead cluster list');
  command('fairlead app list');
  command('fairlead app get payments-prod');
  command('fairlead drift list --state all');
  command('fairlead app history payments-prod');
  command('fairlead app list --watch');
  command('fairlead doctor');
  terminal.line();
  terminal.line('Make a drift by hand in prod, where it is reported and left until a sync:');
  for (const each of driftCommands(world, 'prod')) command(each);
  command('fairlead drift list');
  command('fairlead drift show ID');
  command('fairlead app sync payments-prod');
  terminal.line();
  terminal.line('The same in staging, where it is healed at once:');
  for (const each of driftCommands(world, 'staging')) command(each);
  command('fairlead drift list --state all');
  terminal.line();
  const { pid } = hub.process ?? {};
  if (pid !== undefined) {
    terminal.line(
      'Halt the hub, do that again, and let it go on: staging was healed meanwhile, and is reported:',
    );
    command(`kill -STOP ${pid}    # and later: kill -CONT ${pid}`);
    terminal.line();
  }
  terminal.line('Change what Git says; the Git server tells the hub of each push:');
  command(`cd ${repository.dir}`);
  const { tag, digest } = firstImage;
  const edits = `-e s/${promotedTag}/${tag}/ -e s/sha256:.*/${digest}/`;
  command(`sed -i.bak ${edits} apps/payments/overlays/staging/kustomization.yaml`);
  command(`git commit --all --message "payments: ${tag} in staging" && git push`);
  command('fairlead promote payments --from staging --to prod --dry-run');
  command('fairlead rollback payments-staging --dry-run');
  terminal.line();
  terminal.line(`Logs of the hub and the agents: ${logs}`);
  terminal.line('Ctrl-C stops everything and removes what was made.');
}

/** With kubectl, or where that isn't installed, the same request with curl. */
function driftCommands(world: World, name: ClusterName): readonly string[] {
  const { context, kubeconfig, access } = world.cluster(name);
  const namespace = world.namespace('payments');
  const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
  if (hasKubectl || access === undefined) {
    const where = kubeconfig === undefined ? `--context ${context}` : `--kubeconfig ${kubeconfig}`;
    return [`kubectl ${where} --namespace ${namespace} scale deployment payments --replicas 5`];
  }
  const authority = join(world.dir, `${name}-ca.pem`);
  writeFileSync(authority, access.caPem);
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/payments?fieldManager=curl`;
  return [
    `curl --silent --show-error --output /dev/null --cacert ${authority} --request PATCH \\`,
    `  --header 'Authorization: Bearer ${access.token}' \\`,
    "  --header 'Content-Type: application/merge-patch+json' \\",
    `  --data '{"spec":{"replicas":5}}' '${access.server}${path}'`,
  ];
}
