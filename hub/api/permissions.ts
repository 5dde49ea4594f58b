/** What is asked of the policies: a verb and a resource, in Argo CD's words. */
export type Right = `${string} ${string}`;

export type Permission =
  /** Everybody, without a token. */
  | { readonly type: 'open' }
  /** Whoever is known, about themselves. */
  | { readonly type: 'own' }
  /** Shows what the caller has the right to, and is never refused as a whole. */
  | { readonly type: 'shows'; readonly rights: readonly Right[] }
  /** About one thing. By what the request asks for where there are several. */
  | { readonly type: 'needs'; readonly rights: Readonly<Record<string, Right>> };

const open: Permission = { type: 'open' };
const own: Permission = { type: 'own' };

function shows(...rights: readonly Right[]): Permission {
  return { type: 'shows', rights };
}

function needs(right: Right | Readonly<Record<string, Right>>): Permission {
  return { type: 'needs', rights: typeof right === 'string' ? { '': right } : right };
}

/** Without this right an application isn't there for somebody, whatever else they may do with it. */
export const seesApplications = 'get applications';
export const seesClusters = 'get clusters';
export const seesProjects = 'get projects';
/** What concerns the fleet as a whole is asked of its repository. */
export const seesRepositories = 'get repositories';

/**
 * The one table of who may do what at the HTTP API, by operation. Objects: an application is `PROJECT/NAME`
 * (`PROJECT/NAMESPACE/NAME` outside of `argocd`), a cluster its name and each of its `servers` (and after `PROJECT/`), a project its name, a
 * repository its URL, an account a person's name. docs/decisions/0025-access.md explains it.
 */
export const permissions: Readonly<Record<string, Permission>> = {
  getHealthz: open,
  getReadyz: open,
  beginSession: own,
  getSession: own,
  endSession: own,
  /** Or the webhook's own proof. */
  receiveWebhook: needs(seesRepositories),
  /** Of no application and no cluster in particular; or the metrics' own token. */
  getMetrics: needs({ applications: seesApplications, clusters: seesClusters }),

  /** About oneself nothing is needed. */
  canAccess: needs('get accounts'),

  listApplications: shows(seesApplications),
  getApplication: needs(seesApplications),
  listHistory: needs(seesApplications),
  explain: needs(seesApplications),
  getResourceTree: needs(seesApplications),
  getLiveObject: needs(seesApplications),
  getObjectEvents: needs(seesApplications),
  streamLogs: needs('get logs'),
  createOperation: needs({
    sync: 'sync applications',
    diff: seesApplications,
    'confirm-prune': 'delete applications',
  }),
  promoteApplication: needs({ preview: seesApplications, write: 'update applications' }),
  previewRollback: needs(seesApplications),
  rollBackApplication: needs('rollback applications'),

  listDrifts: shows(seesApplications),
  getDrift: needs(seesApplications),
  listOperations: shows(seesApplications, seesClusters),
  getOperation: needs({ application: seesApplications, cluster: seesClusters }),
  /** What it takes to ask for it takes it to end it. */
  cancelOperation: needs({
    sync: 'sync applications',
    diff: seesApplications,
    'confirm-prune': 'delete applications',
    decommission: 'delete clusters',
  }),
  listHolds: shows(seesApplications, seesClusters),
  createHold: needs({ application: 'update applications', cluster: 'update clusters' }),
  endHold: needs({ application: 'update applications', cluster: 'update clusters' }),

  listClusters: shows(seesClusters),
  getCluster: needs(seesClusters),
  enrollCluster: needs('create clusters'),
  /** It lists all that runs there, so it takes what ending it takes. */
  previewDecommission: needs('delete clusters'),
  decommissionCluster: needs('delete clusters'),

  listProjects: shows(seesProjects),
  listOrphans: needs(seesProjects),

  getOverview: shows(seesApplications, seesClusters, seesRepositories),
  getStatus: shows(seesApplications, seesClusters, seesRepositories),
  streamEvents: shows(seesApplications, seesClusters),
  listIncidents: shows(seesApplications, seesClusters),
  listNotifications: shows(seesRepositories),
  testNotification: needs('update repositories'),

  listRepositories: shows(seesRepositories),
  /** The hub goes there with its credentials. */
  testRepository: needs('update repositories'),
};

/** The right that an operation needs; `variant` where it depends on what is asked for. */
export function rightOf(operation: string, variant: string): Right | undefined {
  const permission = Object.hasOwn(permissions, operation) ? permissions[operation] : undefined;
  if (permission?.type !== 'needs') return undefined;
  return Object.hasOwn(permission.rights, variant) ? permission.rights[variant] : undefined;
}
