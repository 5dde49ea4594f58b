import { type Digest, digest } from './digest.ts';
import type { HealthRule } from './health-rule.ts';
import type { IgnoreRule } from './ignore-rule.ts';
import { canonicalJson, type Json, parseJson } from './json.ts';
import type { Manifest } from './kube-object.ts';
import type { Mode } from './mode.ts';
import type { OrphanRules } from './orphans.ts';
import type { ResourceRules } from './resource-filter.ts';
import type { SyncWindow } from './sync-window.ts';

/** The brake's limits on one deletion; larger ones wait for a person. */
export interface DeleteLimits {
  /** Objects up to this many are never held by the share below. */
  readonly freeObjects: number;
  /** Largest share of an application's objects, 0 to 1, that one change may delete once it has `freeObjects` or more. */
  readonly maxShare: number;
}

export const defaultDeleteLimits: DeleteLimits = { freeObjects: 10, maxShare: 0.5 };

export interface NamespaceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What holds for one application on one cluster, besides what it consists of. */
export interface ApplicationPolicy {
  /** `namespace/name` of the Application document. */
  readonly application: string;
  readonly project: string;
  readonly mode: Mode;
  /** Whether objects that left Git are deleted. */
  readonly prune: boolean;
  /** Whether an empty set may prune everything (Argo CD's `allowEmpty`). */
  readonly allowEmpty: boolean;
  /** The namespace of objects that name none. */
  readonly namespace: string;
  /** Argo CD's `CreateNamespace=true`. */
  readonly createNamespace: boolean;
  /** Argo CD's `managedNamespaceMetadata`: what `namespace` is to carry, where `createNamespace` is set. */
  readonly namespaceMetadata?: NamespaceMetadata;
  /** Argo CD's `PruneLast=true`: what left Git goes once everything else is healthy. */
  readonly pruneLast?: boolean;
  /** Argo CD's `Replace=true`: objects may be deleted and made again where what Git changes can't be changed in place. */
  readonly replace?: true;
  /** Argo CD's `Validate=false`: fields that a schema doesn't know are left out instead of refused. */
  readonly unvalidated?: true;
  readonly deleteLimits: DeleteLimits;
  /**
   * Set on an application that was removed from Git: `delete` its objects (it carried Argo CD's resources finalizer)
   * or `release` them, left as they are without our mark. It has no manifests then.
   */
  readonly removal?: 'delete' | 'release';
  /** The operation that asked for this removal, where a person did: tells it apart from every other one. */
  readonly order?: string;
  /** The sync windows that are for it; absent: it may be written to at all times. */
  readonly windows?: readonly SyncWindow[];
  /** The fleet's own health rules for kinds that it holds; absent: the built-in ones. */
  readonly healthRules?: readonly HealthRule[];
  /** Fields that others may write: they are no drift, and never written while somebody else owns them. */
  readonly ignoreDifferences?: readonly IgnoreRule[];
  /** Which kinds count on its cluster: others are neither applied nor watched nor deleted. Absent: all but those that never do. */
  readonly resourceRules?: ResourceRules;
  /** Its project wants to know what in its namespace belongs to no application; absent: nobody looks. */
  readonly orphans?: OrphanRules;
}

/** What one application wants on one cluster. The unit that is addressed by a digest, sent and stored. */
export interface DesiredApplication extends ApplicationPolicy {
  readonly manifests: readonly Manifest[];
}

/** The same as it is held: its manifests may be packed, and are unpacked each time that they are gone through. */
export interface HeldApplication extends ApplicationPolicy {
  readonly manifests: Iterable<Manifest>;
}

/** What is wanted without the manifests, for whoever would hold them for nothing. */
export function policyOf({ manifests: _manifests, ...policy }: HeldApplication): ApplicationPolicy {
  return policy;
}

/** The bytes of an application's desired state: equal values give equal bytes. */
export function encodeDesired(desired: DesiredApplication): Uint8Array {
  return new TextEncoder().encode(canonicalJson(desired as unknown as Json));
}

/** Reads what `encodeDesired` wrote, after its digest was verified. */
export function decodeDesired(bytes: Uint8Array): DesiredApplication {
  return parseJson(new TextDecoder().decode(bytes)) as unknown as DesiredApplication;
}

/**
 * The digest of what would be applied, apart from policies and places in files. A sync is due when it changes; a
 * change of mode or a moved line is not a sync.
 */
export function manifestsDigest(desired: DesiredApplication): Digest {
  const objects = desired.manifests.map((manifest) => canonicalJson(manifest.object)).sort();
  const { namespace, createNamespace, namespaceMetadata } = desired;
  const metadata = namespaceMetadata === undefined ? [] : [canonicalJson({ ...namespaceMetadata })];
  return digest([namespace, String(createNamespace), ...metadata, ...objects].join('\n'));
}
