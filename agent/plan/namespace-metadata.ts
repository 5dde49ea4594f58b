import type { DesiredApplication } from '../../core/desired.ts';
import { type KubeObject, type Manifest, refOf } from '../../core/kube-object.ts';

/**
 * On a Namespace of which an application manages labels and annotations alone (Argo CD's `managedNamespaceMetadata`). It
 * is never deleted for that application, nothing that somebody else wrote becomes the application's, and once the
 * application lets go it is left as it is, without our marks.
 */
export const metadataOnlyAnnotation = 'fairlead.dev/metadata-only';

export function isMetadataOnly({ metadata }: Pick<KubeObject, 'metadata'>): boolean {
  return metadata.annotations?.[metadataOnlyAnnotation] === 'true';
}

/** The application's namespace with the metadata that it is to carry. A Namespace among its own manifests wins over it. */
export function namespaceManifest(desired: DesiredApplication): Manifest | undefined {
  const { namespace, createNamespace, namespaceMetadata, application } = desired;
  if (!createNamespace || namespaceMetadata === undefined || namespace === '') return undefined;
  const isDeclared = desired.manifests.some(({ object }) => {
    const { group, kind, name } = refOf(object);
    return group === '' && kind === 'Namespace' && name === namespace;
  });
  if (isDeclared) return undefined;
  const { labels, annotations } = namespaceMetadata;
  return {
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels, annotations } },
    origin: { file: `managedNamespaceMetadata of ${application}` },
  };
}
