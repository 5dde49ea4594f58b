import type { Drift } from '../../core/drift.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { DiffField } from '../../core/operation.ts';
import { ownerOf } from '../../core/tracking.ts';
import { classifyError } from '../plan/classify-error.ts';
import { type Foreseen, foreseeTakeOver, patchTo } from '../plan/foresee-take-over.ts';
import { previewFields } from '../plan/preview-fields.ts';
import type { JsonPatchStep, KubeFailure, KubePort } from '../ports.ts';
import { type Inspection, type InspectRequest, inspectObject, rememberedOf } from './inspect-object.ts';
import { adoptionManager } from './write-object.ts';

type Compared = Extract<Inspection, { type: 'equal' | 'differs' }>;

/** All that a sync would change of one object, fields that it takes over from others included. */
export type Preview =
  | Exclude<Inspection, Compared>
  | {
      readonly type: 'previewed';
      readonly fields: readonly DiffField[];
      readonly verdict: Drift['verdict'];
      /** Only where it isn't ours yet: field managers whose declarations become ours. */
      readonly takesOver?: readonly string[];
    };

/** An object that is written all the time is foreseen as it is then, without the API server's defaults. */
const attempts = 3;

/**
 * `takeOverOf` is the patch that goes before the first apply. No dry-run can follow another, so what the apply will take
 * away is foreseen here, and the API server is asked by a dry-run of the whole what it makes of that: defaults come back,
 * or it is refused. Nothing is written.
 */
export async function previewObject(
  kube: KubePort,
  request: Omit<InspectRequest, 'live'>,
  takeOverOf: (live: KubeObject) => readonly JsonPatchStep[] | undefined,
): Promise<Preview> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await inspectObject(kube, request);
    if (found.type !== 'equal' && found.type !== 'differs') return found;
    const patch = takeOverOf(found.live);
    const foreseen = patch === undefined ? plain(found) : foreseeTakeOver(found.live, found.predicted, patch);
    const answer = await ask(kube, request, found, foreseen);
    if (answer.type === 'failed') return answer;
    if (answer.type === 'answered') return previewOf(request, found, { ...foreseen, ...answer });
    if (attempt === attempts) return previewOf(request, found, { ...foreseen, verdict: 'approximate' });
  }
}

function plain({ predicted }: Compared): Foreseen {
  return { object: predicted, from: [], leaves: [] };
}

type Answer =
  | { readonly type: 'answered'; readonly object: KubeObject; readonly verdict: Drift['verdict'] }
  /** Somebody wrote in between. */
  | { readonly type: 'moved' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

async function ask(
  kube: KubePort,
  { resource, ref }: Pick<InspectRequest, 'resource' | 'ref'>,
  { live, verdict }: Compared,
  { object, leaves }: Foreseen,
): Promise<Answer> {
  if (leaves.length === 0 || verdict === 'approximate') return { type: 'answered', object, verdict };
  const how = { manager: adoptionManager, dryRun: true } as const;
  const answer = await kube.jsonPatch(resource, ref, patchTo(live, object), how);
  if (answer.type === 'ok') return { type: 'answered', object: answer.object, verdict };
  if (answer.failure.status === 409) return { type: 'moved' };
  const { code } = classifyError(answer.failure);
  const mayNotAsk = code === 'forbidden' || code === 'dry-run-unsupported';
  return mayNotAsk ? { type: 'answered', object, verdict: 'approximate' } : answer;
}

function previewOf(
  request: Omit<InspectRequest, 'live'>,
  { live, predicted }: Compared,
  foreseen: Pick<Foreseen, 'object' | 'from'> & { readonly verdict: Drift['verdict'] },
): Preview {
  const isOurs = ownerOf(live, request.ref) === request.application;
  const remembered = { ...rememberedOf(request), marks: isOurs ? 'marked' : 'bare' } as const;
  return {
    type: 'previewed',
    fields: previewFields({ live, predicted, foreseen: foreseen.object }, remembered),
    verdict: foreseen.verdict,
    ...(isOurs ? {} : { takesOver: foreseen.from }),
  };
}
