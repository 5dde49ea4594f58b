import { expect, it } from 'vitest';
import { readManifests } from '../../../hub/render/read-manifests.ts';
import { checkRendered } from '../../../hub/resolve/check-rendered.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { catalogOf, goodTexts } from '../catalog/catalog-texts.ts';

const role = 'apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: admin}';
const elsewhere = 'apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: kube-system}';
const fine = 'apiVersion: v1, kind: ConfigMap, metadata: {name: a}';
const list = (items: string) => `apiVersion: v1, kind: List, items: [${items}]`;

it.each([
  ['an object of its own', role, 'ClusterRole'],
  ['an item of a List', list(`{${fine}}, {${role}}`), 'ClusterRole'],
  ['an item of a List in a List', list(`{${list(`{${fine}}, {${role}}`)}}`), 'ClusterRole'],
  [
    'an item of a typed list that leaves out its kind',
    'apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleList, items: [{metadata: {name: admin}}]',
    'ClusterRole',
  ],
  [
    'an item of another kind in a typed list',
    `apiVersion: v1, kind: ConfigMapList, items: [{${role}}]`,
    'ClusterRole',
  ],
  ['another namespace in a List', list(`{${elsewhere}}`), 'namespace kube-system'],
  ['another namespace in a List in a List', list(`{${list(`{${elsewhere}}`)}}`), 'namespace kube-system'],
  [
    'a kind whose scope nobody knows, in a List',
    list('{apiVersion: x.example.com/v1, kind: Thing, metadata: {name: a}}'),
    "isn't known until cluster dev has reported",
  ],
  [
    'a project in a List',
    list('{apiVersion: argoproj.io/v1alpha1, kind: AppProject, metadata: {name: platform}}'),
    "where it doesn't count",
  ],
  [
    'a List without items, as an object',
    'apiVersion: x.example.com/v1, kind: ThingList, metadata: {name: a}',
    "isn't known until",
  ],
])('a chart cannot smuggle %s', (_what, text, reason) => {
  const { manifests, problems } = readManifests(`{${text}}`, ({ line }) => ({ file: 'a.yaml', line }));
  expect(problems).toEqual([]);
  const [assignment] = resolve(catalogOf(goodTexts)).assignments;
  if (assignment === undefined) throw new Error('not assigned');
  expect(checkRendered(assignment, manifests, undefined)?.reason).toContain(reason);
});
