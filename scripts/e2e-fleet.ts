/** The smallest fleet: one cluster called kind, and one application of one ConfigMap. */
const files = {
  'fleet.yaml': `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: {name: fleet}
spec: {environments: [{name: test}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: {name: kind}
spec: {environment: test}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: test}
spec:
  sourceRepos: ['git://git.fleet.svc.cluster.local/fleet.git']
  destinations: [{name: kind, namespace: hello}]
`,
  'application.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: hello}
spec:
  project: test
  source: {repoURL: 'git://git.fleet.svc.cluster.local/fleet.git', targetRevision: main, path: apps/hello}
  destination: {name: kind, namespace: hello}
  syncPolicy:
    automated: {prune: true, selfHeal: true}
    syncOptions: [CreateNamespace=true]
`,
  'hello.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: hello}
data: {text: from Git}
`,
};

const serve = `set -e
export HOME=/tmp
git init --quiet --bare --initial-branch=main /tmp/srv/fleet.git
git clone --quiet /tmp/srv/fleet.git /tmp/work
cd /tmp/work
mkdir -p fleet applications apps/hello
cp /files/fleet.yaml fleet/
cp /files/application.yaml applications/
cp /files/hello.yaml apps/hello/
git checkout --quiet -B main
git add .
git -c user.name=e2e -c user.email=e2e@example.com commit --quiet --message 'the fleet'
git push --quiet origin main
exec git daemon --reuseaddr --export-all --base-path=/tmp/srv
`;

/** A pod that serves that fleet's repository at `git://git.fleet.svc.cluster.local/fleet.git`; `image` has git. */
export function fleetObjects(image: string): readonly object[] {
  const namespace = 'fleet';
  const labels = { app: 'git' };
  const container = {
    name: 'git',
    image,
    imagePullPolicy: 'Never',
    command: ['sh', '-c', serve],
    ports: [{ containerPort: 9418 }],
    readinessProbe: { tcpSocket: { port: 9418 } },
    volumeMounts: [{ name: 'files', mountPath: '/files' }],
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fairlead-system' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: files },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'git', namespace, labels },
      spec: { containers: [container], volumes: [{ name: 'files', configMap: { name: 'files' } }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'git', namespace },
      spec: { selector: labels, ports: [{ port: 9418 }] },
    },
  ];
}
