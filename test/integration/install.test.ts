import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { unwrap } from '../../cli/client/open-client.ts';
import { KubeClient, KubeError, type KubeObject, type ObjectName } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type FleetRig, openFleetRig } from '../support/fleet-rig.ts';
import type { FileChanges } from '../support/git-repo.ts';
import { renderChart } from '../support/helm-chart.ts';
import { type InstalledAgent, installAgent } from '../support/installed-agent.ts';

/**
 * Each profile of the agent's chart, installed by helm on one real API server and run with the token of its ServiceAccount.
 * All clusters of the fleet are this one: each agent has namespaces of its own in it.
 */
const profiles = {
  whole: { profile: 'cluster' },
  part: { profile: 'namespaced', namespaces: ['part-shop', 'part-more'] },
  watched: { profile: 'observe' },
  exact: { profile: 'observe', dryRun: true },
} as const;
type Cluster = keyof typeof profiles;
const names = Object.keys(profiles) as readonly Cluster[];

let rig: FleetRig;
let admin: KubeClient;
const agents = new Map<Cluster, InstalledAgent>();
const agent = (name: Cluster): InstalledAgent => agents.get(name) as InstalledAgent;

const configMap = (namespace: string, name: string, text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { text },
});
const clusterRole = (name: string): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  // More than the agent has itself.
  rules: [{ apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['update'] }],
});
const deployment = (namespace: string, cpu: string, image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'web', image, ports: [{ containerPort: 80 }], resources: { requests: { cpu } } },
        ],
      },
    },
  },
});
const nameOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectName => ({
  apiVersion,
  kind,
  ...metadata,
});

beforeAll(async () => {
  rig = await openFleetRig({
    clusters: ['shared'],
    controllers: 'none',
    agents: 'none',
    files: async (url) => fleetOf(url),
  });
  const plane = rig.planes[0]!;
  admin = new KubeClient(plane, { fieldManager: 'kubectl-edit' });
  const server = new URL(plane.server);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', server.hostname);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', server.port);
  for (const namespace of ['part-shop', 'part-more', 'part-other', 'watched-shop', 'exact-shop'])
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const namespace of ['watched-shop', 'exact-shop']) {
    await admin.create(deployment(namespace, '1', 'web:1'));
    await admin.create(configMap(namespace, 'config', 'by hand'));
  }
  // The one that keeps the whole cluster looks at everybody's claims, so it comes first.
  for (const cluster of names)
    agents.set(cluster, await installAgent({ rig, plane, admin, cluster, values: profiles[cluster] }));
});

afterAll(async () => {
  for (const each of agents.values()) await each.close();
  admin?.close();
  await rig?.close();
  vi.unstubAllEnvs();
});

describe('profile cluster', () => {
  it('applies, also outside of namespaces, makes namespaces, and gives rights that it lacks itself', async () => {
    await rig.untilSynced('whole');
    expect((await admin.get(nameOf(configMap('whole-shop', 'config', ''))))['data']).toEqual({
      text: 'first',
    });
    expect(await admin.find(nameOf(clusterRole('whole-role')))).toBeDefined();
  });

  it('heals and prunes', async () => {
    const config = nameOf(configMap('whole-shop', 'config', ''));
    await admin.patch(config, { data: { text: 'by hand' } });
    await untilText(config, 'first');
    await rig.push({ 'apps/whole/role.yaml': null });
    await untilGone(nameOf(clusterRole('whole-role')));
  });

  it('may do what Git may ask for, and no more', async () => {
    expect(await allowed('whole', 'create', 'apps/deployments', 'kube-system')).toBe(true);
    expect(await allowed('whole', 'delete', 'apiextensions.k8s.io/customresourcedefinitions')).toBe(true);
    expect(await allowed('whole', 'impersonate', '/users')).toBe(false);
    expect(await allowed('whole', 'update', 'apps/deployments', 'kube-system')).toBe(false);
  });
});

