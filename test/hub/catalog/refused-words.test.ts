import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/argo-cd-compatibility.md'), 'utf8');

/** Rows of the page's last table: a kind, a field with a value, and what people are told. */
const rows = [...page.matchAll(/^\| (\w+) \| `([^`]+)` \| (.+) \|$/gm)].map(
  ([, kind = '', field = '', words = '']) => [kind, plain(field), plain(words)] as const,
);

/** A bar inside of a cell is written with a backslash. */
function plain(cell: string): string {
  return cell.replaceAll('\\|', '|');
}

type Node = Record<string, unknown>;

const documents: Readonly<Record<string, () => Node>> = {
  Application: () => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web' },
    spec: {
      project: 'shop',
      source: { repoURL: 'https://git.example.com/a.git', path: 'web' },
      destination: { name: 'one', namespace: 'web' },
    },
  }),
  AppProject: () => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'shop' },
    spec: {},
  }),
  AccessPolicy: () => ({
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { name: 'people' },
    spec: {},
  }),
  ApplicationSet: () => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'all' },
    spec: {},
  }),
};

/** Sets `a.b.c: value` in a document; a key in quotes may hold dots. */
function setField(document: Node, text: string): void {
  for (const [path, value] of Object.entries(parse(text) as Node)) {
    const keys = path.split('.').map((key) => key.replaceAll('·', '.'));
    const last = keys.pop() ?? '';
    let node = document;
    for (const key of keys) {
      node[key] ??= {};
      node = node[key] as Node;
    }
    node[last] = value;
  }
}

test.for(rows)('%s with %s is refused in the words of the page', ([kind, field, words]) => {
  const document = documents[kind]?.() ?? {};
  if (field !== 'kind') setField(document, field);
  const { problems } = parseFile('fleet/a.yaml', 'id', JSON.stringify(document, null, 2), 'fleet');
  expect(problems.map(({ message, remedy }) => `${message}. ${remedy}`)).toEqual([words]);
});

test('the page has its table of refusals', () => {
  expect(rows.length).toBeGreaterThan(15);
});
