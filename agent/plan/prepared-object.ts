import type { Digest } from '../../core/digest.ts';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { Protections } from './prune-protection.ts';

export type Annotations = Readonly<Record<string, string>>;

/** One object ready to be applied. */
export interface PreparedObject {
  /** `formatRef(ref)`, after its scope was resolved. */
  readonly key: string;
  readonly ref: ObjectRef;
  readonly apiVersion: string;
  /** Those that Git gives it, and that only its metadata is ours. */
  readonly annotations: Annotations;
  /** Normalised, with our label and tracking id. Held packed, each reading unpacks it: for requests, not for every pass. */
  readonly object: KubeObject;
  /** Keyed digest of the normalised object without our marks. */
  readonly digest: Digest;
  readonly wave: number;
  /** Fields that its schema doesn't know are left out instead of refused. */
  readonly unvalidated?: true;
  /** What it asks for when it leaves Git. */
  readonly protections: Protections;
  /** Whose fields others may have; absent where there are none. */
  readonly ignored?: readonly IgnoreRule[];
}