describe('profile namespaced', () => {
  it('applies, heals and prunes in its namespaces, and refuses the rest by itself', async () => {
    const found = await rig.until('part', 'is applied as far as allowed', ({ failures, objects }) => {
      return failures.length === 2 && objects.some((object) => object.sync === 'Synced');
    });
    expect(found.failures.map(({ code, message }) => [code, message]).sort()).toEqual([
      ['guard', expect.stringContaining('ClusterRole part-role stands in no namespace')],
      [
        'guard',
        'ConfigMap part-other/config is outside of the namespaces that this agent was installed for ' +
          "(part-more, part-shop). Move it, or add part-other to the agent's namespaces",
      ],
    ]);
    const inside = nameOf(configMap('part-shop', 'config', ''));
    await untilText(inside, 'first');
    await admin.patch(inside, { data: { text: 'by hand' } });
    await untilText(inside, 'first');
    expect(await admin.find(nameOf(configMap('part-other', 'config', '')))).toBeUndefined();
    expect(await admin.find(nameOf(clusterRole('part-role')))).toBeUndefined();
  });

  it('prunes in its namespaces once Git asks for nothing outside of them', async () => {
    await rig.push({
      'apps/part/outside.yaml': null,
      'apps/part/role.yaml': null,
      'apps/part/more.yaml': null,
    });
    await rig.untilSynced('part');
    await untilGone(nameOf(configMap('part-more', 'more', '')));
  });

  it('has exactly the rights for its namespaces', async () => {
    expect(await allowed('part', 'patch', 'apps/deployments', 'part-shop')).toBe(true);
    expect(await allowed('part', 'delete', '/secrets', 'part-more')).toBe(true);
    for (const namespace of ['part-other', 'kube-system', 'agent-part', ''])
      expect(await allowed('part', 'list', '/secrets', namespace), namespace).toBe(false);
    expect(await allowed('part', 'get', '/namespaces')).toBe(false);
    expect(await allowed('part', 'escalate', 'rbac.authorization.k8s.io/roles', 'part-shop')).toBe(false);
    expect(await allowed('part', 'create', '/pods/exec', 'part-shop')).toBe(false);
    await forbidden(agent('part').asAgent.create(configMap('part-other', 'mine', '')));
  });
});

describe('profile observe', () => {
  it('reports what differs from Git, marked as approximate, with its writer', async () => {
    const found = await rig.until('watched', 'has its drifts', ({ drifts }) => drifts.length === 2);
    const { items } = await unwrap(rig.client.GET('/api/v1/drifts', {}));
    const drifts = items.filter((drift) => drift.cluster === 'watched');
    const short = drifts.map(({ drift: { ref, kind, verdict, fields } }) => [
      ref.kind,
      kind,
      verdict,
      fields.map(({ path, desired, live, writer }) => [path, desired, live, writer?.manager]),
    ]);
    expect(short.sort()).toEqual([
      ['ConfigMap', 'changed', 'approximate', [['data.text', 'first', 'by hand', 'kubectl-edit']]],
      ['Secret', 'missing', 'exact', []],
    ]);
    // `1000m` in Git and `1` in the cluster are one amount, and what the API server filled in is no difference.
    expect(found.objects.find(({ ref }) => ref.kind === 'Deployment')?.sync).toBe('Synced');
  });

  it('sees a change at once, and its end', async () => {
    const web = nameOf(deployment('watched-shop', '', ''));
    await admin.patch(web, { spec: { replicas: 5 } });
    await rig.until('watched', 'shows the change', ({ drifts }) => drifts.length === 3);
    await admin.patch(web, { spec: { replicas: 2 } });
    await rig.until('watched', 'shows its end', ({ drifts }) => drifts.length === 2);
    expect(await rig.operate('watched', 'sync')).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('this agent was installed to observe only'),
    });
  });

  it('never sent a request that writes but for its own state, a dry-run neither, and has no right to', async () => {
    await agent('watched').whenIdle();
    const sent = agent('watched').requests.filter(
      ({ verb }) => !['discovery', 'get', 'list', 'watch'].includes(verb),
    );
    const written = new Set(sent.map(({ resource }) => resource));
    expect([...written].sort()).toEqual(['leases.coordination.k8s.io', 'secrets']);
    for (const namespace of ['watched-shop', 'kube-system']) {
      const granted = (await rulesOf(agent('watched').asAgent, namespace)).flatMap(({ verbs: each }) => each);
      expect([...new Set(granted)].sort()).toEqual(['get', 'list', 'watch']);
    }
    await forbidden(agent('watched').asAgent.apply(configMap('watched-shop', 'config', 'first')));
    await forbidden(agent('watched').asAgent.create(configMap('agent-watched', 'mine', '')));
    expect(await admin.list('v1', 'ConfigMap', 'agent-watched')).toEqual([]);
  });
});

