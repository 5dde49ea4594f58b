import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { type Access, readAccess } from '../access/access.ts';
import { permissionOf, type Question, rightsOf, type Verdict } from '../access/decide.ts';
import { describeQuestion, describeVerdict, nameOf } from '../access/describe.ts';
import { applicationObject, clusterObjects } from '../access/objects.ts';
import type { Subject } from '../access/subject.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ApplicationRecord } from '../ports.ts';
import { callerOf } from './caller.ts';
import type { ApiContext } from './context.ts';
import { type Right, rightOf, seesApplications, seesClusters, seesProjects } from './permissions.ts';

/** What somebody may do and see, by the policies as they are now: it may be kept while a stream is open. */
export interface Gate {
  readonly subject: Subject;
  may(right: Right, objects: readonly string[]): boolean;
  seesApplication(record: Pick<ApplicationRecord, 'application' | 'project'>): boolean;
  seesCluster(cluster: string): boolean;
  seesProject(project: string): boolean;
  /** Throws AppError `denied` with the line that denies, or that nothing allows it. */
  demand(right: Right, objects: readonly string[]): void;
}

const asked = new WeakSet<FastifyRequest>();

/** Whether a route has asked what its caller may. */
export function hasAsked(request: FastifyRequest): boolean {
  return asked.has(request);
}

export function gateOf(context: ApiContext, request: FastifyRequest): Gate {
  asked.add(request);
  return createGate(context, callerOf(request).subject);
}

/** Throws AppError `denied` unless the caller has the right that `permissions` says for this route. */
export function demand(
  context: ApiContext,
  request: FastifyRequest,
  objects: readonly string[],
  variant = '',
): void {
  const { operationId = '' } = (request.routeOptions.schema ?? {}) as { readonly operationId?: string };
  const right = rightOf(operationId, variant);
  if (right === undefined) {
    throw new AppError('internal', 'no permission is declared for this', {
      subject: [operationId, variant].join(' '),
    });
  }
  gateOf(context, request).demand(right, objects);
}

/** The same question again, for what was permitted once. */
export function mayStill(context: ApiContext, request: FastifyRequest, objects: readonly string[]): boolean {
  try {
    demand(context, request, objects);
    return true;
  } catch {
    return false;
  }
}

export function createGate(context: ApiContext, subject: Subject): Gate {
  const verdictOf = createVerdicts(context, subject);
  const may: Gate['may'] = (right, objects) => verdictOf(right, objects).type === 'allowed';
  return {
    subject,
    may,
    seesApplication: ({ application, project }) =>
      may(seesApplications, [applicationObject(application, project)]),
    seesCluster: (cluster) => may(seesClusters, clusterNames(context, cluster)),
    seesProject: (project) => may(seesProjects, [project]),
    demand(right, objects) {
      const verdict = verdictOf(right, objects);
      if (verdict.type === 'allowed') return;
      const question = questionOf(right, objects);
      const sentence = describeVerdict(accessOf(context), subject, question, verdict);
      throw new AppError('denied', sentence, {
        remedy: `Ask whoever keeps the fleet's policies; \`fairlead access can ${nameOf(subject)} ${describeQuestion(question)}${groupFlags(subject)}\` asks again`,
      });
    },
  };
}

function groupFlags(subject: Subject): string {
  if (subject.type === 'administrator') return '';
  return subject.groups.map((group) => ` --group ${group}`).join('');
}

/** As policies name a cluster. */
export function clusterNames({ control }: ApiContext, cluster: string): readonly string[] {
  return clusterObjects(cluster, control.catalog()?.clusters.get(cluster));
}

/** Asks the newest catalog each time, and works out what doesn't depend on the object once for each. */
function createVerdicts(
  context: ApiContext,
  subject: Subject,
): (right: Right, objects: readonly string[]) => Verdict {
  let current: Access | undefined;
  let permits = new Map<Right, (objects: readonly string[]) => Verdict>();
  return (right, objects) => {
    const access = accessOf(context);
    if (access !== current) permits = new Map();
    current = access;
    const permit = permits.get(right) ?? permissionOf(rightsOf(access, subject), questionOf(right, objects));
    permits.set(right, permit);
    return permit(objects);
  };
}

function questionOf(right: Right, objects: readonly string[]): Question {
  const [verb = '', resource = ''] = right.split(' ');
  return { verb, resource, objects };
}

const known = new WeakMap<Catalog, Access>();
const nothing = readAccess(undefined);

function accessOf({ control }: ApiContext): Access {
  const catalog = control.catalog();
  if (catalog === undefined) return nothing;
  const access = known.get(catalog) ?? readAccess(catalog);
  known.set(catalog, access);
  return access;
}
