import type { DeleteLimits, NamespaceMetadata } from '../../core/desired.ts';
import type { HealthRule } from '../../core/health-rule.ts';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import type { Severity, Trigger } from '../../core/incident.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Mode } from '../../core/mode.ts';
import type { OrphanIgnore } from '../../core/orphans.ts';
import type { Location } from '../../core/problem.ts';
import type { ResourceFilter } from '../../core/resource-filter.ts';
import type { SyncWindow } from '../../core/sync-window.ts';
import type { AccessBinding, AccessRule, ProjectRole } from './access-rule.ts';
import type { ImagePolicy } from './image-policy.ts';
import type { LabelSelector } from './label-selector.ts';

/** The documents of the catalog, as they mean; how they are written is `parse-*.ts`'s matter. */
export type Document =
  | ApplicationDocument
  | ProjectDocument
  | ClusterDocument
  | FleetDocument
  | NotificationDocument
  | AccessPolicyDocument;

/** Where a document stands, and where each of its fields does, for located problems: `spec.source.path` → line. */
export interface Located {
  readonly location: Location;
  readonly fieldLines: ReadonlyMap<string, number>;
}

/** Argo CD's `Application` (argoproj.io/v1alpha1). */
export interface ApplicationDocument extends Located {
  readonly kind: 'Application';
  /** Of the document itself, `argocd` where it names none. */
  readonly namespace: string;
  readonly name: string;
  /** Argo CD's resources finalizer: removal of the document deletes the objects. */
  readonly deletesOnRemoval: boolean;
  readonly owner?: string;
  /** What an operator should know of it. */
  readonly note?: string;
  /** What its document tells people, such as addresses; absent: nothing. */
  readonly info?: readonly ApplicationInfo[];
  /** The name that it has in common with its counterparts in other environments, where a label says so. */
  readonly commonName?: string;
  readonly project: string;
  /** In the order of the document; of an object that several of them declare, the last one's counts (Argo CD's rule). */
  readonly sources: readonly Source[];
  readonly destination: Destination;
  readonly automated: boolean;
  readonly prune: boolean;
  readonly selfHeal: boolean;
  readonly allowEmpty: boolean;
  readonly createNamespace: boolean;
  /** Argo CD's `managedNamespaceMetadata`; only with `createNamespace`. */
  readonly namespaceMetadata?: NamespaceMetadata;
  /** What left Git goes once everything else is healthy. */
  readonly pruneLast?: boolean;
  /** Argo CD's `Replace=true`: what can't be changed in place may be deleted and made again. */
  readonly replace?: true;
  /** Fields that others may write. */
  readonly ignoreDifferences?: readonly IgnoreRule[];
  /** Argo CD's `Validate=false`. */
  readonly unvalidated?: true;
}

/** Argo CD's `info`. */
export interface ApplicationInfo {
  readonly name: string;
  readonly value: string;
}

/** One place that an application is made from. */
export type Source = RenderedSource | RefSource;

/** One that something is rendered from. */
export type RenderedSource = GitSource | ChartSource;

interface SourceBase {
  /** Where it stands in its document: `spec.source`, `spec.sources[1]`. */
  readonly field: string;
  readonly name?: string;
  readonly repoURL: string;
  /** Branch, tag, commit, or a range of versions among the tags; `HEAD` where the document says nothing. */
  readonly targetRevision: string;
  /** What stands before the version in tags, such as `web/`; absent: nothing. */
  readonly tagPrefix?: string;
  /** By which value files of the other sources name its repository: `$ref/…`. */
  readonly ref?: string;
}

/** A folder of a Git repository. */
export interface GitSource extends SourceBase {
  readonly type: 'git';
  /** Relative to the repository's root, without `.` segments; '' for the root. */
  readonly path: string;
  /** Which tool renders it. `detect`: Chart.yaml → helm, kustomization.yaml → kustomize, else directory (Argo CD's order). */
  readonly tool: SourceTool;
}

/** A chart of a repository or registry; without `chart`, what a registry's repository itself holds (`oci://host/path`). */
export interface ChartSource extends SourceBase {
  readonly type: 'chart';
  readonly chart?: string;
  /** A version, a range of versions, or for registries a tag or digest. */
  readonly targetRevision: string;
  /** Relative to what was packed; '' for a chart. */
  readonly path: string;
  readonly tool: SourceTool;
}

/** A Git repository that nothing is rendered from: value files of other sources lie there. */
export interface RefSource extends SourceBase {
  readonly type: 'ref';
  readonly ref: string;
}

export type SourceTool =
  | { readonly type: 'detect' }
  | {
      readonly type: 'directory';
      readonly recurse: boolean;
      readonly include?: string;
      readonly exclude?: string;
    }
  | { readonly type: 'kustomize'; readonly options: KustomizeOptions }
  | { readonly type: 'helm'; readonly options: HelmOptions };

