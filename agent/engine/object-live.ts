import type { Digest } from '../../core/digest.ts';
import type { DriftKind } from '../../core/drift.ts';
import { mayDryRun } from '../../core/guard.ts';
import type { Health } from '../../core/health.ts';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { packText, unpackText } from '../../core/packed-text.ts';
import { partOfLabel } from '../../core/tracking.ts';
import { isOlder, isStatusOnly, judgeLive, type Seen } from '../plan/judge-live.ts';
import type { LiveFact, Permission } from '../plan/plan-application.ts';
import { followWrite, leaveAt, type WriteJournal } from '../plan/write-journal.ts';
import {
  changerOf,
  deleterOf,
  followTrail,
  leaveTrail,
  restTrail,
  type WriteTrail,
} from '../plan/write-trail.ts';
import type { Baseline } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';
import { ObjectHealth } from './object-health.ts';
import type { LiveEvent } from './object-turn.ts';

type Live =
  | { readonly type: 'unknown' }
  | { readonly type: 'absent' }
  | { readonly type: 'seen'; readonly seen: Seen };

/** The same with the texts that its baseline has already: of ten thousand objects each is held once, not twice. */
function sharing(seen: Seen, baseline: Baseline | undefined): Seen {
  if (baseline === undefined) return seen;
  const uid = seen.uid === baseline.uid ? baseline.uid : seen.uid;
  return { ...seen, uid, owner: seen.owner === baseline.application ? baseline.application : seen.owner };
}

/** What a live object is judged by. */
export interface LiveView {
  readonly application: string;
  readonly marks: 'marked' | 'bare';
  /** Digest of what Git says. */
  readonly desired: Digest;
  readonly baseline: Baseline | undefined;
}

/** What is known of one live object. The object itself is dropped once it was judged. */
export class ObjectLive {
  readonly #services: EngineServices;
  readonly #ref: ObjectRef;
  readonly #health: ObjectHealth;
  #live: Live = { type: 'unknown' };
  /** The server counts other fields as ours than we left, but nothing else differs and nothing may be written. */
  #acceptsOwnership = false;
  #journal: WriteJournal | undefined;
  /** Only where people are heard of. */
  #trail: WriteTrail | undefined;
  /** Whether this process left it or found it as it should be. */
  #isCompared = false;
  /** The object as a first state brought it, packed, where it has never been compared: the comparison needs no read then. */
  #listed: Uint8Array | undefined;

  constructor(services: EngineServices, ref: ObjectRef, onHealth: () => void) {
    this.#services = services;
    this.#ref = ref;
    this.#health = new ObjectHealth(services, ref, onHealth);
  }

  get type(): Live['type'] {
    return this.#live.type;
  }

  get seen(): Seen | undefined {
    return this.#live.type === 'seen' ? this.#live.seen : undefined;
  }

  get health(): Health | undefined {
    return this.#health.value;
  }

  /** What its versions told of its writers. */
  get journal(): WriteJournal | undefined {
    return this.#journal;
  }

  /** Each event, in its order, also one that nothing else is made of. */
  follow(event: LiveEvent, baseline: Baseline | undefined): void {
    this.#followTrail(event);
    const isFirst = event.type === 'object' && event.arrival === 'listed' && baseline === undefined;
    this.#listed = isFirst ? packText(writeJson(event.object as Json)) : undefined;
    if (event.type === 'deleted') this.#journal = undefined;
    else {
      const fields = baseline?.fields ?? '';
      this.#journal = followWrite(this.#journal, event.object, fields, event.arrival);
    }
  }

  /** For one comparison; whoever takes it sees by its version whether it is the newest. */
  takeListed(): KubeObject | undefined {
    const listed = this.#listed;
    this.#listed = undefined;
    return listed === undefined ? undefined : (parseJson(unpackText(listed)) as KubeObject);
  }

