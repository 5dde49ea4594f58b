import type { DesiredApplication } from '../../core/desired.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { wantedApplication } from '../support/engine-rig.ts';
import type { Scenario } from './scenario.ts';
import { failingLabel } from './tiny-controller.ts';

const waveAnnotation = 'argocd.argoproj.io/sync-wave';
const hookAnnotation = 'argocd.argoproj.io/hook';
const policyAnnotation = 'argocd.argoproj.io/hook-delete-policy';

function meta(name: string, wave: number): KubeObject['metadata'] {
  return { name, ...(wave === 0 ? {} : { annotations: { [waveAnnotation]: String(wave) } }) };
}

function configMap(name: string, value: string, wave = 0): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(name, wave), data: { value } };
}

function secret(name: string, value: string, wave = 0): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: meta(name, wave), stringData: { value } };
}

/** `selects` can't be changed in place. */
function deployment(name: string, image: string, wave = 0, selects = name): KubeObject {
  const labels = { app: selects };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(name, wave),
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

function plainJob(name: string, image: string): KubeObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { backoffLimit: 0, template } };
}

/** Allows an object to be deleted and made again. */
function madeAnew(object: KubeObject): KubeObject {
  const annotations = {
    ...object.metadata.annotations,
    'argocd.argoproj.io/sync-options': 'Force=true,Replace=true',
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

interface HookOptions {
  readonly phase: string;
  readonly policy?: string;
  readonly image?: string;
  readonly fails?: 'always';
}

function hookJob(name: string, { phase, policy, image = 'tool:1', fails }: HookOptions): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(fails === undefined ? {} : { labels: { [failingLabel]: 'true' } }),
      annotations: {
        [hookAnnotation]: phase,
        ...(policy === undefined ? {} : { [policyAnnotation]: policy }),
      },
    },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image }] } },
    },
  };
}

/** An application of this run, whose namespace it makes. */
function application(
  namespace: string,
  name: string,
  objects: readonly KubeObject[],
  options: Partial<DesiredApplication> = {},
): DesiredApplication {
  return wantedApplication(`${namespace}-${name}`, objects, { namespace, createNamespace: true, ...options });
}

const gone = { removal: 'delete' } as const;

const wavesAndHooks: Scenario = {
  name: 'waves and hooks',
  stages(namespace) {
    const web = (version: string): DesiredApplication =>
      application(namespace, 'web', [
        hookJob('migrate', { phase: 'PreSync', image: `migrate:${version}` }),
        secret('credentials', 'same', -1),
        configMap('settings', version, -1),
        deployment('web', `web:${version}`),
        configMap('routes', version, 1),
        hookJob('warm-up', { phase: 'Sync', policy: 'BeforeHookCreation' }),
        hookJob('smoke', { phase: 'PostSync', policy: 'HookSucceeded' }),
      ]);
    const leaving = ['Job/smoke'];
    return [
      { name: 'the first sync', applications: [web('1')], leaving },
      { name: 'a new version', applications: [web('2')], leaving },
      {
        name: 'a sync that was asked for',
        applications: [web('2')],
        leaving,
        operations: [
          {
            id: `${namespace}-again`,
            application: `apps/${namespace}-web`,
            request: { type: 'sync' },
            requestedBy: 'ana',
          },
        ],
      },
      { name: 'its removal', applications: [application(namespace, 'web', [], gone)] },
    ];
  },
};

const pruning: Scenario = {
  name: 'pruning',
  stages(namespace) {
    const app = (objects: readonly KubeObject[]): DesiredApplication =>
      application(namespace, 'app', objects);
    return [
      {
        name: 'the first sync',
        applications: [
          app([
            configMap('stays', '1'),
            configMap('goes', '1'),
            secret('goes', '1'),
            deployment('goes', 'a:1', 1),
          ]),
        ],
      },
      {
        name: 'three leave Git and one comes',
        applications: [app([configMap('stays', '2'), configMap('comes', '1', 1)])],
      },
      {
        name: 'one comes back',
        applications: [app([configMap('stays', '2'), configMap('comes', '1', 1), configMap('goes', '2')])],
      },
      { name: 'its removal', applications: [application(namespace, 'app', [], gone)] },
    ];
  },
};

