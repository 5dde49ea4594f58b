import type { KubeObject } from '../../core/kube-object.ts';

/** The definition of a namespaced kind of `test.example/v1` that takes any fields. `kind` is a plain English noun. */
export function customDefinition(kind: string): KubeObject {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.test.example` },
    spec: {
      group: 'test.example',
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}
