import { Command, Option } from 'commander';
import { version } from '../core/version.ts';
import { addAccessCan } from './commands/access-can.ts';
import { addAccessToken } from './commands/access-token.ts';
import { addAppConfirmPrune } from './commands/app-confirm-prune.ts';
import { addAppDiff } from './commands/app-diff.ts';
import { addAppEvents } from './commands/app-events.ts';
import { addAppGet } from './commands/app-get.ts';
import { addAppHistory } from './commands/app-history.ts';
import { addAppList } from './commands/app-list.ts';
import { addAppLive } from './commands/app-live.ts';
import { addAppLogs } from './commands/app-logs.ts';
import { addAppSync } from './commands/app-sync.ts';
import { addAppTree } from './commands/app-tree.ts';
import { addClusterDecommission } from './commands/cluster-decommission.ts';
import { addClusterEnroll } from './commands/cluster-enroll.ts';
import { addClusterGet } from './commands/cluster-get.ts';
import { addClusterList } from './commands/cluster-list.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDriftList } from './commands/drift-list.ts';
import { addDriftShow } from './commands/drift-show.ts';
import { addExplain } from './commands/explain.ts';
import { addHold } from './commands/hold.ts';
import { addHoldEnd, addUnhold } from './commands/hold-end.ts';
import { addHoldList } from './commands/hold-list.ts';
import { addIncidentList } from './commands/incident-list.ts';
import { addNotificationList } from './commands/notification-list.ts';
import { addNotificationTest } from './commands/notification-test.ts';
import { addOperationCancel } from './commands/operation-cancel.ts';
import { addOperationGet } from './commands/operation-get.ts';
import { addOperationList } from './commands/operation-list.ts';
import { addProjectList } from './commands/project-list.ts';
import { addProjectOrphans } from './commands/project-orphans.ts';
import { addPromote } from './commands/promote.ts';
import { addRepoList } from './commands/repo-list.ts';
import { addRepoTest } from './commands/repo-test.ts';
import { addRollback } from './commands/rollback.ts';
import { addValidate } from './commands/validate.ts';
import { addVersion } from './commands/version.ts';
import type { Exit } from './context.ts';

/** All commands. Their heavy parts are loaded when one of them runs. */
export function createProgram(exit: Exit): Command {
  const program = new Command('fairlead')
    .description('GitOps for a fleet of Kubernetes clusters: what Git says, what runs, and what differs.')
    .version(version, '-V, --version', 'print the version')
    .option('--server <url>', 'the hub; else FAIRLEAD_SERVER, the configuration file, http://127.0.0.1:8080')
    .option('--token <token>', 'the API token; else FAIRLEAD_TOKEN (better: options show in process lists)')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table'),
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError('Add --help for usage.')
    .addHelpText('after', programHelp);
  // These two are run before commands are parsed; here they are only listed.
  program.command('hub').description('run the hub (fairlead hub --help)').helpOption(false);
  program
    .command('agent')
    .description('run the agent of a cluster (fairlead agent --help)')
    .helpOption(false);

  const cluster = program.command('cluster').description('members of the fleet');
  addClusterEnroll(cluster);
  addClusterList(cluster);
  addClusterGet(cluster);
  addClusterDecommission(cluster, exit);
  const project = program.command('project').description('who may put what where');
  addProjectList(project);
  addProjectOrphans(project);
  const access = program.command('access').description('who may do what');
  addAccessCan(access, exit);
  addAccessToken(access);
  const app = program
    .command('app')
    .description('applications: their state, diff and sync, and what is live');
  addAppList(app);
  addAppGet(app);
  addAppDiff(app, exit);
  addAppSync(app, exit);
  addAppConfirmPrune(app, exit);
  addAppHistory(app);
  addAppTree(app);
  addAppLive(app);
  addAppEvents(app);
  addAppLogs(app, exit);
  const operation = program.command('operation').description('what people asked of agents');
  addOperationList(operation);
  addOperationGet(operation);
  addOperationCancel(operation);
  const drift = program.command('drift').description('what hands or other tools changed');
  addDriftList(drift, exit);
  addDriftShow(drift);
  addExplain(program);
  const repo = program
    .command('repo')
    .description('repositories that applications use, and how the hub reaches them');
  addRepoList(repo);
  addRepoTest(repo, exit);
  const notification = program.command('notification').description('who is told of what, and how that goes');
  addNotificationList(notification);
  addNotificationTest(notification, exit);
  const incident = program.command('incident').description('what somebody was told of');
  addIncidentList(incident);
  const hold = addHold(program);
  addHoldList(hold);
  addHoldEnd(hold);
  addUnhold(program);
  addPromote(program, exit);
  addRollback(program, exit);
  addValidate(program, exit);
  addDoctor(program, exit);
  addVersion(program);
  return program;
}

const programHelp = `
Exit codes: 0 done or equal, 1 error, 2 differs, 3 denied.
The configuration file is ~/.config/fairlead/config.yaml, with server: and token:.

Examples:
  fairlead doctor                    what works, what doesn't, what to do
  fairlead app list                  all applications, each in a sentence
  fairlead app get payments-prod     what is wrong, who did it, what to do
  fairlead explain payments-prod     what holds it back, from the commit to health
  fairlead drift list --watch        what hands change, live`;