const handover: Scenario = {
  name: 'handover',
  stages(namespace) {
    const app = (name: string, objects: readonly KubeObject[]): DesiredApplication =>
      application(namespace, name, objects);
    const moved = [configMap('moved', '1'), secret('moved', '1'), deployment('moved', 'a:1')];
    return [
      {
        name: 'the first sync',
        applications: [
          app('left', [configMap('left', '1'), ...moved]),
          app('right', [configMap('right', '1')]),
        ],
      },
      {
        name: 'objects move from one application to the other',
        applications: [
          app('left', [configMap('left', '1')]),
          app('right', [configMap('right', '1'), ...moved]),
        ],
      },
      {
        name: 'both are renamed, and exchange what they have',
        applications: [
          app('north', [configMap('right', '1'), ...moved]),
          app('south', [configMap('left', '2')]),
          application(namespace, 'left', [], gone),
          application(namespace, 'right', [], gone),
        ],
      },
      {
        name: 'the removal of both',
        applications: [application(namespace, 'north', [], gone), application(namespace, 'south', [], gone)],
      },
    ];
  },
};

const correction: Scenario = {
  name: 'correction',
  stages(namespace) {
    const wanted = application(namespace, 'app', [
      configMap('edited', '1'),
      configMap('deleted', '1'),
      configMap('kept', '1'),
    ]);
    const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace });
    return [
      { name: 'the first sync', applications: [wanted] },
      {
        name: 'healing of what somebody changed and deleted',
        async before(client) {
          await client.patch(named('edited'), { data: { value: 'theirs', more: 'theirs' } });
          if ((await client.find(named('deleted'))) !== undefined) await client.delete(named('deleted'));
        },
        applications: [wanted],
        async isSettled(client) {
          const edited = await client.get(named('edited'));
          return edited.data.value === '1' && (await client.find(named('deleted'))) !== undefined;
        },
      },
      {
        name: 'a new version with one object less',
        applications: [application(namespace, 'app', [configMap('edited', '2'), configMap('kept', '1')])],
      },
      { name: 'its release', applications: [application(namespace, 'app', [], { removal: 'release' })] },
    ];
  },
};

const failingHook: Scenario = {
  name: 'a failing hook',
  stages(namespace) {
    const app = (hook: KubeObject): DesiredApplication =>
      application(namespace, 'app', [hook, configMap('after', '1')]);
    return [
      {
        name: 'a sync whose hook fails',
        applications: [app(hookJob('check', { phase: 'PreSync', fails: 'always' }))],
        isDone: (agent) => {
          const status = agent.status(`apps/${namespace}-app`);
          return (
            status?.failures.some(({ code }) => code === 'hook-failed') === true && status.cause === 'failed'
          );
        },
      },
      {
        name: 'a hook that was mended',
        applications: [app(hookJob('check', { phase: 'PreSync', image: 'tool:2' }))],
      },
    ];
  },
};

const deletionHooks: Scenario = {
  name: 'deletion hooks',
  stages(namespace) {
    return [
      {
        name: 'the first sync',
        applications: [
          application(namespace, 'app', [
            configMap('data', '1'),
            hookJob('drain', { phase: 'PreDelete' }),
            hookJob('report', { phase: 'PostDelete' }),
          ]),
        ],
      },
      { name: 'its removal', applications: [application(namespace, 'app', [], gone)] },
    ];
  },
};

/** What can't be changed in place is deleted and made again: there is a moment between, and each is made once more only. */
const recreation: Scenario = {
  name: 'recreation',
  stages(namespace) {
    const app = (version: string): DesiredApplication =>
      application(namespace, 'app', [
        madeAnew({ ...configMap('fixed', version), immutable: true }),
        madeAnew(plainJob('batch', `batch:${version}`)),
        madeAnew(deployment('web', `web:${version}`, 1, `web-${version}`)),
        configMap('after', version, 2),
      ]);
    return [
      { name: 'the first sync', applications: [app('1')] },
      { name: 'a version that can not be applied in place', applications: [app('2')] },
      { name: 'and another', applications: [app('3')] },
      { name: 'its removal', applications: [application(namespace, 'app', [], gone)] },
    ];
  },
};

export const scenarios: readonly Scenario[] = [
  wavesAndHooks,
  pruning,
  handover,
  correction,
  failingHook,
  deletionHooks,
  recreation,
];
