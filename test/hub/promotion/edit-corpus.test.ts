import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { TargetSource } from '../../../hub/promotion/candidate.ts';
import { findCandidates } from '../../../hub/promotion/find-candidates.ts';
import type { ImageChange } from '../../../hub/promotion/match-images.ts';
import { applyEdits } from '../../../hub/promotion/yaml-file.ts';
import { formatImage, type ImageReference, parseImage } from '../../../hub/resolve/image-reference.ts';
import { corpusDir, hasCorpus } from '../../support/example-fleet.ts';

const root = join(import.meta.dirname, '../../..');
const folders = [join(root, 'examples'), ...(hasCorpus ? [corpusDir] : [])];

/** Tags and digests that YAML could take for something else, besides usual ones. */
const versions: readonly Omit<ImageReference, 'name'>[] = [
  { tag: '2.0.1' },
  { tag: '1.10' },
  { tag: '08' },
  { tag: '1e3' },
  { tag: 'true' },
  { tag: '0x1F' },
  { tag: '20261103' },
  { digest: `sha256:${'0f'.repeat(32)}` },
  { tag: 'v3.1-rc.1', digest: `sha256:${'9'.repeat(64)}` },
];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.ya?ml$/u.test(entry.name) && !/\/templates(?:\/|$)/u.test(entry.parentPath),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Place {
  readonly change: Omit<ImageChange, 'after'>;
}

/** Containers of a file's documents, found by a reader of its own. */
function placesIn(text: string): readonly Place[] {
  const places: Place[] = [];
  const visit = (value: unknown, path: string, object: { kind: string; name: string }): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, member] of Object.entries(value)) {
      if (/^(?:init|ephemeral)?containers$/iu.test(key) && Array.isArray(member)) {
        for (const item of member as { name?: string; image?: string }[]) {
          if (typeof item?.image !== 'string') continue;
          const ref = { group: '', namespace: '', ...object };
          places.push({
            change: { ref, list: `${path}${key}`, container: item.name ?? '', before: item.image },
          });
        }
      } else visit(member, `${path}${key}.`, object);
    }
  };
  for (const document of [...parseAllDocuments(text)]) {
    if (document.errors.length > 0) return [];
    const value = document.toJS() as { kind?: string; metadata?: { name?: string } } | null;
    visit(value, '', { kind: value?.kind ?? '', name: value?.metadata?.name ?? '' });
  }
  return places;
}

/** The span that differs, by looking from both ends; knows nothing of YAML. */
function differing(
  before: string,
  after: string,
): { readonly old: string; readonly young: string; readonly at: number } {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  return {
    old: before.slice(start, before.length - end),
    young: after.slice(start, after.length - end),
    at: start,
  };
}

/** All values by path; what can't be read is a failure. */
function valuesOf(text: string): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object')
      for (const [key, member] of Object.entries(value)) visit(member, `${path}/${key}`);
    else values.set(path, value);
  };
  for (const [index, document] of [...parseAllDocuments(text, { version: '1.1', merge: true })].entries()) {
    expect(document.errors).toEqual([]);
    visit(document.toJS(), String(index));
  }
  return values;
}

const source = (tool: TargetSource['tool'], file: string, text: string): TargetSource => ({
  tool,
  path: file.slice(0, file.lastIndexOf('/')),
  files: [{ file, text }],
  valueFiles: [file],
  document: { file: 'none.yaml', text: '', name: '', namespace: '' },
});

const files = folders.flatMap((folder) =>
  filesBelow(folder).map((path) => ({
    name: relative(join(root, '..'), path),
    text: readFileSync(path, 'utf8'),
  })),
);
const withContainers = files.filter(({ text }) => placesIn(text).length > 0);

test.skipIf(!hasCorpus)('the corpus is tried, not only examples/', () => {
  expect(withContainers.length).toBeGreaterThan(15);
});

describe('image fields of real manifests', () => {
  test('there are some', () => expect(withContainers.length).toBeGreaterThan(2));

  test.each(withContainers)(
    '$name: each container takes every version, and nothing else changes',
    ({ name, text }) => {
      for (const { change } of placesIn(text)) {
        for (const version of versions) {
          const after = formatImage({ name: parseImage(change.before).name, ...version });
          const [candidate] = findCandidates(source('directory', name, text), { ...change, after });
          const edited = applyEdits(text, candidate?.edits ?? []) ?? '';
          const { old, young, at } = differing(text, edited);
          expect(text.slice(0, at) + young + text.slice(at + old.length)).toBe(edited);
          expect(change.before).toContain(old.replaceAll(/["']/gu, ''));
          expect(after).toContain(young.replaceAll(/["']/gu, ''));
          const [was, is] = [valuesOf(text), valuesOf(edited)];
          const changed = [...is].filter(([path, value]) => was.get(path) !== value);
          expect(is.size).toBe(was.size);
          expect(changed.map(([, value]) => value)).toEqual([after]);
        }
      }
    },
  );
});

const kustomizations = files.filter(
  ({ name, text }) => /kustomization\.ya?ml$/u.test(name) && text.includes('resources:'),
);

describe('real kustomizations', () => {
  test.each(kustomizations)(
    '$name: an entry for an image is set or added, and all else stays',
    ({ name, text }) => {
      const listed = entriesOf(text);
      const wanted = [...listed, { name: 'registry.example/new/image', version: '1.0' }];
      for (const entry of wanted) {
        for (const version of versions) {
          const before =
            entry.digest === undefined ? `${entry.name}:${entry.version}` : `${entry.name}@${entry.digest}`;
          const after = formatImage({ name: entry.name, ...version });
          const ref = { group: 'apps', kind: 'Deployment', namespace: '', name: 'any' };
          const change = { ref, list: 'containers', container: 'any', before, after };
          const [candidate] = findCandidates(source('kustomize', name, text), change);
          if (candidate === undefined && (listed.includes(entry) || text.includes('kind: Component')))
            continue;
          const edited = applyEdits(text, candidate?.edits ?? []) ?? '';
          const now = entriesOf(edited).find((each) => each.name === entry.name);
          expect({ tag: now?.version, digest: now?.digest }).toEqual({
            tag: version.tag,
            digest: version.digest,
          });
          const kept = text.split('\n').filter((line) => edited.split('\n').includes(line));
          expect(kept.length).toBeGreaterThanOrEqual(text.split('\n').length - 2);
          const others = entriesOf(edited).filter((each) => each.name !== entry.name);
          expect(others).toEqual(listed.filter((each) => each.name !== entry.name));
        }
      }
    },
  );
});

interface Entry {
  readonly name: string;
  readonly version?: string;
  readonly digest?: string;
}

function entriesOf(text: string): readonly Entry[] {
  const [document] = [...parseAllDocuments(text, { version: '1.1' })];
  const value = document?.toJS() as {
    images?: { name: string; newName?: string; newTag?: unknown; digest?: string }[];
  } | null;
  return (value?.images ?? []).map(({ name, newName, newTag, digest }) => {
    if (newTag !== undefined) expect(typeof newTag).toBe('string');
    return {
      name: newName ?? name,
      ...(newTag === undefined ? {} : { version: String(newTag) }),
      ...(digest === undefined ? {} : { digest }),
    };
  });
}
