import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fleetObjects } from '../../scripts/e2e-fleet.ts';
import { imageOf } from '../../scripts/engine.ts';
import { withTemporaryFolder } from '../../scripts/generated.ts';
import type { KubeObject } from '../clusters/kube-client.ts';
import { binarySources } from '../clusters/versions.ts';
import { chartFolder } from '../support/helm-chart.ts';
import { runCli } from '../support/run-cli.ts';

const root = join(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

test('the image of the hub has the helm and kustomize that the tests have', () => {
  const { helm, kustomize } = binarySources();
  for (const { package: name, version } of [helm, kustomize])
    expect(dockerfile).toContain(`${name}@${version}`);
});

test('images are built on Node 24, run as nobody, and are called as the charts call them', () => {
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24-/m);
  expect(dockerfile.match(/^USER 65532:65532$/gm)).toHaveLength(2);
  for (const target of ['hub', 'agent'] as const) {
    expect(dockerfile).toContain(` AS ${target}\n`);
    const values = parse(readFileSync(join(chartFolder(target), 'values.yaml'), 'utf8'));
    expect(imageOf(target).split(':')[0]).toBe(values.image.repository);
  }
});

test.each(['images', 'e2e-kind'])(
  'make %s says in one sentence that there is no container engine',
  (name) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, `scripts/${name}.ts`)], {
      cwd: root,
      encoding: 'utf8',
      // A machine may have an engine: here none is found.
      env: { PATH: '/nonexistent', DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `No container engine answers here: start Docker, Podman or nerdctl, then run make ${name} again.\n`,
    ]);
  },
);

test('the pod of the test in kind serves a fleet that the hub accepts', async () => {
  const objects = fleetObjects('image') as readonly KubeObject[];
  const find = (kind: string): KubeObject => objects.find((object) => object['kind'] === kind) ?? {};
  const { data } = find('ConfigMap');
  const [, , script] = find('Pod')['spec'].containers[0].command;
  await withTemporaryFolder(async (dir) => {
    await mkdir(join(dir, 'files'));
    for (const [name, text] of Object.entries(data)) await writeFile(join(dir, 'files', name), String(text));
    // Its paths are those of a container; here it stops short of serving.
    const local =
      String(script).replaceAll('/tmp', dir).replaceAll('/files', `${dir}/files`).split('exec ')[0] ?? '';
    const { status, stderr } = spawnSync('sh', ['-c', local], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const url = 'git://git.fleet.svc.cluster.local/fleet.git';
    const found = await runCli(['validate', join(dir, 'work'), '--repo', url]);
    expect(found, found.stdout).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toContain('1 application');
  });
});