describe('profile observe that may dry-run', () => {
  const config = configMap('exact-shop', 'config', 'first');
  const web = deployment('exact-shop', '1', 'web:1');

  it('reports exactly what differs, and says that it only observes', async () => {
    const found = await rig.until('exact', 'has its drifts', ({ drifts }) => drifts.length === 2);
    const { items } = await unwrap(rig.client.GET('/api/v1/drifts', {}));
    const drifts = items.filter((drift) => drift.cluster === 'exact');
    const short = drifts.map(({ drift: { ref, kind, verdict } }) => [ref.kind, kind, verdict]);
    expect(short.sort()).toEqual([
      ['ClusterRole', 'missing', 'exact'],
      ['ConfigMap', 'changed', 'exact'],
    ]);
    expect(found.objects.find(({ ref }) => ref.kind === 'Deployment')?.sync).toBe('Synced');
    const params = { path: { name: 'exact' } };
    const { guard } = await unwrap(rig.client.GET('/api/v1/clusters/{name}', { params }));
    expect(guard).toMatchObject({ writes: 'never', dryRuns: 'allowed' });
  });

  it('says of what it may not ask that it is approximate', async () => {
    const { rules, ...other } = clusterRole('exact-role');
    await admin.create({ ...other, rules: [...(rules as KubeObject[]), ...(rules as KubeObject[])] });
    await rig.until('exact', 'compares the role', ({ drifts }) =>
      drifts.some(({ ref, verdict }) => ref.kind === 'ClusterRole' && verdict === 'approximate'),
    );
    await admin.delete(nameOf(clusterRole('exact-role')));
  });

  it('sent nothing but reads, dry-runs and its own state', async () => {
    await agent('exact').whenIdle();
    const sent = agent('exact').requests.filter(
      ({ verb }) => !['discovery', 'get', 'list', 'watch', 'dry-run'].includes(verb),
    );
    const written = new Set(sent.map(({ resource }) => resource));
    expect([...written].sort()).toEqual(['leases.coordination.k8s.io', 'secrets']);
    expect(agent('exact').requests.some(({ verb }) => verb === 'dry-run')).toBe(true);
  });

  it('is refused every write by its policy, whatever else its account may do', async () => {
    const { asAgent, namespace } = agent('exact');
    const subjects = [{ kind: 'ServiceAccount', name: 'fairlead-agent', namespace }];
    const roleRef = {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'cluster-admin',
    };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'exact-too-much' },
      roleRef,
      subjects,
    };
    await admin.create(binding);
    const may = () => allowed('exact', 'deletecollection', '/secrets', 'exact-shop');
    await waitUntil('the agent has every right', may, { limitMs: 30_000, everyMs: 50 });
    const [at, deploymentAt] = await Promise.all([admin.path(nameOf(config)), admin.path(nameOf(web))]);
    const all = at.slice(0, at.lastIndexOf('/'));
    const live = await admin.get(nameOf(config));
    const scale = { spec: { replicas: 7 } };
    const [merge, apply] = ['application/merge-patch+json', 'application/apply-patch+yaml'];
    const serviceAccount = `/api/v1/namespaces/${namespace}/serviceaccounts/fairlead-agent`;
    const state = (place: string, name: string) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: place } },
    });
    const requests: readonly (readonly [method: string, path: string, body?: unknown, type?: string])[] = [
      ['POST', all, configMap('exact-shop', 'mine', '')],
      ['PUT', at, { ...live, data: { text: 'mine' } }],
      ['PATCH', at, { data: { text: 'mine' } }, merge],
      ['PATCH', at, [{ op: 'replace', path: '/data/text', value: 'mine' }], 'application/json-patch+json'],
      ['PATCH', `${at}?fieldManager=fairlead&force=true`, config, apply],
      ['DELETE', at],
      ['DELETE', all],
      ['PATCH', `${deploymentAt}/scale`, scale, merge],
      ['PATCH', `${deploymentAt}/status`, { status: { observedGeneration: 9 } }, merge],
      ['POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } }],
      ['POST', `${serviceAccount}/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' }],
      ['PATCH', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/exact-too-much', {}, merge],
      // Names of its own state count in its own namespace only, and for Secrets and its Lease only.
      ['POST', '/api/v1/namespaces/exact-shop/secrets', state('exact-shop', 'fairlead-agent-state')],
      ['POST', `/api/v1/namespaces/${namespace}/secrets`, state(namespace, 'other')],
      [
        'POST',
        `/api/v1/namespaces/${namespace}/configmaps`,
        configMap(namespace, 'fairlead-agent-state', ''),
      ],
    ];
    // What changes nothing is judged too: the policy holds some time after it was made.
    const holds = async () => (await refusalOf(asAgent.request('PATCH', at, {}, merge))) !== '';
    await waitUntil('the policy holds', holds, { limitMs: 60_000, everyMs: 50 });
    for (const [method, path, body, type] of requests) {
      const refused = await refusalOf(asAgent.request(method, path, body, type));
      expect(refused, `${method} ${path}`).toContain('this agent was installed to observe only');
    }
    // The same as dry-runs.
    for (const [method, path, body, type] of requests) {
      const dry = `${path}${path.includes('?') ? '&' : '?'}dryRun=All`;
      expect(await refusalOf(asAgent.request(method, dry, body, type)), `${method} ${dry}`).toBe('');
    }
    expect((await admin.get(nameOf(config))).metadata.resourceVersion).toBe(live.metadata.resourceVersion);
    expect((await admin.get(nameOf(web)))['spec'].replicas).toBe(2);
    await admin.delete({ ...binding, ...binding.metadata });
    const mayNot = async () => !(await may());
    await waitUntil('the agent has its own rights again', mayNot, { limitMs: 30_000, everyMs: 50 });
  });

  it('has by its own rights no way to take the policy off', async () => {
    const { asAgent } = agent('exact');
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    const [policy] = await admin.list('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy');
    const name = policy?.metadata.name;
    expect(name).toBe('fairlead-agent-agent-exact');
    await forbidden(asAgent.request('DELETE', `${policies}/${name}`));
    await forbidden(asAgent.request('PATCH', `${policies}/${name}`, {}, 'application/merge-patch+json'));
    await forbidden(
      asAgent.request('PATCH', `${policies}bindings/${name}`, {}, 'application/merge-patch+json'),
    );
  });
});

it('no agent asked for anything that it may not have', () => {
  for (const name of names) {
    const refused = agent(name).requests.filter(({ status }) => status === 401 || status === 403);
    // Whether a role may be dry-run depends on what it gives: that is found out by asking.
    const asked = name === 'exact' ? ['dry-run clusterroles.rbac.authorization.k8s.io'] : [];
    expect([...new Set(refused.map(({ verb, resource }) => `${verb} ${resource}`))], name).toEqual(asked);
  }
});

it('every agent is ready and counts its requests', async () => {
  for (const name of names) {
    const base = `http://127.0.0.1:${agent(name).probePort}`;
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain('fairlead_agent_hub_connected 1\n');
    const sent = agent(name).requests.filter(({ verb, status }) => verb === 'get' && status === 200).length;
    if (sent > 0)
      expect(metrics).toContain(`fairlead_agent_kube_requests_total{verb="get",code="200"} ${sent}\n`);
  }
});

