import { type Digest, digest, shortName } from '../../core/digest.ts';
import type { Drift, DriftEnd, DriftField, DriftKind } from '../../core/drift.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { type Attribution, newestAttribution } from '../plan/managed-fields.ts';
import { maskFields } from '../plan/mask-secrets.ts';
import { removerOf, type WriteJournal } from '../plan/write-journal.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectLive } from './object-live.ts';

/** The open drift of one object: opened, changed and closed once each, under one id that survives a restart. */
export class ObjectDrift {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #ref: ObjectRef;
  readonly #key: string;
  readonly #personOf: (kind: DriftKind) => string | undefined;
  #open: Drift | undefined;
  /** The desired object that it was found against. */
  #desired: Digest | undefined;
  /** False once something moved since it was found. */
  #isCurrent = false;

  /** `personOf`: who made a drift of this kind of what is live now. */
  constructor(
    services: EngineServices,
    application: string,
    ref: ObjectRef,
    key: string,
    personOf: (kind: DriftKind) => string | undefined,
  ) {
    this.#services = services;
    this.#application = application;
    this.#ref = ref;
    this.#key = key;
    this.#personOf = personOf;
    const kept = services.drifts.get(key);
    this.#open = kept?.application === application ? kept : undefined;
  }

  get open(): Drift | undefined {
    return this.#open;
  }

  /** Whether a difference to this very desired object was confirmed, and nothing moved since. */
  isAgainst(desired: Digest): boolean {
    return this.#open !== undefined && this.#isCurrent && this.#desired === desired;
  }

  /** The live object moved: what was found has to be found again. */
  doubt(): void {
    this.#isCurrent = false;
  }

  /** What it means that live is as desired without a write of ours. */
  endWithoutUs(desired: Digest): DriftEnd {
    return this.#desired === undefined || this.#desired === desired ? 'reverted' : 'adopted';
  }

  found(
    kind: DriftKind,
    fields: readonly DriftField[],
    desired: Digest | undefined,
    verdict: Drift['verdict'] = 'exact',
  ): void {
    const before = this.#open;
    const masked = maskFields(this.#ref, fields, this.#services.seal).map((field) =>
      firstSeen(field, before),
    );
    this.#desired = desired;
    this.#isCurrent = true;
    const isSame =
      before?.kind === kind && equalJson(before.fields as unknown as Json, masked as unknown as Json);
    const person = (isSame ? before.person : undefined) ?? this.#personOf(kind);
    if (isSame && person === before.person && verdict === before.verdict) return;
    const at = this.#services.clock.now().toISOString();
    const observedAt = before?.observedAt ?? at;
    const newest = newestAttribution(masked.map(attributionOf));
    this.#open = {
      id: before?.id ?? this.#newId(observedAt),
      application: this.#application,
      ref: this.#ref,
      kind,
      fields: masked,
      observedAt,
      ...(newest ?? { confidence: 'unknown' }),
      ...(person === undefined ? {} : { person }),
      verdict,
    };
    this.#services.drifts.set(this.#key, this.#open);
    const change = before === undefined ? 'opened' : 'changed';
    this.#services.report({ type: 'drift', event: { drift: this.#open, change, at } });
  }

  /** What was found may have been found before its event came, which tells who removed what, and who wrote. */
  learn({ journal, seen }: Pick<ObjectLive, 'journal' | 'seen'>): void {
    const { open } = this;
    if (open === undefined || !this.#isCurrent || journal?.resourceVersion !== seen?.resourceVersion) return;
    const fields = open.fields.map((field) => explainRemoval(field, journal));
    const isPersonNew = open.person === undefined && this.#personOf(open.kind) !== undefined;
    if (isPersonNew || fields.some((field, index) => field !== open.fields[index])) {
      this.found(open.kind, fields, this.#desired, open.verdict);
    }
  }

  close(end: DriftEnd): void {
    const drift = this.#open;
    if (drift === undefined) return;
    this.#open = undefined;
    this.#desired = undefined;
    this.#services.drifts.delete(this.#key);
    if (end === 'healed') this.#services.healBudget.healed(drift);
    const at = this.#services.clock.now().toISOString();
    const operation = end === 'synced' ? this.#operation() : undefined;
    const event = {
      drift,
      change: 'closed',
      at,
      end,
      ...(operation === undefined ? {} : { operation }),
    } as const;
    this.#services.report({ type: 'drift', event });
  }

  /** The one that asked for the sync under way. */
  #operation(): string | undefined {
    const sync = this.#services.syncs.get(this.#application);
    return sync?.askedBy === 'operation' ? sync.id : undefined;
  }

  #newId(observedAt: string): string {
    const salt = String(this.#services.random());
    return shortName(digest([this.#application, this.#key, observedAt, salt].join('\n'))).slice(0, 16);
  }
}

function explainRemoval(field: DriftField, journal: WriteJournal | undefined): DriftField {
  if (journal === undefined || field.live !== undefined || field.confidence !== 'unknown') return field;
  const { confidence: _unknown, ...rest } = field;
  const remover = removerOf(journal, field.path);
  return remover === undefined ? field : { ...rest, ...remover };
}

function attributionOf({ writer, writtenAt, confidence }: DriftField): Attribution | undefined {
  if (writer === undefined || confidence === undefined || confidence === 'unknown') return undefined;
  return { writer, ...(writtenAt === undefined ? {} : { writtenAt }), confidence };
}

/** The writer's time moves with whatever else it writes: of a value that is the same still, the first one counts. */
function firstSeen(field: DriftField, before: Drift | undefined): DriftField {
  const { writtenAt: _now, ...found } = field;
  const known = before?.fields.find(({ path }) => path === field.path);
  if (known?.writtenAt === undefined) return field;
  const { writtenAt, ...rest } = known;
  return equalJson(found as unknown as Json, rest as unknown as Json) ? { ...found, writtenAt } : field;
}
