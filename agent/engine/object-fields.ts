import type { KubeObject } from '../../core/kube-object.ts';
import { ownedFields } from '../plan/managed-fields.ts';
import type { Permission } from '../plan/plan-application.ts';
import type { EngineServices } from './engine-services.ts';
import { awaitsTakeOver, type Remembered, requestOwnership, type Subject } from './object-requests.ts';

/**
 * What is as Git says has to be ours too: what somebody took and put back would stay for ever once Git drops it. Returns
 * what is live then, that only an apply brings it about, or that somebody wrote in between and all is to be looked at again.
 */
export async function holdFields(
  services: EngineServices,
  subject: Subject & { readonly live: KubeObject },
  how: Remembered & { readonly wanted: string; readonly permission: Permission },
): Promise<KubeObject | 'to-be-applied' | 'outrun'> {
  const { live, prepared } = subject;
  const { permission, baseline, wanted } = how;
  if (permission !== 'apply' && permission !== 'own') return live;
  if (ownedFields(live) === wanted && !awaitsTakeOver(services, subject, how)) return live;
  const otherwise = permission === 'apply' ? 'to-be-applied' : live;
  // What was never applied as it is now is a sync that is due.
  if (baseline?.applied !== prepared.digest) return otherwise;
  const taken = await requestOwnership(services, subject, how);
  if (taken === undefined || taken === 'outrun') return taken ?? otherwise;
  if (ownedFields(taken) === wanted) return taken;
  // What is owned as a whole with defaults in it, on an object that was made anew, only an apply makes ours.
  const applied = await requestOwnership(services, { ...subject, live: taken }, how);
  if (applied === 'outrun' || permission !== 'apply') return applied ?? taken;
  return applied !== undefined && ownedFields(applied) === wanted ? applied : 'to-be-applied';
}
