import type { NamespaceMetadata } from '../../core/desired.ts';
import { didYouMean } from './did-you-mean.ts';
import type { ApplicationDocument } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectField,
  stringList,
  stringMap,
} from './fields.ts';

type SyncPolicy = Pick<
  ApplicationDocument,
  | 'automated'
  | 'prune'
  | 'selfHeal'
  | 'allowEmpty'
  | 'createNamespace'
  | 'namespaceMetadata'
  | 'pruneLast'
  | 'replace'
  | 'unvalidated'
> & {
  /** `Delete=false`: removing the document leaves its objects, whatever its finalizers. */
  readonly keepOnRemoval: boolean;
};

/**
 * What becomes of `Option=value`. `read`: it has an effect below. `always`: Fairlead works that way, or it can't
 * matter here. A sentence: it isn't supported, and that's what to do instead.
 */
type SyncOption = 'read' | 'always' | { readonly instead: string };

const syncOptions: Readonly<Record<string, Readonly<Record<string, SyncOption>>>> = {
  ApplyOutOfSyncOnly: { true: 'always', false: 'always' },
  ClientSideApplyMigration: { true: 'always', false: 'always' },
  CreateNamespace: { true: 'read', false: 'always' },
  Delete: {
    true: 'always',
    false: 'read',
    confirm: { instead: 'Use Delete=false, and remove the objects by hand' },
  },
  FailOnSharedResource: { true: 'always', false: 'always' },
  Force: {
    true: { instead: 'Use Replace=true, or Force=true on the objects that may be deleted and made again' },
    false: 'always',
  },
  Prune: {
    true: 'always',
    false: 'read',
    confirm: { instead: 'Use Prune=false, and remove the objects by hand' },
  },
  PruneLast: { true: 'read', false: 'always' },
  PrunePropagationPolicy: {
    foreground: 'always',
    background: 'always',
    orphan: { instead: 'Use Prune=false to keep objects that left Git' },
  },
  Replace: { true: 'read', false: 'always' },
  RespectIgnoreDifferences: { true: 'always', false: 'always' },
  ServerSideApply: { true: 'always', false: 'always' },
  SkipDryRunOnMissingResource: { true: 'always', false: 'always' },
  Validate: { true: 'always', false: 'read' },
};

/** `spec.syncPolicy`. Its `retry` isn't read: Fairlead retries by itself. */
export function parseSyncPolicy(spec: Fields): SyncPolicy {
  const policy = objectField(spec, 'syncPolicy');
  if (policy !== undefined) {
    checkFields(policy, {
      read: ['automated', 'syncOptions', 'managedNamespaceMetadata'],
      ignored: ['retry'],
    });
  }
  const automated = policy === undefined ? undefined : objectField(policy, 'automated');
  if (automated !== undefined) {
    checkFields(automated, { read: ['enabled', 'prune', 'selfHeal', 'allowEmpty'] });
  }
  const flag = (name: string) => automated !== undefined && booleanField(automated, name) === true;
  const isOn = automated !== undefined && booleanField(automated, 'enabled') !== false;
  const options = policy === undefined ? new Set<string>() : readOptions(policy);
  const createNamespace = options.has('CreateNamespace=true');
  const metadata = policy === undefined ? undefined : readNamespaceMetadata(policy);
  return {
    automated: isOn,
    prune: isOn && flag('prune') && !options.has('Prune=false'),
    selfHeal: isOn && flag('selfHeal'),
    allowEmpty: isOn && flag('allowEmpty'),
    createNamespace,
    ...(createNamespace && metadata !== undefined ? { namespaceMetadata: metadata } : {}),
    ...(options.has('PruneLast=true') ? { pruneLast: true } : {}),
    ...(options.has('Replace=true') ? { replace: true } : {}),
    ...(options.has('Validate=false') ? { unvalidated: true } : {}),
    keepOnRemoval: options.has('Delete=false') || options.has('Prune=false'),
  };
}

/** As in Argo CD it counts only with `CreateNamespace=true`; one without content counts as absent. */
function readNamespaceMetadata(policy: Fields): NamespaceMetadata | undefined {
  const found = objectField(policy, 'managedNamespaceMetadata');
  if (found === undefined) return undefined;
  checkFields(found, { read: ['labels', 'annotations'] });
  const labels = stringMap(found, 'labels');
  const annotations = stringMap(found, 'annotations');
  const isEmpty = Object.keys(labels).length + Object.keys(annotations).length === 0;
  return isEmpty ? undefined : { labels, annotations };
}

function readOptions(policy: Fields): ReadonlySet<string> {
  const read = new Set<string>();
  for (const [index, text] of (stringList(policy, 'syncOptions') ?? []).entries()) {
    const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
    const meaning = Object.hasOwn(syncOptions, name) ? syncOptions[name]?.[value] : undefined;
    if (meaning === 'read') read.add(`${name}=${value}`);
    else if (meaning !== 'always') addOptionProblem(policy, index, text, name, meaning?.instead);
  }
  return read;
}

function addOptionProblem(
  policy: Fields,
  index: number,
  text: string,
  name: string,
  instead: string | undefined,
): void {
  const values = Object.keys(syncOptions[name] ?? {});
  const known =
    values.length > 0
      ? `Give ${name} one of ${values.join(', ')}`
      : didYouMean(name, Object.keys(syncOptions));
  addProblem(policy, `syncOptions[${index}]`, {
    code: instead === undefined ? 'unknown-field' : 'unsupported-field',
    message:
      instead === undefined
        ? `There is no sync option ${text}`
        : `The sync option ${text} isn't supported yet`,
    remedy: instead ?? known ?? `Known options are ${Object.keys(syncOptions).join(', ')}`,
  });
}
