import type { DeleteLimits, NamespaceMetadata } from '../../core/desired.ts';
import type { Gate } from '../../core/gate.ts';
import type { HealthRule } from '../../core/health-rule.ts';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import type { Mode } from '../../core/mode.ts';
import type { ResourceRules } from '../../core/resource-filter.ts';
import type { ApplicationInfo, Located, Signer, Source } from '../catalog/documents.ts';
import type { ImageRule } from './check-images.ts';
import type { EffectiveProject } from './effective-project.ts';

/** One application on one cluster, allowed by its project as far as its documents tell. */
export interface Assignment {
  /** `namespace/name` of the Application document. */
  readonly application: string;
  readonly name: string;
  readonly project: EffectiveProject;
  readonly cluster: string;
  /** The cluster's addresses, which projects may name it by. */
  readonly servers: readonly string[];
  /** Of the cluster; '' where it has none. */
  readonly environment: string;
  readonly namespace: string;
  readonly mode: Mode;
  readonly prune: boolean;
  readonly allowEmpty: boolean;
  readonly createNamespace: boolean;
  readonly namespaceMetadata?: NamespaceMetadata;
  readonly pruneLast?: boolean;
  /** Argo CD's `Replace=true`: what can't be changed in place may be deleted and made again. */
  readonly replace?: true;
  readonly ignoreDifferences?: readonly IgnoreRule[];
  /** Argo CD's `Validate=false`. */
  readonly unvalidated?: true;
  readonly deletesOnRemoval: boolean;
  readonly deleteLimits: DeleteLimits;
  /** The fleet's, of all kinds; absent where it has none. */
  readonly healthRules?: readonly HealthRule[];
  /** The fleet's, of all kinds; absent where it has none. */
  readonly fleetIgnores?: readonly IgnoreRule[];
  /** Whose signatures the fleet knows; absent: nobody's. */
  readonly signers?: readonly Signer[];
  /** Which kinds count on its cluster; absent where the fleet says nothing of it. */
  readonly resourceRules?: ResourceRules;
  /** Absent: any image will do. */
  readonly imageRule?: ImageRule;
  readonly owner?: string;
  readonly note?: string;
  readonly info?: readonly ApplicationInfo[];
  readonly sources: readonly Source[];
  readonly document: Located;
}

/** An application that may not run where it says. Never sent to a cluster; what already runs is frozen, not deleted. */
export interface Refusal {
  readonly application: string;
  readonly name: string;
  readonly project: string;
  /** Absent where the destination names no known cluster. */
  readonly cluster?: string;
  readonly namespace: string;
  readonly sources: readonly Source[];
  readonly gate: Gate;
  readonly document: Located;
}

export interface Resolution {
  readonly assignments: readonly Assignment[];
  readonly refusals: readonly Refusal[];
}
