import { AppError } from '../../core/error.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { KubePort } from '../ports.ts';
import { readLive } from './inspect-object.ts';
import { namespaces } from './own-resources.ts';

/** Makes a namespace where there is none. It gets no mark of ours: nobody's Git declares it, so nobody may prune it. */
export async function ensureNamespace(kube: KubePort, name: string): Promise<void> {
  const read = await readLive(kube, namespaces, { group: '', kind: 'Namespace', namespace: '', name });
  if (read.type === 'live') return;
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const answer = await kube.create(namespaces, object);
  if (answer.type === 'ok' || answer.failure.status === 409) return;
  throw new AppError('unavailable', `can't create the namespace: ${answer.failure.message}`, {
    subject: name,
  });
}
