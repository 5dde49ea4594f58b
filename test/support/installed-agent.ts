import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAgentEnvironment, toAgentConfig } from '../../agent/config.ts';
import { type Agent, openAgent } from '../../agent/context.ts';
import type { RequestRecord } from '../../agent/kube/transport.ts';
import { unwrap } from '../../cli/client/open-client.ts';
import type { ControlPlane } from '../clusters/control-plane.ts';
import { KubeClient, type KubeObject } from '../clusters/kube-client.ts';
import type { FleetRig } from './fleet-rig.ts';
import { chartFolder, runHelm } from './helm-chart.ts';

const release = 'fairlead-agent';

/** An agent installed by its chart, run with the rights and the environment that its pod would have. */
export interface InstalledAgent {
  readonly namespace: string;
  /** `system:serviceaccount:…`, for reviews of access. */
  readonly user: string;
  /** A client with exactly the agent's rights. */
  readonly asAgent: KubeClient;
  /** Everything that it asked of the API server since it was started. */
  readonly requests: readonly RequestRecord[];
  readonly probePort: number;
  /** `helm upgrade`, and the new pod that follows it, on what the old one kept. */
  upgrade(values: object): Promise<void>;
  uninstall(): Promise<void>;
  whenIdle(): Promise<void>;
  close(): Promise<void>;
}

export interface InstallOptions {
  readonly rig: FleetRig;
  readonly plane: ControlPlane;
  /** An administrator's client. */
  readonly admin: KubeClient;
  /** The name of the Cluster document. */
  readonly cluster: string;
  readonly values: object;
}

/** Follows docs/install.md: a token into a Secret, then `helm install`. Where the kubelet would start a pod, the agent is started here. */
export async function installAgent(options: InstallOptions): Promise<InstalledAgent> {
  const { rig, plane, admin, cluster, values } = options;
  const namespace = `agent-${cluster}`;
  const params = { path: { name: cluster } };
  const { token } = await unwrap(rig.client.POST('/api/v1/clusters/{name}/enrollment', { params }));
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await admin.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'fairlead-enrollment', namespace },
    stringData: { token },
  });
  await helm(options, ['install', release, chartFolder('agent')], values);
  const requests: RequestRecord[] = [];
  const credentials = await mintToken(options, namespace);
  const start = async (): Promise<Agent> => {
    const environment = await environmentOf(admin, namespace);
    const config = toAgentConfig(readAgentEnvironment(environment), true);
    const stateDir = join(rig.dir, `installed-${cluster}`);
    const probe = { host: '127.0.0.1', port: 0 };
    const source = { type: 'in-cluster', directory: credentials.directory } as const;
    requests.splice(0);
    return openAgent({ ...config, stateDir, probe, cluster: source }, rig.log, {
      kube: { onRequest: (request) => requests.push(request) },
    });
  };
  let agent = await start();
  const asAgent = new KubeClient(plane, { token: credentials.token });
  return {
    namespace,
    user: `system:serviceaccount:${namespace}:${release}`,
    asAgent,
    requests,
    get probePort() {
      return agent.probePort ?? 0;
    },
    async upgrade(next) {
      await helm(options, ['upgrade', release, chartFolder('agent')], next);
      await agent.close();
      agent = await start();
    },
    uninstall: () => helm(options, ['uninstall', release]),
    whenIdle: () => agent.whenIdle(),
    async close() {
      asAgent.close();
      await agent.close();
    },
  };
}

async function helm(
  { rig, plane, cluster }: InstallOptions,
  args: readonly string[],
  values?: object,
): Promise<void> {
  const place = ['--namespace', `agent-${cluster}`, '--kubeconfig', plane.kubeconfig];
  const result = await runHelm(rig.tools.helm, [...args, ...place], values);
  if (result.code !== 0) throw new Error(`helm ${args.join(' ')}: ${result.stderr}${result.stdout}`);
}

/** The container's variables as a kubelet would set them. */
async function environmentOf(admin: KubeClient, namespace: string): Promise<Record<string, string>> {
  const set = await admin.get({ apiVersion: 'apps/v1', kind: 'Deployment', name: release, namespace });
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of set['spec'].template.spec.containers[0].env as KubeObject[]) {
    if (valueFrom === undefined) environment[name] = value;
    else if (valueFrom.fieldRef?.fieldPath === 'metadata.namespace') environment[name] = namespace;
    else {
      const { name: secret, key } = valueFrom.secretKeyRef;
      const found = await admin.find({ apiVersion: 'v1', kind: 'Secret', name: secret, namespace });
      if (found !== undefined) environment[name] = Buffer.from(found['data'][key], 'base64').toString();
    }
  }
  return environment;
}

/** The files that a kubelet mounts, with a token of the TokenRequest API. */
async function mintToken(
  { rig, plane, admin, cluster }: InstallOptions,
  namespace: string,
): Promise<{ readonly token: string; readonly directory: string }> {
  const answer = await admin.request(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${release}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  );
  const directory = join(rig.dir, `service-account-${cluster}`);
  await mkdir(directory);
  await writeFile(join(directory, 'token'), answer['status'].token);
  await writeFile(join(directory, 'ca.crt'), plane.caPem);
  return { token: answer['status'].token, directory };
}
