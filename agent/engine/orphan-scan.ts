import { type Digest, digest } from '../../core/digest.ts';
import { isInNamespaces } from '../../core/guard.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import type { OrphanFinds, OrphanRules } from '../../core/orphans.ts';
import type { KeptDocuments } from '../observe/kept-documents.ts';
import type { EngineServices } from './engine-services.ts';
import { knownIn, lookForOrphans, type OrphanLook, type OrphanServices } from './orphan-look.ts';
import { WakeTimer } from './wake-timer.ts';

type Services = OrphanServices & Pick<EngineServices, 'activity' | 'clock' | 'log' | 'random' | 'report'>;

/** What one application's project asks about the application's namespace. */
export interface OrphanQuestion {
  readonly project: string;
  readonly namespace: string;
  readonly rules: OrphanRules;
}

/** What is remembered of a namespace, so that a restart neither looks nor tells again. */
export interface KeptOrphanLook {
  /** Of what its projects asked. */
  readonly rules: Digest;
  /** Of the objects there that belong to applications. */
  readonly known: Digest;
  readonly lookedAtMs: number;
  readonly nextAtMs: number;
  /** By project: what was told last. */
  readonly told: Readonly<Record<string, Digest>>;
}

/** In milliseconds, each give or take half of it. */
export interface OrphanPace {
  /** How often a namespace is looked through. */
  readonly intervalMs: number;
  /** How long a change rests before it is looked at, and one namespace after the other. */
  readonly soonMs: number;
  /** How long a namespace rests after a look, when only its applications' objects changed. */
  readonly restMs: number;
}

export const defaultOrphanPace: OrphanPace = {
  intervalMs: 24 * 60 * 60_000,
  soonMs: 10_000,
  restMs: 10 * 60_000,
};

type Asked = ReadonlyMap<string, ReadonlyMap<string, OrphanRules>>;

/**
 * Looks in the namespaces of those applications whose projects ask (`orphanedResources`) for objects that belong to no
 * application: once a day, and soon after what is asked or what belongs to applications there changed. One namespace
 * after another. It only tells, and only of what is another than it told last; without a project that asks it does nothing.
 */
export class OrphanScan {
  readonly #services: Services;
  readonly #kept: KeptDocuments<KeptOrphanLook>;
  readonly #questions: () => readonly OrphanQuestion[];
  readonly #pace: OrphanPace;
  readonly #timer: WakeTimer;
  #isLooking = false;
  #isClosed = false;

  constructor(
    services: Services,
    kept: KeptDocuments<KeptOrphanLook>,
    questions: () => readonly OrphanQuestion[],
    pace: OrphanPace,
  ) {
    this.#services = services;
    this.#kept = kept;
    this.#questions = questions;
    this.#pace = pace;
    this.#timer = new WakeTimer(services.clock, () => void services.activity.track(() => this.#turn()));
  }

