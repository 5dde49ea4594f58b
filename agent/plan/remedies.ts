import type { ObjectRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import type { FailureCode } from './classify-error.ts';

/**
 * What a person can do about each class of failure, in a sentence; the engine goes on by itself where it says so. Every
 * code that an object's failure may carry is here.
 */
export const remedies = {
  guard: "Remove it from Git or move it, or widen the agent's allow-list in the chart's values",
  race: 'Nothing: it is read and tried again at once',
  terminating:
    'Nothing while its deletion ends; if it never does, see which finalizers it waits for: kubectl get -o yaml',
  immutable:
    'Bring the old value back in Git, rename the object, or let it be deleted and made again: annotation argocd.argoproj.io/sync-options: Force=true,Replace=true',
  invalid: 'Correct the manifest in Git: the same is not tried again',
  'namespace-terminating':
    'Nothing while the namespace ends; if it never does, its conditions name what is left: kubectl get namespace -o yaml',
  'namespace-absent': 'Declare the Namespace in Git, or set CreateNamespace=true in syncPolicy.syncOptions',
  'not-served':
    'Apply its CustomResourceDefinition (in Git, or with its operator); it is tried again as soon as the kind is served',
  'unknown-field':
    "Correct the field in Git, or update the kind's CustomResourceDefinition; tried again, since a new schema takes a moment",
  'not-found': 'Nothing: it is tried again. If it stays, its namespace or kind is missing',
  forbidden:
    "Give the agent the right: the chart's profile cluster has all; extraKinds of its values names more kinds. Tried again every five minutes",
  unauthenticated:
    "The API server doesn't know the agent: is its ServiceAccount still there, or the kubeconfig's token expired?",
  quota: 'Raise the ResourceQuota or ask for less in Git. Tried again every five minutes',
  policy: 'Change what the policy refuses, or the policy. Tried again every five minutes',
  'dry-run-unsupported':
    'Set sideEffects: None or NoneOnDryRun on the webhook, so that changes can be compared exactly',
  'too-large':
    'Make it smaller, or split it: the API server takes about 1.5 MiB for an object, 1 MiB for a ConfigMap or Secret, 256 KiB for all annotations',
  'no-server-side-apply':
    'The aggregated API server is too old for server-side apply: update it, or apply this object by other means',
  throttled: 'Nothing: the API server asked for patience, and it is tried again when it said',
  'webhook-down':
    'Mend or remove the webhook that the message names: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations. Other objects go on; it is tried again',
  'conversion-down':
    "Mend the conversion webhook of the kind's CustomResourceDefinition. Other kinds go on; it is tried again",
  unreachable: 'Nothing: it is tried again as soon as the API server answers',
  'server-error': "See the API server's log; it is tried again",
  'unknown-group':
    'Mend its APIService: kubectl get apiservices. Nothing of the group is changed or deleted until it answers',
  'version-stored':
    'Migrate the stored objects first (write each once at the new version, then take the old one out of status.storedVersions), or keep the version in the definition',
  'version-removed': 'Change its apiVersion in Git to one that is served; what is live stays',
  duplicate: 'Remove one of the two declarations from Git; until then what is live follows the first',
  repeated: 'Remove all but one from Git: once they differ, only the first is applied',
  excluded:
    'Remove it from Git, or let its kind count in resourceExclusions and resourceInclusions of the Fleet document; events, metrics and Leases never do',
  dependency:
    'Correct config.kubernetes.io/depends-on, or what it names, in Git; what is live stays meanwhile',
  'deletion-stuck':
    'Whatever set the finalizer has to run to finish its work; Fairlead never strips one. Only when that is gone for good, take it off with kubectl',
  blocked: 'Nothing: all of it is tried again by itself; the message names what stands in the way',
  'hook-failed':
    'See why (kubectl describe, kubectl logs), then correct it in Git, or run it again with fairlead app sync. Until then nothing more of this sync is applied',
  'sync-failed':
    'Mend what it names, then begin anew with fairlead app sync or a commit. What the sync had not applied stays as it is until then',
} as const satisfies Readonly<Record<FailureCode | OtherCode, string>>;

type OtherCode =
  | 'unknown-group'
  | 'version-removed'
  | 'duplicate'
  | 'repeated'
  | 'excluded'
  | 'dependency'
  | 'deletion-stuck'
  | 'blocked'
  | 'hook-failed'
  | 'sync-failed';

/** A class of failure of one object, in the words that people see. */
export type RemedyCode = keyof typeof remedies;

/** One object's failure, with what to do about it: in general, or in the words that fit just here. */
export function objectFailure(
  ref: ObjectRef,
  code: RemedyCode,
  message: string,
  remedy: string = remedies[code],
): ObjectFailure {
  return { ref, code, message, remedy };
}
