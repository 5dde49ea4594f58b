import type { ApiResource } from '../ports.ts';

/** Kinds that every API server has and that the agent uses for itself, so that discovery need not be asked. */
export const configMaps: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: [],
};

export const namespaces: ApiResource = {
  ...configMaps,
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
