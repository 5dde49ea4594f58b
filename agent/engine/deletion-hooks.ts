import type { DesiredApplication } from '../../core/desired.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { KeptDocuments } from '../observe/kept-documents.ts';
import { classifyHook } from '../plan/classify-hook.ts';
import type { KeptManifests } from './engine-services.ts';

/**
 * A removal brings no manifests: what its application wants run around its deletion is kept from while it was in Git,
 * and becomes the manifests of the removal.
 */
export function withDeletionHooks(
  desired: DesiredApplication,
  kept: KeptDocuments<KeptManifests>,
): DesiredApplication {
  const { application } = desired;
  if (desired.removal === 'release') return desired;
  if (desired.removal === 'delete') {
    return { ...desired, manifests: kept.get(application)?.manifests ?? [] };
  }
  const manifests = desired.manifests.filter(isDeletionHook);
  const before = kept.get(application)?.manifests ?? [];
  if (equalJson(manifests as unknown as Json, before as unknown as Json)) return desired;
  if (manifests.length === 0) kept.delete(application);
  else kept.set(application, { manifests });
  return desired;
}

function isDeletionHook({ object }: Manifest): boolean {
  const hook = classifyHook(object);
  if (hook.type !== 'hook') return false;
  return hook.phases.includes('PreDelete') || hook.phases.includes('PostDelete');
}
