import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Candidate, TargetSource } from '../../../hub/promotion/candidate.ts';
import { findCandidates } from '../../../hub/promotion/find-candidates.ts';
import type { ImageChange } from '../../../hub/promotion/match-images.ts';
import { applyEdits } from '../../../hub/promotion/yaml-file.ts';
import { type PromotionFixture, promotionFixtures } from '../../support/promotion-fixtures.ts';

const dir = join(import.meta.dirname, '../../fixtures/promotion');
const placeholder =
  'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app-prod}\nspec: {}\n';

/** The bytes as text, with a byte order mark if there is one. */
function readFixture(file: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(join(dir, file)));
}

function sourceOf({ file, kind, tool, defaults }: PromotionFixture, text: string): TargetSource {
  const document = { file: 'applications/app.yaml', name: 'app-prod', namespace: 'argocd' };
  const chart = { file: 'app/Chart.yaml', text: 'name: app\nversion: 1.0.0\n' };
  const values = { file: 'app/values.yaml', text: defaults ?? 'replicas: 1\n' };
  const path = kind === 'kustomization' ? 'app/kustomization.yaml' : `app/${file}`;
  return {
    tool,
    path: 'app',
    files:
      kind === 'application'
        ? []
        : kind === 'values'
          ? [chart, values, { file: path, text }]
          : [{ file: path, text }],
    valueFiles: kind === 'values' ? [path] : [],
    document: { ...document, text: kind === 'application' ? text : placeholder },
  };
}

function changesOf({ before, after, containers = ['app'], file }: PromotionFixture): readonly ImageChange[] {
  const kind = file.startsWith('22')
    ? 'CronJob'
    : file.startsWith('23')
      ? 'DaemonSet'
      : file.startsWith('24')
        ? 'Rollout'
        : 'Deployment';
  const ref = { group: 'apps', kind, namespace: 'app', name: 'app' };
  return containers.map((container) => ({
    ref,
    list: 'spec.template.spec.containers',
    container,
    before,
    after,
  }));
}

/** What the file has to become, by cutting and pasting alone. */
function splice(text: string, splices: PromotionFixture['splices']): string {
  return splices.reduce((current, [old, young]) => {
    expect(current.split(old), `${old} stands once`).toHaveLength(2);
    return current.split(old).join(young);
  }, text);
}

/** Every value of every document, by its path, read by the library's own defaults for YAML 1.1. */
function valuesOf(text: string): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object') {
      for (const [key, member] of Object.entries(value)) visit(member, `${path}/${key}`);
    } else values.set(path, value);
  };
  const documents = parseAllDocuments(text, { version: '1.1', merge: true });
  expect(documents).toBeInstanceOf(Array);
  for (const [index, document] of [...documents].entries()) {
    expect(document.errors).toEqual([]);
    visit(document.toJS(), String(index));
  }
  return values;
}

function editBy(candidates: readonly Candidate[], text: string): string | undefined {
  return applyEdits(
    text,
    candidates.flatMap(({ edits }) => edits),
  );
}

test('there are at least 60 fixtures', () => {
  expect(new Set(promotionFixtures.map(({ file }) => file)).size).toBeGreaterThanOrEqual(60);
});

describe.each(promotionFixtures)('$file', (fixture) => {
  const text = readFixture(fixture.file);
  const source = sourceOf(fixture, text);
  const chosen = changesOf(fixture).map((change) => findCandidates(source, change)[fixture.choose ?? 0]);

  test('only the spliced bytes change', () => {
    expect(chosen).not.toContain(undefined);
    const edited = editBy(chosen as readonly Candidate[], text);
    expect(edited).toBe(splice(text, fixture.splices));
  });

  test('the value is a text, and no other value changes', () => {
    const edited = editBy(chosen as readonly Candidate[], text) ?? '';
    const before = valuesOf(text);
    const after = valuesOf(edited);
    const changed = [...after].filter(([path, value]) => before.get(path) !== value);
    expect(changed.length).toBeGreaterThan(0);
    const [version, digest] = [
      /:([^:@/]+)(?:@|$)/.exec(fixture.after)?.[1],
      /@(.+)$/.exec(fixture.after)?.[1],
    ];
    for (const [path, value] of changed) {
      if (path.endsWith('/values')) continue;
      const fits = [fixture.after, version, digest, fixture.after.split(':')[0]].includes(String(value));
      const isWhole = String(value).endsWith(digest ?? version ?? '');
      expect(
        fits || isWhole || String(value) === fixture.before.split(':')[0],
        `${path}: ${String(value)}`,
      ).toBe(true);
      expect(typeof value, path).toBe('string');
    }
    const gone = [...before.keys()].filter((path) => !after.has(path));
    expect(
      gone.every((path) => path.endsWith('/digest') || before.get(path) === null),
      gone.join(),
    ).toBe(true);
  });
});
