import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { administration, applicationText, fleetText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-images-'));
  render = await openRender({ helm: undefined, kustomize: undefined, tmpDir, log: recordLog() });
});
afterAll(() => rm(tmpDir, { recursive: true, force: true }));
afterEach(() => rig.close());

function podText(image: string): string {
  return `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: app, image: '${image}' }
`;
}

const pinned = `app@sha256:${'0a'.repeat(32)}`;
const protectedFleet = fleetText().replace('name: test', 'name: test, protected: true');

test('an image without a digest is refused in a protected environment, and what runs stays as it is', async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git'] });
  await rig.repo('apps.git').commit({ 'web/pod.yaml': podText('app:1') });
  const repoURL = rig.url('apps.git');
  await rig.commit({ ...administration, 'applications/web.yaml': applicationText('web', { repoURL }) });
  const first = (await rig.record('web'))?.digest;
  expect((await rig.record('web'))?.gates).toEqual([]);

  await rig.commit({ 'fleet/fleet.yaml': protectedFleet });
  const refused = await rig.record('web');
  expect(refused?.gates).toMatchObject([
    { kind: 'refusal', owner: 'environment test', location: { file: 'web/pod.yaml', line: 1 } },
  ]);
  expect(refused?.gates[0]?.reason).toContain('image "app:1" of Pod');
  expect((await rig.head('one')).entries.get('argocd/web')).toBe(first);

  await rig.repo('apps.git').commit({ 'web/pod.yaml': podText(pinned) });
  await rig.pass('apps.git');
  expect((await rig.record('web'))?.gates).toEqual([]);
  expect((await rig.desired('one', 'web'))?.manifests[0]?.object['spec']).toEqual({
    containers: [{ name: 'app', image: pinned }],
  });
});

test('a stricter policy costs no render: what was rendered is judged again', async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git'] });
  await rig.repo('apps.git').commit({ 'web/pod.yaml': podText('app:1') });
  await rig.commit({
    ...administration,
    'applications/web.yaml': applicationText('web', { repoURL: rig.url('apps.git') }),
  });
  rig.takeRenders();
  await rig.commit({ 'fleet/fleet.yaml': protectedFleet });
  await rig.commit({ 'fleet/fleet.yaml': fleetText() });
  expect(rig.takeRenders()).toEqual([]);
  expect((await rig.record('web'))?.gates).toEqual([]);
});
