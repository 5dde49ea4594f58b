import { DefinitionWatch, type KeptDefinition } from './definition-watch.ts';
import type { DesiredWork } from './desired-work.ts';
import type { EngineOptions } from './engine-api.ts';
import type { EngineServices } from './engine-services.ts';
import { keepDocuments } from './keep-documents.ts';
import { defaultLeakSweepMs, LeakSweep, type OnMarked } from './leak-sweep.ts';
import type { ObjectWork } from './object-work.ts';
import { defaultOrphanPace, type KeptOrphanLook, type OrphanQuestion, OrphanScan } from './orphan-scan.ts';
import { Sweep } from './sweep.ts';

/** All that is looked at for no event of its own: by the clock, or since something around it changed. */
export class RegularLooks {
  /** What it remembers: to be read before it starts, and closed after it. */
  readonly documents: readonly { close(): Promise<void>; read(): Promise<void> }[];
  readonly #sweep: Sweep<ObjectWork>;
  readonly #leakSweep: LeakSweep;
  readonly #orphanScan: OrphanScan;
  readonly #definitionWatch: DefinitionWatch;

  constructor(
    services: EngineServices,
    desired: DesiredWork,
    options: EngineOptions,
    onDifferent: (work: ObjectWork) => void,
  ) {
    const looks = keepDocuments<KeptOrphanLook>(options, 'orphan-looks');
    const definitions = keepDocuments<KeptDefinition>(options, 'definitions');
    this.documents = [looks, definitions];
    const sweep = new Sweep<ObjectWork>(services, { works: () => desired.works(), onDifferent });
    const onMarked: OnMarked = (owner, key, uid) => desired.adoptLost(owner, key, uid);
    const { leakSweepMs = defaultLeakSweepMs, orphanPace = defaultOrphanPace } = options;
    this.#sweep = sweep;
    this.#leakSweep = new LeakSweep(services, onMarked, leakSweepMs);
    this.#orphanScan = new OrphanScan(services, looks, () => questionsOf(desired), orphanPace);
    this.#definitionWatch = new DefinitionWatch(services, definitions, (kind) => sweep.hasten(kind));
  }

  start(): void {
    this.#sweep.start();
    this.#leakSweep.start();
  }

  /** The cluster may be of another version now. */
  noteVersion(version: string): void {
    this.#sweep.noteVersion(version);
  }

  desiredChanged(): void {
    this.#orphanScan.desiredChanged();
    this.#definitionWatch.desiredChanged();
  }

  close(): void {
    this.#sweep.close();
    this.#leakSweep.close();
    this.#orphanScan.close();
    this.#definitionWatch.close();
  }
}

function questionsOf(desired: DesiredWork): readonly OrphanQuestion[] {
  return [...desired.applications()].flatMap((work) => {
    const { project, namespace, orphans: rules, removal } = work.desired;
    if (rules === undefined || namespace === '' || removal !== undefined) return [];
    return [{ project, namespace, rules }];
  });
}
