import { describe, expect, it } from 'vitest';
import {
  type DesiredApplication,
  decodeDesired,
  defaultDeleteLimits,
  encodeDesired,
  manifestsDigest,
} from '../../core/desired.ts';

const desired: DesiredApplication = {
  application: 'argocd/payments-dev',
  project: 'platform',
  mode: 'heal',
  prune: true,
  allowEmpty: false,
  namespace: 'payments',
  createNamespace: true,
  deleteLimits: defaultDeleteLimits,
  manifests: [
    {
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
        data: { id: 9007199254740993n },
      },
      origin: { file: 'a.yaml', line: 1 },
    },
    { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }, origin: { file: 'b.yaml' } },
  ],
};

describe('desired applications', () => {
  it('come back from their bytes, large integers included', () => {
    expect(decodeDesired(encodeDesired(desired))).toEqual(desired);
  });

  it('a sync is due for other objects, not for another mode, line or order', () => {
    const [first, second] = desired.manifests;
    const same: DesiredApplication = {
      ...desired,
      mode: 'observe',
      manifests: [second!, { ...first!, origin: { file: 'moved.yaml', line: 7 } }],
    };
    expect(manifestsDigest(same)).toBe(manifestsDigest(desired));
    expect(manifestsDigest({ ...desired, manifests: [first!] })).not.toBe(manifestsDigest(desired));
    expect(manifestsDigest({ ...desired, namespace: 'other' })).not.toBe(manifestsDigest(desired));
  });
});
