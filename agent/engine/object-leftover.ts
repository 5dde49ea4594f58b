import type { ObjectRef } from '../../core/object-ref.ts';
import type { ApiResource, Baseline } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectLive } from './object-live.ts';
import type { ObjectOwner } from './object-owner.ts';
import { requestLeftover } from './object-requests.ts';
import type { ObjectTrouble } from './object-trouble.ts';

/** What of an object knows of its leaving. */
interface Leftover {
  readonly ref: ObjectRef;
  readonly owner: ObjectOwner;
  readonly trouble: ObjectTrouble;
  readonly live: ObjectLive;
  readonly baseline: Baseline | undefined;
}

/** Looks whether what left Git is still there, and says so where it is gone. */
export async function confirmLeftover(
  services: EngineServices,
  { ref, owner, trouble, live, baseline }: Leftover,
  resource: ApiResource | undefined,
): Promise<void> {
  const found = await requestLeftover(services, owner.application, ref, resource);
  if (found?.type === 'failed') {
    trouble.failedLeftover(found.failure);
    return owner.onFailed();
  }
  trouble.clear();
  if (found?.type === 'live') return live.see(found.object, baseline);
  if (found?.type !== 'absent') return;
  live.isAbsent();
  owner.onLeftover();
}
