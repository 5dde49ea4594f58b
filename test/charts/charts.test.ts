import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { agentSettings, readAgentEnvironment, toAgentConfig } from '../../agent/config.ts';
import { slotCount } from '../../agent/state/secret-slots.ts';
import { openGuard } from '../../core/guard.ts';
import { version } from '../../core/version.ts';
import { settings } from '../../hub/config.ts';
import { findBinary } from '../clusters/binaries.ts';
import type { KubeObject } from '../clusters/kube-client.ts';
import { type ChartName, chartFolder, renderChart, runHelm, templateArgs } from '../support/helm-chart.ts';

const helm = findBinary('helm', process.env)?.path ?? '';
const hubValues = { fleet: { url: 'https://git.example.com/team/fleet.git' }, advertise: 'hub.example.com' };
const shop = { profile: 'namespaced', namespaces: ['shop', 'payments'] };

/** What runs each by default. */
const workloadOf = { agent: 'Deployment', hub: 'StatefulSet' } as const;

it.each(['agent', 'hub'] as const)('the chart %s has the version of the product', (chart) => {
  const text = readFileSync(join(chartFolder(chart), 'Chart.yaml'), 'utf8');
  expect(parse(text)).toMatchObject({ version, appVersion: version });
});

describe.skipIf(helm === '')('the charts, rendered (needs helm: make clusters)', () => {
  const valuesOf = (chart: ChartName): object => (chart === 'hub' ? hubValues : {});

  it.each(['agent', 'hub'] as const)(
    '%s runs as nobody, on a file system that it can not write to',
    async (chart) => {
      const { template } = (await find(chart, valuesOf(chart), workloadOf[chart]))['spec'];
      expect(template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      const [container] = template.spec.containers;
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits.memory).toBeDefined();
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
        expect(container[probe].httpGet.path).toBe(probe === 'readinessProbe' ? '/readyz' : '/healthz');
    },
  );

  it.each([
    ['agent', { state: 'volume' }],
    ['hub', hubValues],
  ] as const)('%s is one pod with a volume of its own where %j says so', async (chart, values) => {
    const { spec } = await find(chart, values, 'StatefulSet');
    expect([spec.replicas, spec.volumeClaimTemplates.length]).toEqual([1, 1]);
    const without = await find(chart, { ...values, persistence: { enabled: false } }, 'StatefulSet');
    expect(without['spec'].volumeClaimTemplates).toBeUndefined();
    const { volumes } = without['spec'].template.spec;
    expect(volumes.some((volume: KubeObject) => volume['emptyDir']?.sizeLimit !== undefined)).toBe(true);
  });

  it.each(['observe', 'namespaced', 'cluster'] as const)(
    'keeps the state of an agent of profile %s in Secrets by their names, which it may read and write alone',
    async (profile) => {
      const values = profile === 'namespaced' ? shop : { profile };
      const { spec } = await find('agent', values, 'Deployment');
      expect([spec.replicas, spec.strategy]).toEqual([1, { type: 'Recreate' }]);
      const env = await environmentOf('agent', values);
      expect(env.find(({ name }) => name === 'FAIRLEAD_STATE')?.['value']).toBe('secret');
      const roles = (await renderChart(helm, 'agent', values)).filter(({ kind }) => kind === 'Role');
      const { rules } = roles.find(({ metadata }) => metadata.name.endsWith('-state')) as KubeObject;
      const names = [
        'fairlead-agent-state',
        ...Array.from({ length: slotCount }, (_, slot) => `fairlead-agent-state-${slot}`),
      ];
      expect(rules).toEqual([
        { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
        { apiGroups: [''], resources: ['secrets'], resourceNames: names, verbs: ['get', 'update', 'delete'] },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          resourceNames: ['fairlead-agent-state'],
          verbs: ['get', 'update'],
        },
      ]);
    },
  );

  it('gives an agent with a volume no right to Secrets and Leases of its namespace', async () => {
    const rules = await rulesOf({ state: 'volume', secrets: false });
    expect(JSON.stringify(rules)).not.toMatch(/secrets|leases/);
  });

  it('takes a state along between volume and Secrets only where that is asked for', async () => {
    const { metadata, spec } = await find('agent', { carryOver: true }, 'Deployment');
    expect(spec.template.spec.volumes).toContainEqual({
      name: 'state',
      persistentVolumeClaim: { claimName: `state-${metadata.name}-0` },
    });
    const carryOver = async (values: object) => {
      const { template } = (await find('agent', { state: 'volume', ...values }, 'StatefulSet'))['spec'];
      const env: readonly KubeObject[] = template.spec.containers[0].env;
      return env.find(({ name }) => name === 'FAIRLEAD_CARRY_OVER')?.['value'];
    };
    expect(await carryOver({})).toBeUndefined();
    expect(await carryOver({ carryOver: true })).toBe('true');
    const rules = await rulesOf({ state: 'volume', secrets: false, carryOver: true });
    expect(JSON.stringify(rules)).toContain('fairlead-agent-state-127');
  });

  it.each(['agent', 'hub'] as const)('%s sets only variables that the program reads', async (chart) => {
    const known = Object.values(chart === 'agent' ? agentSettings : settings).map(([variable]) => variable);
    const all = {
      credentials: { existingSecret: 'g' },
      gitCredentials: { existingSecret: 'a' },
      apiToken: { existingSecret: 'b' },
      apiTokens: { existingSecret: 'g', key: 'people' },
      webhookSecret: { existingSecret: 'c' },
      metricsToken: { existingSecret: 'e' },
      notificationSecrets: { existingSecret: 'f' },
      externalUrl: 'https://fairlead.example.com',
      gitHosts: [{ url: 'https://github.com', type: 'github', existingSecret: 'd' }],
    };
    const values = chart === 'agent' ? shop : { ...hubValues, ...all };
    const set = (await environmentOf(chart, values)).map(({ name }) => name);
    expect(set.length).toBeGreaterThan(chart === 'hub' ? 17 : 6);
    expect(set.filter((name: string) => !known.includes(name as never))).toEqual([]);
  });

  it.each([
    ['observe', {}, 'true', undefined],
    ['observe', { namespaces: ['shop'] }, 'true', 'shop'],
    ['namespaced', { namespaces: ['shop', 'payments'] }, 'false', 'shop,payments'],
    ['cluster', {}, 'false', undefined],
  ] as const)(
    'profile %s with %j sets the agent limits that fit its rights',
    async (profile, more, observe, names) => {
      const env = await environmentOf('agent', { profile, ...more });
      const valueIn = (name: string) => env.find((each) => each['name'] === name)?.['value'];
      expect(valueIn('FAIRLEAD_OBSERVE_ONLY')).toBe(observe);
      expect(valueIn('FAIRLEAD_NAMESPACES')).toBe(names);
    },
  );

  it('tells the agent its own limits, and leaves out those that nobody set', async () => {
    const guard = {
      namespaces: ['team-*'],
      clusterScoped: true,
      kinds: { allow: ['apps/*'], deny: ['Secret'] },
      maxPrune: 0,
      maxHold: '1h30m',
    };
    const limits = async (values: Readonly<Record<string, unknown>>) => {
      const env = await environmentOf('agent', { profile: 'cluster', ...values });
      const raw = readAgentEnvironment(Object.fromEntries(env.map(({ name, value }) => [name, value])));
      return toAgentConfig(raw, true).guard;
    };
    expect(await limits({})).toEqual(openGuard);
    expect(await limits({ guard })).toEqual({
      namespaces: ['team-*'],
      clusterScoped: 'allowed',
      kinds: { allow: ['apps/*'], deny: ['Secret'] },
      writes: 'allowed',
      maxPrune: 0,
      maxHoldMs: 5_400_000,
    });
  });

  it('gives the agent Roles only where it keeps listed namespaces', async () => {
    for (const values of [shop, { ...shop, profile: 'observe' }]) {
      const objects = await renderChart(helm, 'agent', values);
      expect(objects.filter(({ kind }) => /^ClusterRole/.test(kind))).toEqual([]);
      const roles = objects.filter(({ kind }) => kind === 'Role');
      expect(roles.map(({ metadata }) => metadata.namespace).sort()).toEqual([
        'fairlead-system',
        'fairlead-system',
        'payments',
        'shop',
      ]);
    }
  });

  it('writes rights out: a wildcard stands only in profile cluster', async () => {
    for (const [profile, wildcards] of [
      ['observe', 0],
      ['namespaced', 0],
      ['cluster', 1],
    ] as const) {
      const rules = await rulesOf(profile === 'namespaced' ? shop : { profile });
      expect(rules.filter((rule) => JSON.stringify(rule).includes('"*"'))).toHaveLength(wildcards);
      expect(rules.filter((rule) => rule['verbs'].includes('*'))).toEqual([]);
    }
  });

  it('gives every profile what people look at, and logs only where they are wanted', async () => {
    const allows = (rules: readonly KubeObject[], resource: string, verbs: readonly string[]): boolean =>
      rules.some((rule) => rule['resources'].includes(resource) && verbs.join() === rule['verbs'].join());
    const setting = { name: 'FAIRLEAD_LOGS', value: 'false' };
    for (const values of [shop, { profile: 'observe' }, { ...shop, profile: 'observe' }]) {
      const rules = await rulesOf(values);
      expect(allows(rules, 'pods/log', ['get'])).toBe(true);
      expect(allows(rules, 'events', ['get', 'list'])).toBe(true);
      expect(await environmentOf('agent', values)).not.toContainEqual(setting);
      const without = { ...values, live: { logs: false } };
      expect(allows(await rulesOf(without), 'pods/log', ['get'])).toBe(false);
      expect(await environmentOf('agent', without)).toContainEqual(setting);
    }
  });

  it('gives profile observe no verb that writes, in no namespace, but for its own state', async () => {
    for (const more of [{}, { namespaces: ['shop'] }]) {
      const values = { ...more, state: 'volume' };
      const verbs = new Set((await rulesOf(values)).flatMap((rule) => rule['verbs']));
      expect([...verbs].sort()).toEqual(['get', 'list', 'watch']);
    }
  });

  it('adds to profile observe nothing but patch where it may dry-run, and no policy may be patched', async () => {
    for (const more of [{}, { namespaces: ['shop'] }]) {
      const values = { ...more, state: 'volume', dryRun: true };
      const rules = await rulesOf(values);
      const verbs = new Set(rules.flatMap((rule) => rule['verbs']));
      expect([...verbs].sort()).toEqual(['get', 'list', 'patch', 'watch']);
      const patched = rules.filter((rule) => rule['verbs'].includes('patch'));
      expect(JSON.stringify(patched)).not.toMatch(/admissionpolic|"\*"|\//);
      const env = await environmentOf('agent', { ...more, dryRun: true });
      expect(env).toContainEqual({ name: 'FAIRLEAD_DRY_RUN', value: 'true' });
      const policy = await find('agent', values, 'ValidatingAdmissionPolicy');
      const binding = await find('agent', values, 'ValidatingAdmissionPolicyBinding');
      expect(policy['spec'].failurePolicy).toBe('Fail');
      expect(binding['spec']).toEqual({ policyName: policy.metadata.name, validationActions: ['Deny'] });
      // With a volume it has nothing of its own to write in the cluster.
      expect(policy['spec'].validations[0].expression).toBe('(has(request.dryRun) && request.dryRun)');
    }
    const plain = await renderChart(helm, 'agent', {});
    expect(plain.filter(({ kind }) => kind.includes('AdmissionPolicy'))).toEqual([]);
  });

  it('leaves Secrets out of the rights where that is asked for, and takes more kinds in', async () => {
    const kinds = [{ apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'] }];
    const rules = await rulesOf({ ...shop, secrets: false, extraKinds: kinds, state: 'volume' });
    const resources = rules.flatMap((rule) => rule['resources']);
    expect(resources).not.toContain('secrets');
    expect(resources).toContain('httproutes');
  });

  it('lets the agent out to the API server, the hub and DNS, and nowhere else', async () => {
    const networkPolicy = {
      apiServer: { cidrs: ['10.0.0.1/32'], ports: [6443] },
      hub: { cidrs: ['192.0.2.0/24'], port: 9443 },
      dns: { cidrs: ['169.254.20.10/32'] },
    };
    const { spec } = await find('agent', { networkPolicy }, 'NetworkPolicy');
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec.ingress).toEqual([{ ports: [{ port: 8081 }] }]);
    const kubeSystem = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    };
    expect(spec.egress).toEqual([
      { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [{ port: 6443 }] },
      { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 9443 }] },
      {
        to: [kubeSystem, { ipBlock: { cidr: '169.254.20.10/32' } }],
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    ]);
    const off = await renderChart(helm, 'agent', { networkPolicy: { enabled: false } });
    expect(off.some(({ kind }) => kind === 'NetworkPolicy')).toBe(false);
  });

  it('lets the hub out to Git hosts, receivers and DNS, and in at its two ports', async () => {
    const networkPolicy = {
      ingress: { apiCidrs: [], agentCidrs: ['198.51.100.0/24'] },
      git: { cidrs: ['192.0.2.7/32'], ports: [22] },
      receivers: { cidrs: [] },
    };
    const { spec } = await find('hub', { ...hubValues, networkPolicy }, 'NetworkPolicy');
    expect(spec.ingress).toEqual([
      { from: [{ namespaceSelector: {} }], ports: [{ port: 8080 }] },
      {
        from: [{ namespaceSelector: {} }, { ipBlock: { cidr: '198.51.100.0/24' } }],
        ports: [{ port: 8443 }],
      },
    ]);
    expect(spec.egress).toHaveLength(2);
    expect(spec.egress[0]).toEqual({ to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ port: 22 }] });
    const none = { ...networkPolicy, git: { cidrs: [] } };
    const closed = (await find('hub', { ...hubValues, networkPolicy: none }, 'NetworkPolicy'))['spec'];
    // A rule without peers lets out to everywhere.
    expect(closed.egress.map(({ to }: { to: unknown[] | null }) => to?.length)).toEqual([1]);
  });

  it('gives the hub no rights and no token of its cluster, and its Secrets by name', async () => {
    const values = {
      ...hubValues,
      apiTokens: { existingSecret: 'people' },
      credentials: { existingSecret: 'logins' },
      gitCredentials: { existingSecret: 'git', key: 'lines' },
      gitHosts: [{ url: 'https://git.example.com', type: 'gitea', existingSecret: 'gitea' }],
      notificationSecrets: { existingSecret: 'receivers' },
    };
    const objects = await renderChart(helm, 'hub', values);
    expect(objects.filter(({ kind }) => /Role|^Secret$/.test(kind))).toEqual([]);
    const pod = (await find('hub', values, 'StatefulSet'))['spec'].template.spec;
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.volumes.map((volume: KubeObject) => volume['secret']?.secretName).filter(Boolean)).toEqual([
      'people',
      'logins',
      'git',
      'receivers',
      'gitea',
    ]);
    const hosts = await find('hub', values, 'ConfigMap');
    expect(parse(hosts['data']['hosts.yaml'])).toEqual([
      { url: 'https://git.example.com', type: 'gitea', tokenFile: '/etc/fairlead/git-tokens/0/token' },
    ]);
  });

  it('puts a token that was given as a value into a Secret, and starts a new pod for a new one', async () => {
    const one = { enrollment: { token: 'fl1.one' } };
    expect((await find('agent', one, 'Secret'))['stringData']).toEqual({ token: 'fl1.one' });
    const annotations = async (token: string): Promise<unknown> =>
      (await find('agent', { enrollment: { token } }, 'Deployment'))['spec'].template.metadata.annotations;
    expect(await annotations('fl1.one')).not.toEqual(await annotations('fl1.two'));
    const reference = (await environmentOf('agent', {})).find(({ name }) => name === 'FAIRLEAD_ENROLL_TOKEN');
    expect(reference?.['valueFrom'].secretKeyRef).toEqual({
      name: 'fairlead-enrollment',
      key: 'token',
      optional: true,
    });
  });

  const agentMistakes = [
    [{ profil: 'cluster' }, /additional propert\S+ '?profil'?/i],
    [{ profile: 'all' }, /profile.*must be one of.*observe.*namespaced.*cluster/s],
    [{ networkPolicy: { hub: { port: '8443' } } }, /networkPolicy.hub.port.*integer/s],
    [{ user: 0 }, /user.*1/s],
    [
      { profile: 'namespaced' },
      "profile namespaced needs the namespaces that the agent may touch. Name them: --set 'namespaces={shop,payments}'",
    ],
    [
      { profile: 'cluster', namespaces: ['a'] },
      'profile cluster touches every namespace, so namespaces means nothing',
    ],
    [
      { ...shop, dryRun: true },
      'dryRun means something only to profile observe: namespaced asks by dry-runs',
    ],
    [{ ...shop, guard: { namespaces: ['team-*'] } }, 'so guard.namespaces means nothing'],
    [{ guard: { maxHold: '4' } }, /maxHold.*4/s],
    [{ profile: 'cluster', secrets: false }, 'extraKinds and secrets: false mean nothing'],
    [
      { profile: 'namespaced', namespaces: ['Shop'] },
      'namespaces: "Shop" is no name of a namespace (a-z, 0-9 and -)',
    ],
    [{ enrollment: { token: 'abc' } }, 'Copy the whole token of: fairlead cluster enroll NAME'],
    [
      { networkPolicy: { hub: { cidrs: ['10.0.0.1'] } } },
      '"10.0.0.1" is no CIDR. A single address is written as 10.0.0.1/32',
    ],
    [{ persistence: { size: '5' } }, 'persistence.size must be a size such as 1Gi, not "5"'],
    [{ image: { digest: 'latest' } }, 'image.digest must be sha256: and 64 hexadecimal digits, not "latest"'],
  ] as const;
  const hubMistakes = [
    [{}, 'fleet.url is missing: the hub needs a fleet repository. Add --set fleet.url=https://'],
    [
      { fleet: { url: hubValues.fleet.url } },
      'advertise must be the host name or address by which agents reach the hub',
    ],
    [{ ...hubValues, advertise: 'https://hub' }, 'without scheme and port, not "https://hub"'],
    [{ ...hubValues, fleet: { url: '/srv/git' } }, 'fleet.url must be the URL of a Git repository'],
    [
      { ...hubValues, fleet: { url: 'https://me:secret@git.example.com/f.git' } },
      'fleet.url holds a password. Put it into a Secret',
    ],
    [{ ...hubValues, pollInterval: '30' }, 'pollInterval must be a duration such as 30s or 5m, not "30"'],
    [{ ...hubValues, git: 'jgit' }, /git.*must be one of/],
    [{ ...hubValues, gitHosts: [{ url: 'https://x' }] }, /gitHosts.0.*(missing|required)/s],
    [{ ...hubValues, token: 'x' }, /additional propert\S+ '?token'?/i],
  ] as const;
  const mistakes = [
    ...agentMistakes.map(([values, words]) => ['agent', values, words] as const),
    ...hubMistakes.map(([values, words]) => ['hub', values, words] as const),
  ];

  it.each(mistakes)('%s refuses %j with what is wrong', async (chart, values, words) => {
    const { code, stderr } = await runHelm(helm, templateArgs(chart), values);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('me:secret');
  });

  it('says that dry-runs alone need a newer Kubernetes than one without admission policies', async () => {
    const args = ['template', 'a', chartFolder('agent'), '--kube-version', '1.29.3'];
    const { code, stderr } = await runHelm(helm, args, { dryRun: true });
    expect(code).not.toBe(0);
    expect(stderr).toContain('dryRun needs a Kubernetes of 1.30 or newer');
    expect((await runHelm(helm, args, {})).code).toBe(0);
  });

  it('passes helm lint', async () => {
    for (const chart of ['agent', 'hub'] as const) {
      const { code, stdout, stderr } = await runHelm(
        helm,
        ['lint', '--strict', '--kube-version', '1.37.0', chartFolder(chart)],
        valuesOf(chart),
      );
      expect(code, stdout + stderr).toBe(0);
    }
  });
});

async function find(chart: ChartName, values: object, kind: string): Promise<KubeObject> {
  const found = (await renderChart(helm, chart, values)).find((object) => object['kind'] === kind);
  if (found === undefined) throw new Error(`the chart ${chart} makes no ${kind}`);
  return found;
}

async function environmentOf(chart: ChartName, values: object): Promise<readonly KubeObject[]> {
  return (await find(chart, values, workloadOf[chart]))['spec'].template.spec.containers[0].env;
}

async function rulesOf(values: object): Promise<readonly KubeObject[]> {
  const objects = await renderChart(helm, 'agent', values);
  return objects.flatMap((object) => object['rules'] ?? []);
}
