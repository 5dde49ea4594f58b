import { type DesiredApplication, defaultDeleteLimits, encodeDesired } from '../../core/desired.ts';

/** An application of one ConfigMap, with a value of about so many bytes. */
export function desiredContent(application: string, value: string): Uint8Array {
  const desired: DesiredApplication = {
    application,
    project: 'platform',
    mode: 'heal',
    prune: true,
    allowEmpty: false,
    namespace: 'web',
    createNamespace: true,
    deleteLimits: defaultDeleteLimits,
    manifests: [
      {
        object: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings', namespace: 'web' },
          data: { value },
        },
        origin: { file: 'apps/settings.yaml', line: 1 },
      },
    ],
  };
  return encodeDesired(desired);
}