export interface KustomizeOptions {
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly namespace?: string;
  /** `name=newName:tag` or `name@sha256:…`, as Argo CD and `kustomize edit set image` write them. */
  readonly images: readonly string[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  /** Variables of the build environment are filled into annotations, as they are into labels. */
  readonly commonAnnotationsEnvsubst?: true;
  /** What the kustomization itself says of a label is overwritten; absent: it is a problem. */
  readonly forceCommonLabels?: true;
  readonly forceCommonAnnotations?: true;
  /** Common labels stay out of selectors, and out of templates but for `labelIncludeTemplates`. */
  readonly labelWithoutSelector?: true;
  readonly labelIncludeTemplates?: true;
  readonly patches?: readonly KustomizePatch[];
  /** Folders, relative to the kustomization. */
  readonly components?: readonly string[];
  readonly ignoreMissingComponents?: true;
  /** Of kustomize itself, with or without a `v`. */
  readonly version?: string;
  /** What charts inside it see instead of the destination's own. */
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
}

/** One of the two: a file relative to the kustomization, or the patch's text. */
export interface KustomizePatch {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, true>>;
}

export interface HelmOptions {
  readonly releaseName?: string;
  readonly namespace?: string;
  /** Relative to the chart, from the repository's root with a leading `/`, or of another source (`$ref/…`); patterns too. */
  readonly valueFiles: readonly string[];
  readonly ignoreMissingValueFiles: boolean;
  /** YAML text. */
  readonly values?: string;
  /** Wins over `values`. */
  readonly valuesObject?: JsonObject;
  /** Win over all values. */
  readonly parameters: readonly {
    readonly name: string;
    readonly value: string;
    readonly forceString: boolean;
  }[];
  /** Values that are the content of files, named as value files are; they win over parameters. Absent: none. */
  readonly fileParameters?: readonly { readonly name: string; readonly path: string }[];
  readonly skipCrds: boolean;
  readonly skipSchemaValidation?: true;
  /** What templates see instead of what the destination's agent reported. */
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
}

/** `server` or `name`, one of the two, and a namespace for objects that name none. */
export interface Destination {
  readonly server?: string;
  readonly name?: string;
  readonly namespace: string;
}

/** Argo CD's `AppProject`. Counts only below the protected path. */
export interface ProjectDocument extends Located {
  readonly kind: 'AppProject';
  readonly name: string;
  /** What global projects are chosen by; absent: none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly description: string;
  readonly sourceRepos: readonly string[];
  readonly destinations: readonly {
    readonly server?: string;
    readonly name?: string;
    readonly namespace?: string;
  }[];
  readonly clusterResourceWhitelist: readonly KindRule[];
  readonly clusterResourceBlacklist: readonly KindRule[];
  /** Absent: all kinds are allowed. Empty: none. */
  readonly namespaceResourceWhitelist?: readonly KindRule[];
  readonly namespaceResourceBlacklist: readonly KindRule[];
  /** Absent: none. */
  readonly syncWindows?: readonly SyncWindowSpec[];
  /** What images have to be pinned to at least; absent: what the environment says. */
  /** What its applications may be at most. */
  readonly mode?: Mode;
  readonly imagePolicy?: ImagePolicy;
  /** Whether its applications' namespaces are looked through for what belongs to no application; absent: no. */
  readonly orphanedResources?: OrphanedResources;
  /** Absent where there are none. */
  readonly roles?: readonly ProjectRole[];
  /** Only clusters whose document names this project are destinations. */
  readonly permitOnlyProjectScopedClusters?: true;
  /** Whose commits of which repositories it takes; the first policy that names a repository counts. Absent: anybody's. */
  readonly signatures?: readonly SignaturePolicy[];
}

/** One of Argo CD's `sourceIntegrity.git.policies`, or all of its `signatureKeys`. */
export interface SignaturePolicy {
  /** Patterns that cross `/`; with `!` those that it isn't for. */
  readonly repos: readonly string[];
  /** `head`: the commit that is taken has to be signed. */
  readonly mode: 'head' | 'none';
  /** Ids of GPG keys, fingerprints, and names of the fleet's signers. */
  readonly keys: readonly string[];
  /** Where it stands. */
  readonly field: string;
}

export interface OrphanedResources {
  /** Whether an application is warned about them. */
  readonly warn: boolean;
  readonly ignore: readonly OrphanIgnore[];
}

/** One of Argo CD's `syncWindows`, with the patterns of what it is for; an empty list selects nothing. */
export interface SyncWindowSpec extends SyncWindow {
  /** `all`: every list that isn't empty has to match (`andOperator`). */
  readonly matches: 'any' | 'all';
  readonly applications: readonly string[];
  readonly namespaces: readonly string[];
  readonly clusters: readonly string[];
}

export interface KindRule {
  readonly group: string;
  readonly kind: string;
  readonly name?: string;
}

/** A member of the fleet. Counts only below the protected path. */
export interface ClusterDocument extends Located {
  readonly kind: 'Cluster';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: string;
  /** Addresses that applications may name it by (`destination.server`). */
  readonly servers: readonly string[];
  readonly mode?: Mode;
  /** The project that it is scoped to, which may use every namespace of it; absent: none. */
  readonly project?: string;
}

/** Defaults and environments. One per fleet, below the protected path. */
export interface FleetDocument extends Located {
  readonly kind: 'Fleet';
  readonly name: string;
  /** In the order of promotion. */
  readonly environments: readonly EnvironmentSpec[];
  readonly mode?: Mode;
  readonly deleteLimits: DeleteLimits;
  /** Of environments that say nothing; absent: `any`. */
  readonly imagePolicy?: ImagePolicy;
  /** Globs of tags that don't stay; absent: the built-in list. */
  readonly movingTags?: readonly string[];
  /** Rules for kinds that the built-in ones don't fit; absent where there are none. */
  readonly healthRules?: readonly HealthRule[];
  /** Projects whose rules others inherit; absent: none. */
  readonly globalProjects?: readonly GlobalProject[];
  /** Fields that others may write, of all applications; absent: none. */
  readonly ignoreDifferences?: readonly IgnoreRule[];
  /** Kinds that don't count; absent: none but those that never do. */
  readonly resourceExclusions?: readonly ResourceFilterSpec[];
  /** The only kinds that count, on the clusters that they name; absent: all. */
  readonly resourceInclusions?: readonly ResourceFilterSpec[];
  /** Whose signatures are known; absent: nobody's. */
  readonly signers?: readonly Signer[];
}

/** Somebody who signs commits, by one public key: a GPG key in base64, or the fingerprint of an SSH key. */
export interface Signer {
  readonly name: string;
  readonly type: 'gpg' | 'ssh';
  readonly key: string;
}

/** One of Argo CD's `globalProjects`. */
export interface GlobalProject {
  readonly projectName: string;
  readonly labelSelector: LabelSelector;
}

export interface ResourceFilterSpec extends ResourceFilter {
  /** Patterns of names and addresses; empty: every cluster. */
  readonly clusters: readonly string[];
}

export interface EnvironmentSpec {
  readonly name: string;
  readonly mode?: Mode;
  readonly deleteLimits?: DeleteLimits;
  readonly imagePolicy?: ImagePolicy;
  /** Its images are pinned to digests, unless `imagePolicy` says otherwise. */
  readonly protected?: true;
}

/** Who may do what. Counts only below the protected path. */
export interface AccessPolicyDocument extends Located {
  readonly kind: 'AccessPolicy';
  readonly name: string;
  /** What everybody has who is known at all; nobody can be denied it. */
  readonly defaultRole?: string;
  readonly rules: readonly AccessRule[];
  readonly bindings: readonly AccessBinding[];
}

/** Who is told of what, and how. Counts only below the protected path. */
export interface NotificationDocument extends Located {
  readonly kind: 'Notification';
  readonly name: string;
  /** One per trigger at most. */
  readonly triggers: readonly TriggerSpec[];
  readonly match: NotificationMatch;
  /** Their names differ. */
  readonly receivers: readonly ReceiverSpec[];
}

export interface TriggerSpec {
  readonly type: Trigger;
  /** How long it must hold before anybody is told; absent: what the trigger has by itself. */
  readonly forMs?: number;
  readonly severity?: Severity;
}

/** Patterns as in a project's destinations. An absent list matches everything, an empty one nothing. */
export interface NotificationMatch {
  readonly projects?: readonly string[];
  readonly environments?: readonly string[];
  readonly clusters?: readonly string[];
  readonly owners?: readonly string[];
  readonly severities?: readonly Severity[];
}

export interface ReceiverSpec {
  readonly name: string;
  readonly target: ReceiverTarget;
  /** How often it is told that the hub lives, ms; absent: never. */
  readonly watchdogMs?: number;
}

/** A file of the hub's folder of secrets. */
export interface SecretRef {
  readonly file: string;
}

/** An address that may be read by everybody, or one that is a secret itself. */
export type ReceiverAddress = string | SecretRef;

export type ReceiverTarget =
  | { readonly type: 'alertmanager'; readonly url: ReceiverAddress; readonly token?: SecretRef }
  | { readonly type: 'pagerDuty'; readonly url: string; readonly routingKey: SecretRef }
  | { readonly type: 'slack'; readonly url: SecretRef }
  | {
      readonly type: 'webhook';
      readonly url: ReceiverAddress;
      readonly secret: SecretRef;
      readonly token?: SecretRef;
    };
