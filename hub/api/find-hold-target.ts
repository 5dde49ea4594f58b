import { AppError } from '../../core/error.ts';
import type { ApiView } from './api-view.ts';
import { findApplication } from './find-application.ts';
import { suggest } from './nearest-names.ts';

export interface HoldTarget {
  readonly cluster: string;
  readonly application?: string;
}

/**
 * What a person means to hold: a cluster, or an application by any of its names. Throws AppError `not-found`, or
 * `conflict` where both are called so, or the application runs nowhere.
 */
export async function findHoldTarget(
  context: ApiView,
  name: string,
  kind: 'application' | 'cluster' | undefined,
): Promise<HoldTarget> {
  const clusters = await clusterNames(context);
  const isCluster = clusters.includes(name);
  if (kind === 'cluster' || (kind === undefined && isCluster)) {
    if (!isCluster) throw unknownCluster(name, clusters);
    if (kind === undefined && (await isApplication(context, name))) throw ambiguous(name);
    return { cluster: name };
  }
  const record = await findApplication(context.store, name);
  if (record.cluster === '') {
    throw new AppError('conflict', 'it runs on no cluster, so there is nothing to hold', {
      subject: record.application,
      remedy: record.gates[0]?.remedy ?? 'See `fairlead app get`',
    });
  }
  return { cluster: record.cluster, application: record.application };
}

async function clusterNames({ control, store, gate }: ApiView): Promise<readonly string[]> {
  const declared = control.catalog()?.clusters.keys() ?? [];
  const enrolled = (await store.listEnrolled()).map(({ cluster }) => cluster);
  return [...new Set([...declared, ...enrolled])].filter((name) => gate.seesCluster(name)).sort();
}

async function isApplication({ store }: ApiView, name: string): Promise<boolean> {
  const records = await store.listApplications();
  return records.some((record) => record.name === name || record.application === name);
}

function unknownCluster(name: string, clusters: readonly string[]): AppError {
  return new AppError('not-found', 'there is no such cluster', {
    subject: name,
    remedy: suggest(name, clusters, 'fairlead cluster list'),
  });
}

function ambiguous(name: string): AppError {
  return new AppError('conflict', 'a cluster and an application are called so', {
    subject: name,
    remedy: 'Name the application whole (namespace/name), or say --cluster',
  });
}
