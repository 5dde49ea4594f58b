import { AppError } from '../../core/error.ts';
import type { ApplicationRecord, StorePort } from '../ports.ts';
import { suggest } from './nearest-names.ts';

/**
 * The application that a person named: by its key `namespace/name`, or by its name or `cluster/name` where only one
 * has it. Throws AppError `not-found` with near names, or `conflict` with the keys that it could mean.
 */
export async function findApplication(store: StorePort, name: string): Promise<ApplicationRecord> {
  const exact = await store.readApplication(name);
  if (exact !== undefined) return exact;
  const all = await store.listApplications();
  const found = all.filter((record) => record.name === name || `${record.cluster}/${record.name}` === name);
  const [first, ...others] = found;
  if (first === undefined) {
    const names = all.flatMap((record) => [
      record.name,
      `${record.cluster}/${record.name}`,
      record.application,
    ]);
    throw new AppError('not-found', 'there is no such application', {
      subject: name,
      remedy: suggest(name, names, 'fairlead app list'),
    });
  }
  if (others.length === 0) return first;
  const keys = found.map((record) => record.application);
  throw new AppError('conflict', `${found.length} applications are called so`, {
    subject: name,
    remedy: `Name one of them whole: ${keys.join(', ')}`,
  });
}