it('an observing agent takes over by one helm upgrade, and what it applied stays after helm uninstall', async () => {
  await agent('watched').upgrade({ profile: 'namespaced', namespaces: ['watched-shop'] });
  await rig.untilSynced('watched');
  expect(
    await admin.find({ apiVersion: 'v1', kind: 'Secret', name: 'key', namespace: 'watched-shop' }),
  ).toBeDefined();
  await untilText(nameOf(configMap('watched-shop', 'config', '')), 'first');
  await agent('watched').uninstall();
  await forbidden(agent('watched').asAgent.get(nameOf(configMap('watched-shop', 'config', ''))));
  expect(await admin.find(nameOf(configMap('watched-shop', 'config', '')))).toBeDefined();
});

it('a real API server takes every object of both charts, and no field of them is unknown to it', async () => {
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fairlead-system' } });
  const secret = { existingSecret: 'a' };
  const placed = {
    imagePullSecrets: [{ name: 'a' }],
    nodeSelector: { a: 'b' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    priorityClassName: 'a',
    extraEnv: [{ name: 'A', value: 'b' }],
  };
  const hub = {
    ...placed,
    fleet: { url: rig.url },
    advertise: 'hub.example.com',
    externalUrl: 'https://fairlead.example.com',
    ...{ apiToken: secret, webhookSecret: secret, metricsToken: secret },
    ...{ gitCredentials: secret, notificationSecrets: secret, extraSecrets: ['a.b'] },
    gitHosts: [{ url: 'https://github.com', type: 'github', existingSecret: 'a' }],
  };
  const { helm } = rig.tools;
  const objects = [
    ...(await renderChart(helm, 'hub', hub)),
    ...(await renderChart(helm, 'hub', { ...hub, persistence: { enabled: false } })),
    ...(await renderChart(helm, 'agent', { ...placed, ...profiles.whole, enrollment: { token: 'fl1.a' } })),
    ...(await renderChart(helm, 'agent', { ...profiles.part, persistence: { enabled: false } })),
    ...(await renderChart(helm, 'agent', { ...profiles.watched, namespaces: ['part-shop'] })),
    ...(await renderChart(helm, 'agent', profiles.exact)),
  ];
  for (const object of objects) {
    const query = 'fieldManager=strict&force=true&dryRun=All&fieldValidation=Strict';
    const path = await admin.path(nameOf(object));
    await admin.request('PATCH', `${path}?${query}`, object, 'application/apply-patch+yaml');
  }
  expect(objects.length).toBeGreaterThan(30);
});

async function allowed(
  name: Cluster,
  verb: string,
  groupResource: string,
  namespace?: string,
): Promise<boolean> {
  const [group = '', resource = '', subresource] = groupResource.split('/');
  const { user } = agent(name);
  const groups = ['system:serviceaccounts', `system:serviceaccounts:agent-${name}`, 'system:authenticated'];
  const resourceAttributes = {
    verb,
    group,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
  };
  const review = await admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes },
  });
  return review['status'].allowed;
}

