import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ControlPlane } from '../clusters/control-plane.ts';
import { runHelm } from './helm-chart.ts';
import { nameOf, type Tools } from './kubectl.ts';

/** Who deploys objects before Fairlead comes. */
export const deployers = [
  'kubectl apply',
  'kubectl apply --server-side',
  'helm install',
  'Argo CD',
  'Argo CD, server-side',
] as const;
export type Deployer = (typeof deployers)[number];

export interface Surroundings {
  readonly tools: Tools;
  readonly plane: ControlPlane;
  /** The binary. */
  readonly helm: string;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Deploys objects of one namespace as each tool does. Helm is the real one; the others' requests are as they send them. */
export async function deployAs(
  who: Deployer,
  release: string,
  objects: readonly KubeObject[],
  { tools, plane, helm }: Surroundings,
): Promise<void> {
  if (who === 'helm install') return installRelease(release, objects, plane, helm);
  for (const object of objects) {
    const tracked = who.startsWith('Argo CD') ? trackedByArgo(object, release) : object;
    switch (who) {
      case 'kubectl apply':
        await tools.create(withNote(tracked), 'kubectl-client-side-apply');
        break;
      case 'Argo CD':
        await tools.create(withNote(tracked), 'argocd-controller');
        break;
      case 'kubectl apply --server-side':
        await tools.apply(tracked, 'kubectl');
        break;
      case 'Argo CD, server-side':
        await tools.apply(tracked, 'argocd-controller');
        break;
    }
  }
}

/** As a client-side apply makes it: with the note of what was said. */
function withNote(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [lastApplied]: `${JSON.stringify(object)}\n` };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** With the label and the annotation by which Argo CD knows what is its. */
function trackedByArgo(object: KubeObject, application: string): KubeObject {
  const { name, namespace, kind } = nameOf(object);
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
  const id = `${application}:${group}/${kind}:${namespace}/${name}`;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'app.kubernetes.io/instance': application },
      annotations: { ...object.metadata.annotations, 'argocd.argoproj.io/tracking-id': id },
    },
  };
}

async function installRelease(
  release: string,
  objects: readonly KubeObject[],
  plane: ControlPlane,
  helm: string,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-release-'));
  try {
    await mkdir(join(dir, 'templates'));
    await writeFile(join(dir, 'Chart.yaml'), `apiVersion: v2\nname: ${release}\nversion: 1.0.0\n`);
    const [first] = objects;
    for (const [index, object] of objects.entries())
      await writeFile(join(dir, 'templates', `${index}.yaml`), JSON.stringify(object));
    const place = ['--namespace', first?.metadata.namespace ?? 'default', '--kubeconfig', plane.kubeconfig];
    const { code, stderr } = await runHelm(helm, ['install', release, dir, ...place]);
    if (code !== 0) throw new Error(`helm install ${release}: ${stderr}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