  #followTrail(event: LiveEvent): void {
    const { people, seal } = this.#services;
    if (people === undefined) return;
    const how = event.type === 'deleted' ? 'deleted' : event.arrival;
    const facts = people.factsOf(event.object.metadata.uid ?? '');
    this.#trail = followTrail(this.#trail, { object: event.object, how }, facts, seal);
  }

  /** Who made a drift of this kind of what was seen last; `undefined` where more than one could have. */
  personOf(kind: DriftKind): string | undefined {
    const { people } = this.#services;
    if (people === undefined || this.#trail === undefined) return undefined;
    if (kind === 'missing') return deleterOf(this.#trail, people.factsOf(this.#trail.uid));
    return kind === 'changed' ? changerOf(this.#trail, this.seen?.resourceVersion) : undefined;
  }

  /** It is as it should be: who wrote before that made no drift of it. */
  rest(): void {
    if (this.seen !== undefined) this.#trail = restTrail(this.#trail, this.seen.resourceVersion);
  }

  /** It is as it should be, with a new baseline. */
  leave(object: KubeObject, baseline: Baseline): void {
    this.#isCompared = true;
    this.#journal = leaveAt(object, baseline.fields);
    if (this.#services.people !== undefined) this.#trail = leaveTrail(this.#trail, object);
    this.see(object, baseline);
  }

  isAbsent(): void {
    this.#live = { type: 'absent' };
    this.#note('out');
    this.#health.gone();
  }

  isUnknown(): void {
    this.#live = { type: 'unknown' };
  }

  /** Whether it is what Git says and as we left it. */
  isAsLeft({ application, marks, desired, baseline }: LiveView): boolean {
    const { seen } = this;
    if (seen === undefined || !seen.atBaseline || seen.terminating) return false;
    if (baseline?.applied !== desired) return false;
    if (marks === 'bare') return !seen.ownsMore && !this.#isForeign(seen, application);
    return seen.owned && seen.owner === application;
  }

  /** Another application's mark is on it, and counts. */
  #isForeign({ owner }: Seen, application: string): boolean {
    if (owner === undefined || owner === application) return false;
    return this.#services.respectsOwner(owner, formatRef(this.#ref));
  }

  /** `permission`: whether what differs may be written; `drifted`: a difference to what Git says was confirmed. */
  factOf({ application, marks, baseline }: LiveView, permission: Permission | 'drifted'): LiveFact {
    const { seen } = this;
    if (seen === undefined) return this.type === 'absent' ? 'absent' : 'unknown';
    if (seen.terminating) return 'terminating';
    if (permission === 'drifted') return 'drifted';
    if (!seen.atBaseline || baseline === undefined || this.#isDoubtful(baseline)) return 'unknown';
    if (marks === 'bare') return this.#factOfBare(seen, application);
    const mayLeave = this.#acceptsOwnership && permission !== 'apply';
    return seen.owner === application && (seen.owned || mayLeave) ? 'at-baseline' : 'unknown';
  }

  #factOfBare(seen: Seen, application: string): 'at-baseline' | 'unknown' {
    const isAccepted = !seen.ownsMore || this.#acceptsOwnership;
    return isAccepted && !this.#isForeign(seen, application) ? 'at-baseline' : 'unknown';
  }

  /** It was compared without a dry-run before this process, which may ask by one. */
  #isDoubtful({ verdict }: Baseline): boolean {
    return verdict === 'approximate' && !this.#isCompared && mayDryRun(this.#services.guard);
  }

  get presence(): 'live' | 'missing' | 'unknown' {
    if (this.type === 'unknown') return 'unknown';
    return this.type === 'seen' ? 'live' : 'missing';
  }

  /** The watch says that it is gone, or is no longer what it watches. */
  observeDeletion(): 'suspect' | 'fine' {
    if (this.type === 'absent') return 'fine';
    this.isUnknown();
    return 'suspect';
  }

  /** It is not where it was looked for. What was seen meanwhile counts more than a list that lacks it. */
  lose(presence: 'unknown' | 'absent', next?: () => void): void {
    if (presence === 'unknown') this.isUnknown();
    else if (this.#live.type === 'unknown') this.isAbsent();
    next?.();
  }

  /** A list of this version lacks it. What was asked for meanwhile may be of before. */
  loseBefore(resourceVersion: string, next: () => void): void {
    const { seen } = this;
    if (seen === undefined || !isOlder(seen.resourceVersion, resourceVersion)) return;
    this.isUnknown();
    next();
  }

  /** Its fields are as they should be, whoever the server counts as their owner. */
  acceptOwnership(): void {
    this.#acceptsOwnership = true;
  }

  doubtOwnership(): void {
    this.#acceptsOwnership = false;
  }

  /** One version of it, whatever was known before. */
  see(object: KubeObject, baseline: Baseline | undefined): void {
    this.#services.holds.note(this.#ref, object);
    this.glimpse(object);
    const seen = judgeLive(object, this.#ref, baseline, this.#services.seal);
    this.#live = { type: 'seen', seen: sharing(seen, baseline) };
    this.#acceptsOwnership = false;
    this.#health.observe(object);
  }

  /** One event of the watch: news of what is desired or owned, or nothing of the kind. */
  observe(object: KubeObject, baseline: Baseline | undefined): 'news' | 'nothing' {
    const before = this.seen;
    const resourceVersion = object.metadata.resourceVersion ?? '';
    if (before?.resourceVersion === resourceVersion) return 'nothing';
    const isSame = before !== undefined && before.uid === object.metadata.uid;
    if (isSame && isOlder(resourceVersion, before.resourceVersion)) return 'nothing';
    if (before !== undefined && isStatusOnly(before, object)) {
      this.#live = { type: 'seen', seen: { ...before, resourceVersion } };
      this.#health.observe(object);
      return 'nothing';
    }
    this.see(object, baseline);
    return 'news';
  }

  /** It is there, and what an apply would do to it can't be told: whether its watch shows it counts still. */
  glimpse({ metadata }: KubeObject): void {
    this.#note(metadata.labels?.[partOfLabel] === undefined ? 'out' : 'shown');
  }

  #note(sight: 'shown' | 'out'): void {
    this.#services.outOfSight.note(formatRef(this.#ref), sight);
  }

  close(): void {
    this.#note('shown');
    this.#health.close();
  }
}