/** What the API server says that a client may do in a namespace, besides asking what it may do. */
async function rulesOf(
  client: KubeClient,
  namespace: string,
): Promise<readonly { readonly verbs: readonly string[] }[]> {
  const review = await client.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace },
  });
  expect(review['status'].incomplete).toBe(false);
  return review['status'].resourceRules.filter(
    (rule: KubeObject) => !/^selfsubject/.test(String(rule['resources']?.[0])),
  );
}

async function forbidden(attempt: Promise<unknown>): Promise<void> {
  const status = await attempt.then(
    () => 200,
    (error: unknown) => (error instanceof KubeError ? error.status : 0),
  );
  expect(status).toBe(403);
}

/** What a request was refused with, in the API server's words; '' where it was let through. */
async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function untilText(object: ObjectName, text: string): Promise<void> {
  await waitUntil(
    `${object.namespace}/${object.name} says ${text}`,
    async () => (await admin.find(object))?.['data']?.text === text,
    { limitMs: 30_000, everyMs: 50 },
  );
}

async function untilGone(object: ObjectName): Promise<void> {
  await waitUntil(`${object.name} is gone`, async () => (await admin.find(object)) === undefined, {
    limitMs: 30_000,
    everyMs: 50,
  });
}

function fleetOf(repoURL: string): FileChanges {
  const [ours, argo] = ['fairlead.dev/v1alpha1', 'argoproj.io/v1alpha1'];
  const document = (apiVersion: string, kind: string, name: string, spec: object): string =>
    JSON.stringify({ apiVersion, kind, metadata: { name }, spec });
  const application = (name: Cluster): string =>
    document(argo, 'Application', name, {
      project: 'test',
      source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
      destination: { name, namespace: `${name}-shop` },
      syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
    });
  const files: Record<string, string> = {
    'fleet/fleet.yaml': document(ours, 'Fleet', 'fleet', { environments: [{ name: 'test' }] }),
    'fleet/project.yaml': document(argo, 'AppProject', 'test', {
      sourceRepos: [repoURL],
      destinations: [{ name: '*', namespace: '*' }],
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    }),
  };
  for (const name of names) {
    files[`fleet/${name}.yaml`] = document(ours, 'Cluster', name, { environment: 'test' });
    files[`applications/${name}.yaml`] = application(name);
    files[`apps/${name}/config.yaml`] = JSON.stringify(configMap(`${name}-shop`, 'config', 'first'));
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'key' },
    stringData: { key: 'value' },
  };
  return {
    ...files,
    'apps/whole/role.yaml': JSON.stringify(clusterRole('whole-role')),
    'apps/part/more.yaml': JSON.stringify(configMap('part-more', 'more', 'first')),
    'apps/part/outside.yaml': JSON.stringify(configMap('part-other', 'config', 'first')),
    'apps/part/role.yaml': JSON.stringify(clusterRole('part-role')),
    'apps/watched/web.yaml': JSON.stringify(deployment('watched-shop', '1000m', 'web:1')),
    'apps/watched/secret.yaml': JSON.stringify(secret),
    'apps/exact/web.yaml': JSON.stringify(deployment('exact-shop', '1000m', 'web:1')),
    // More than the agent may do itself: it can't ask by a dry-run about this one.
    'apps/exact/role.yaml': JSON.stringify(clusterRole('exact-role')),
  };
}
