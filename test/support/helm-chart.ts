import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../clusters/kube-client.ts';

export type ChartName = 'agent' | 'hub';

/** Where a chart of this repository is. */
export function chartFolder(chart: ChartName): string {
  return join(import.meta.dirname, '../../charts', chart);
}

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs helm; values go in as a file, as a person writes them. */
export async function runHelm(helm: string, args: readonly string[], values?: object): Promise<HelmResult> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-helm-'));
  try {
    const file = join(dir, 'values.yaml');
    await writeFile(file, JSON.stringify(values ?? {}));
    const all = values === undefined ? args : [...args, '--values', file];
    return await execute(helm, all, { PATH: process.env['PATH'], HOME: dir, KUBECONFIG: '/dev/null' });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function execute(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<HelmResult> {
  return new Promise((resolve) => {
    execFile(command, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

/** A helm that was built without a release's settings takes an old Kubernetes for granted: the version is named. */
export function templateArgs(chart: ChartName): readonly string[] {
  const place = ['--namespace', 'fairlead-system', '--kube-version', '1.37.0'];
  return ['template', 'fairlead', chartFolder(chart), ...place];
}

/** Everything that a chart makes, in the namespace fairlead-system. Throws with helm's words where it makes nothing. */
export async function renderChart(
  helm: string,
  chart: ChartName,
  values: object,
): Promise<readonly KubeObject[]> {
  const args = templateArgs(chart);
  const { code, stdout, stderr } = await runHelm(helm, args, values);
  if (code !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
