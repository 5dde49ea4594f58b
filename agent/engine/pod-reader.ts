import type { KubeObject } from '../../core/kube-object.ts';
import type { Log } from '../../core/log.ts';
import { FairLimiter } from '../apply/fair-limiter.ts';
import type { Trouble } from '../health/container-trouble.ts';
import { joinTrouble, podSelector, readPods } from '../health/deepest-reason.ts';
import { readEvents } from '../health/event-reason.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { KubePort, ScanScope } from '../ports.ts';
import type { ResourceCatalog } from './resource-catalog.ts';

/** Of one cluster, so that a thousand workloads that roll out at once don't crowd out what is applied. */
const looksInFlight = 2;
/** More pods or events than these are not looked at: the ones that are tell enough. */
const mostObjects = 200;

/**
 * Reads why a workload's pods don't come up, on demand: one list of its pods, and one of the events of one of them
 * where they don't say it. Nothing is watched and nothing kept.
 */
export class PodReader {
  readonly #kube: Pick<KubePort, 'scan'>;
  readonly #catalog: Pick<ResourceCatalog, 'discovered'>;
  readonly #log: Log;
  readonly #limiter = new FairLimiter(looksInFlight);
  readonly #refused = new Set<string>();

  constructor(kube: Pick<KubePort, 'scan'>, catalog: Pick<ResourceCatalog, 'discovered'>, log: Log) {
    this.#kube = kube;
    this.#catalog = catalog;
    this.#log = log;
  }

  /** `undefined` where nothing is known, also for want of rights, which is said once. */
  read(owner: KubeObject): Promise<Trouble | undefined> {
    return this.#limiter.run(owner.metadata.namespace ?? '', () => this.#read(owner));
  }

  async #read(owner: KubeObject): Promise<Trouble | undefined> {
    const labelSelector = podSelector(owner);
    const { namespace = '' } = owner.metadata;
    if (labelSelector === undefined || namespace === '') return undefined;
    const pods = await this.#scan('Pod', { namespace, labelSelector, form: 'whole' });
    if (pods === undefined) return undefined;
    const found = readPods(owner, pods);
    if (found.askEventsOf === undefined) return found.trouble;
    const fieldSelector = `involvedObject.uid=${found.askEventsOf}`;
    const events = await this.#scan('Event', { namespace, fieldSelector, form: 'whole' });
    return joinTrouble(found, readEvents(events ?? []));
  }

  async #scan(kind: string, scope: ScanScope): Promise<readonly KubeObject[] | undefined> {
    const served = resolveKind(this.#catalog.discovered, '', kind);
    if (served.type !== 'served') return undefined;
    const objects: KubeObject[] = [];
    const result = await this.#kube.scan(served.resource, scope, (object) => {
      objects.push(object);
      return objects.length < mostObjects ? 'more' : 'enough';
    });
    if (result.type !== 'failed') return objects;
    if (result.failure.status === 403) this.#sayOnce(kind, result.failure.message);
    return undefined;
  }

  #sayOnce(kind: string, message: string): void {
    if (this.#refused.has(kind)) return;
    this.#refused.add(kind);
    this.#log.warn(
      { kind, message },
      'why workloads are not healthy is told without their pods, which may not be read',
    );
  }
}
