import { describe, expect, it } from 'vitest';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { ownerOf, partOf, partOfLabel, trackingAnnotation, trackingId } from '../../core/tracking.ts';

const application = 'argocd/payments-dev';

function owned(overrides: { name?: string; label?: string; tracking?: string } = {}): KubeObject {
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'payments', name: overrides.name ?? 'web' },
  };
  const tracking = overrides.tracking ?? trackingId(application, refOf(object));
  const label = overrides.label ?? partOf(application);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { [partOfLabel]: label },
      annotations: { [trackingAnnotation]: tracking },
    },
  };
}

describe('tracking', () => {
  it('an object belongs to the application that its label and its tracking id name', () => {
    const object = owned();
    expect(ownerOf(object, refOf(object))).toBe(application);
    expect(object.metadata.annotations?.[trackingAnnotation]).toBe(
      'argocd/payments-dev:apps/Deployment:payments/web',
    );
  });

  it('a copy of the marks on another object proves nothing, however alike their names', () => {
    const original = owned();
    const copied = owned({
      name: 'bew',
      tracking: original.metadata.annotations?.[trackingAnnotation] ?? '',
    });
    expect(ownerOf(copied, refOf(copied))).toBeUndefined();
  });

  it('a label of another application, or one mark alone, proves nothing', () => {
    const object = owned({ label: partOf('argocd/other') });
    expect(ownerOf(object, refOf(object))).toBeUndefined();
    const { labels: _labels, ...unlabelled } = owned().metadata;
    expect(ownerOf({ ...object, metadata: unlabelled }, refOf(object))).toBeUndefined();
    const { annotations: _annotations, ...unmarked } = owned().metadata;
    expect(ownerOf({ ...object, metadata: unmarked }, refOf(object))).toBeUndefined();
  });
});
