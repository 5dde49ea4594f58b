import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RenderPort } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { renderNow, renderRequest } from '../../support/render-request.ts';
import { type SourceFile, sourceTreeOf } from '../../support/source-tree.ts';

let dir: string;
let port: RenderPort;

beforeAll(async () => {
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  dir = await mkdtemp(join(tmpdir(), 'fairlead-render-'));
  port = await openRender({ helm: helm.path, kustomize: kustomize.path, tmpDir: dir, log: recordLog() });
}, 600_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

const files: Readonly<Record<string, SourceFile>> = {
  'app/base/kustomization.yaml': 'resources:\n- settings.yaml\n',
  'app/base/settings.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  level: info\n',
  'app/dev/kustomization.yaml': 'resources:\n- ../base\n',
  'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'chart/values.yaml': 'color: red\nsize: 3\n',
  'chart/templates/settings.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: {{ .Values.color }}\n',
};

/** Where the problem of an edited file is said to be. */
async function placeOf(path: string, file: string, from: string, to: string): Promise<unknown> {
  const text = String(files[file]);
  expect(text).toContain(from);
  const source = sourceTreeOf({ ...files, [file]: text.replace(from, to) });
  const result = await renderNow(port, renderRequest(source, { path }));
  expect(result.type).toBe('problems');
  return result.type === 'problems' ? result.problems[0]?.location : undefined;
}

describe('the place of what a tool says', () => {
  it.each([
    ['a manifest below a kustomization', 'app/base/settings.yaml', 'name: settings', 'name: settings: x', 4],
    ['an unknown field of a base', 'app/base/kustomization.yaml', 'resources', 'resoures: []\nresources', 1],
    [
      'an unknown field of the overlay',
      'app/dev/kustomization.yaml',
      '../base\n',
      '../base\nresoures: []\n',
      3,
    ],
    ['a base that holds no kind', 'app/base/settings.yaml', 'kind: ConfigMap', 'knd: ConfigMap', undefined],
  ])('kustomize: %s', async (_what, file, from, to, line) => {
    expect(await placeOf('app/dev', file, from, to)).toEqual(line === undefined ? { file } : { file, line });
  });

  it.each([
    ['values', 'chart/values.yaml', 'size: 3', 'size: 3: x', 2],
    ['a template that fails', 'chart/templates/settings.yaml', '.Values.color', '.Values.color.of.x', 6],
    [
      'a template that does not parse',
      'chart/templates/settings.yaml',
      '.Values.color }}',
      '.Values.color',
      6,
    ],
    // Lines are those of what the template made.
    [
      'YAML that a template made',
      'chart/templates/settings.yaml',
      'name: settings',
      'name: settings: x',
      undefined,
    ],
  ])('helm: %s', async (_what, file, from, to, line) => {
    expect(await placeOf('chart', file, from, to)).toEqual(line === undefined ? { file } : { file, line });
  });
});
