import { readFileSync } from 'node:fs';

/** The programs that a test may need. */
export const binaryNames = [
  'etcd',
  'kube-apiserver',
  'helm',
  'kustomize',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
] as const;

/** One of {@link binaryNames}. */
export type BinaryName = (typeof binaryNames)[number];

/** How a program is had from source. */
export interface BinarySource {
  /** Version, such as `v1.37.2`. */
  readonly version: string;
  /** Package of its main function. */
  readonly package: string;
  /** `pinned`: built inside this folder's module. `module`: installed at its version, on its own. */
  readonly build: 'pinned' | 'module';
  /** What a build takes on two idle cores, in minutes, after those before it in {@link binaryNames}. */
  readonly minutes: number;
}

/** Folder of the module that pins Kubernetes and etcd. */
export const moduleDir = new URL('.', import.meta.url);

/** Version of Kubernetes in `go.mod`, such as `v1.37.2`. */
export function kubernetesVersion(): string {
  return requiredVersion('k8s.io/kubernetes');
}

/** How each program is had from source, with the versions that `go.mod` and this file pin. */
export function binarySources(): Readonly<Record<BinaryName, BinarySource>> {
  const version = kubernetesVersion();
  const kubernetes = (name: string, minutes: number): BinarySource => ({
    version,
    package: `k8s.io/kubernetes/cmd/${name}`,
    build: 'pinned',
    minutes,
  });
  return {
    etcd: {
      version: requiredVersion('go.etcd.io/etcd/server/v3'),
      package: 'go.etcd.io/etcd/server/v3',
      build: 'pinned',
      minutes: 1,
    },
    'kube-apiserver': kubernetes('kube-apiserver', 5),
    'kube-controller-manager': kubernetes('kube-controller-manager', 2),
    'kube-scheduler': kubernetes('kube-scheduler', 1),
    helm: { version: 'v4.3.1', package: 'helm.sh/helm/v4/cmd/helm', build: 'module', minutes: 2 },
    kustomize: {
      version: 'v5.8.2',
      package: 'sigs.k8s.io/kustomize/kustomize/v5',
      build: 'module',
      minutes: 1,
    },
    kwok: { version: 'v0.8.0', package: 'sigs.k8s.io/kwok/cmd/kwok', build: 'module', minutes: 1 },
  };
}

function requiredVersion(module: string): string {
  const text = readFileSync(new URL('go.mod', moduleDir), 'utf8');
  const line = text.split('\n').find((each) => each.replace('require', '').trim().startsWith(`${module} v`));
  const version = line?.match(/ (v\S+)/)?.[1];
  if (version) return version;
  throw new Error(`test/clusters/go.mod requires no version of ${module}`);
}
