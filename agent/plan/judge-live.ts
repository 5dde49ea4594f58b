import { type Digest, fingerprint } from '../../core/digest.ts';
import { canonicalJson, isJsonObject, type Json, parseJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import type { Baseline } from '../ports.ts';
import { waveOf } from './classify-hook.ts';
import { pathsOf, withoutPaths } from './field-sets.ts';
import { type FieldSet, projectFields } from './fields-v1.ts';
import { ownEntry, ownedFields } from './managed-fields.ts';
import { isMetadataOnly } from './namespace-metadata.ts';
import { type Protections, protectionsOf } from './prune-protection.ts';

type Seal = (text: string) => Digest;

/** What is kept of a live object once it was seen; the object itself is dropped. */
export interface Seen {
  readonly uid: string;
  readonly resourceVersion: string;
  /** 0 for kinds that have none. */
  readonly generation: number;
  /** Fingerprint of labels, annotations and who owns what besides status: with the generation it tells whether anything but status moved. '' where nobody's fields are known. */
  readonly head: string;
  /** The application that owns it by a valid mark. */
  readonly owner: string | undefined;
  readonly terminating: boolean;
  /** The wave that it was applied in. */
  readonly wave: number;
  /** What it asks for itself, should it leave Git. */
  readonly protections: Protections;
  /** Only its labels and annotations are the application's. */
  readonly metadataOnly: boolean;
  /** The values that we own are those of the baseline. */
  readonly atBaseline: boolean;
  /** The API server still counts every field of the baseline, and no other, as ours. */
  readonly owned: boolean;
  /** It counts others as ours too: an apply would take those away that nobody else owns. */
  readonly ownsMore: boolean;
}

export function judgeLive(
  live: KubeObject,
  ref: ObjectRef,
  baseline: Baseline | undefined,
  seal: Seal,
): Seen {
  const { metadata } = live;
  const entry = ownedFields(live);
  const sameObject = baseline !== undefined && baseline.uid === (metadata.uid ?? '');
  return {
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    head: headOf(live),
    owner: ownerOf(live, ref),
    terminating: metadata.deletionTimestamp !== undefined,
    wave: waveOf(live),
    protections: protectionsOf(live),
    metadataOnly: isMetadataOnly(live),
    atBaseline: sameObject && valuesDigest(live, baseline.fields, seal) === baseline.values,
    owned: sameObject && entry === baseline.fields,
    ownsMore: entry !== '' && entry !== baseline?.fields && ownsBeyond(entry, baseline?.fields ?? ''),
  };
}

function ownsBeyond(entry: string, fields: string): boolean {
  const known = pathsOf(readFields(fields));
  return pathsOf(withoutPaths(readFields(entry), known)).length > 0;
}

function readFields(text: string): FieldSet {
  const fields = text === '' ? {} : parseJson(text);
  return isJsonObject(fields) ? fields : {};
}

/**
 * Whether an event brings nothing but status, so that no field of Git can have moved. Kinds without a generation
 * (ConfigMap, Secret, RBAC) never pass: every version of theirs is a suspect. Others have one that stays as it is whatever
 * is written (PriorityClass), and whose fields are whose may move without it: the owners count too.
 */
export function isStatusOnly(before: Seen, live: KubeObject): boolean {
  const { metadata } = live;
  if (metadata.generation === undefined || metadata.generation !== before.generation) return false;
  if (metadata.uid !== before.uid || before.terminating !== (metadata.deletionTimestamp !== undefined))
    return false;
  return before.head !== '' && headOf(live) === before.head;
}

/** Whether something moved that decides about the deletion of an object which left Git. */
export function isOtherLeftover(before: Seen | undefined, after: Seen | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const isSame = before.uid === after.uid && before.owner === after.owner;
  return !isSame || before.terminating !== after.terminating || !equalProtections(before, after);
}

function equalProtections({ protections: left }: Seen, { protections: right }: Seen): boolean {
  return left.prune === right.prune && left.remove === right.remove;
}

/** The new baseline: what the API server answered to our apply. */
export function baselineOf(
  live: KubeObject,
  what: { readonly key: string; readonly application: string; readonly applied: Digest },
  seal: Seal,
): Baseline {
  return baselineAt(live, ownedFields(live), { ...what, verdict: 'exact' }, seal);
}

/** A baseline over chosen fields: where nothing was applied, those that an apply would own. */
export function baselineAt(
  live: KubeObject,
  fields: string,
  what: {
    readonly key: string;
    readonly application: string;
    readonly applied: Digest;
    readonly verdict: 'exact' | 'approximate';
  },
  seal: Seal,
): Baseline {
  const ownedAt = ownEntry(live)?.time;
  return {
    ref: what.key,
    application: what.application,
    uid: live.metadata.uid ?? '',
    applied: what.applied,
    fields,
    values: valuesDigest(live, fields, seal),
    version: live.apiVersion,
    ...(ownedAt === undefined ? {} : { ownedAt }),
    ...(what.verdict === 'exact' ? {} : { verdict: what.verdict }),
  };
}

function valuesDigest(live: KubeObject, fields: string, seal: Seal): Digest {
  const set: Json = fields === '' ? {} : parseJson(fields);
  return seal(canonicalJson(isJsonObject(set) ? projectFields(live, set) : null));
}

function headOf(live: KubeObject): string {
  const { labels, annotations, managedFields = [] } = live.metadata;
  const entries = managedFields.filter((entry) => entry['subresource'] !== 'status');
  return entries.length === 0 ? '' : fingerprint(JSON.stringify([labels, annotations, entries]));
}

/** Whether one version of an object comes before another. Versions of one object are numbers that only grow (Kubernetes 1.35 promises it). */
export function isOlder(version: string, than: string): boolean {
  if (version.length !== than.length) return version.length < than.length;
  return version < than;
}