  /** The desired state is another one: who asks, and what belongs to applications. */
  desiredChanged(): void {
    if (this.#isClosed) return;
    if (this.#kept.entries().length > 0 || this.#asked().size > 0)
      this.#timer.wakeIn(this.#jittered(this.#pace.soonMs));
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  async #turn(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#lookAtNext();
    } finally {
      this.#isLooking = false;
    }
    this.#wait();
  }

  async #lookAtNext(): Promise<void> {
    const asked = this.#asked();
    this.#end(asked);
    const [next] = this.#inOrder(asked);
    if (next === undefined || next.dueAtMs > this.#nowMs() || this.#isClosed) return;
    const { namespace, projects } = next;
    const known = this.#knownDigest(namespace);
    const look = await lookForOrphans(this.#services, namespace, projects, () => this.#isClosed);
    if (this.#isClosed) return;
    const before = this.#kept.get(namespace);
    const lookedAtMs = this.#nowMs();
    const rules = rulesDigest(projects);
    if (look.type === 'broken-off') {
      this.#services.log.warn({ namespace, error: look.why }, 'not looked through for orphaned objects');
      const nextAtMs = lookedAtMs + this.#jittered(this.#pace.restMs);
      this.#kept.set(namespace, { rules, known, lookedAtMs, nextAtMs, told: before?.told ?? {} });
      return;
    }
    const told = this.#tell(namespace, projects, look, before?.told ?? {});
    const nextAtMs = lookedAtMs + this.#jittered(this.#pace.intervalMs);
    this.#kept.set(namespace, { rules, known, lookedAtMs, nextAtMs, told });
  }

  /** What is another than was told last. */
  #tell(
    namespace: string,
    projects: ReadonlyMap<string, OrphanRules>,
    look: Extract<OrphanLook, { type: 'looked' }>,
    before: Readonly<Record<string, Digest>>,
  ): Readonly<Record<string, Digest>> {
    const told: Record<string, Digest> = {};
    for (const project of projects.keys()) {
      const { objects, total } = look.byProject.get(project) ?? { objects: [], total: 0 };
      const finds = { project, namespace, objects, total, unread: look.unread };
      const text = digest(canonicalJson(finds as unknown as Json));
      told[project] = text;
      if (before[project] !== text) this.#report(finds);
    }
    for (const project of Object.keys(before)) {
      if (!projects.has(project)) this.#reportEnd(project, namespace);
    }
    return told;
  }

  /** Namespaces that nobody asks about any more. */
  #end(asked: Asked): void {
    for (const [namespace, { told }] of this.#kept.entries()) {
      if (asked.has(namespace)) continue;
      for (const project of Object.keys(told)) this.#reportEnd(project, namespace);
      this.#kept.delete(namespace);
    }
  }

  #reportEnd(project: string, namespace: string): void {
    this.#report({ project, namespace, objects: [], total: 0, unread: [], ended: true });
  }

  #report(finds: Omit<OrphanFinds, 'observedAt'>): void {
    const observedAt = this.#services.clock.now().toISOString();
    this.#services.report({ type: 'orphans', finds: { ...finds, observedAt } });
  }

  #inOrder(asked: Asked) {
    return [...asked]
      .map(([namespace, projects]) => ({ namespace, projects, dueAtMs: this.#dueAt(namespace, projects) }))
      .sort((left, right) => left.dueAtMs - right.dueAtMs);
  }

  #dueAt(namespace: string, projects: ReadonlyMap<string, OrphanRules>): number {
    const kept = this.#kept.get(namespace);
    if (kept === undefined || kept.rules !== rulesDigest(projects)) return 0;
    const { lookedAtMs, nextAtMs, known } = kept;
    // A clock that was set back would put it off for as long.
    if (lookedAtMs > this.#nowMs()) return 0;
    return known === this.#knownDigest(namespace)
      ? nextAtMs
      : Math.min(nextAtMs, lookedAtMs + this.#pace.restMs);
  }

  #wait(): void {
    if (this.#isClosed) return;
    const [next] = this.#inOrder(this.#asked());
    if (next === undefined) return;
    this.#timer.wakeIn(Math.max(next.dueAtMs - this.#nowMs(), this.#jittered(this.#pace.soonMs / 10)));
  }

  /** What is asked about namespaces that the guard lets be read. */
  #asked(): Asked {
    const { guard } = this.#services;
    return groupByNamespace(this.#questions().filter(({ namespace }) => isInNamespaces(guard, namespace)));
  }

  #knownDigest(namespace: string): Digest {
    return digest([...knownIn(this.#services, namespace)].sort().join('\n'));
  }

  #nowMs(): number {
    return this.#services.clock.now().getTime();
  }

  #jittered(ms: number): number {
    return ms * (0.5 + this.#services.random());
  }
}

/** Of one project and namespace, the application that comes first by name says the rules: the others say the same soon. */
function groupByNamespace(questions: readonly OrphanQuestion[]): Asked {
  const asked = new Map<string, Map<string, OrphanRules>>();
  for (const { namespace, project, rules } of questions) {
    const projects = asked.get(namespace) ?? new Map<string, OrphanRules>();
    asked.set(namespace, projects);
    if (!projects.has(project)) projects.set(project, rules);
  }
  return asked;
}

function rulesDigest(projects: ReadonlyMap<string, OrphanRules>): Digest {
  const entries = [...projects].sort(([left], [right]) => (left < right ? -1 : 1));
  return digest(canonicalJson(entries as unknown as Json));
}
