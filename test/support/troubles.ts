import type { DesiredApplication } from '../../core/desired.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from './custom-definition.ts';
import { type EngineRig, wantedApplication } from './engine-rig.ts';
import { type FaultProxy, type Match, statusBody } from './fault-proxy.ts';

const limit = { limitMs: 60_000, everyMs: 20 };
/** More than an engine has in flight at a time. */
const many = 80;

/** What a trouble is made of. */
export interface Ground {
  /** Straight to the API server. */
  readonly client: KubeClient;
  /** What the engine goes through. */
  readonly proxy: FaultProxy;
  /** Of this trouble alone; there already. */
  readonly namespace: string;
}

/** An application in trouble. */
export interface Troubled {
  readonly application: DesiredApplication;
  /** Resolves once the engine has met it. */
  untilMet(rig: EngineRig): Promise<unknown>;
}

/** One failure, made for real where it can be, by the proxy else. */
export interface Trouble {
  readonly name: string;
  begin(ground: Ground): Promise<Troubled>;
}

function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name }, ...rest };
}

function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

function troubled(
  { namespace }: Ground,
  objects: readonly KubeObject[],
  isMet: (rig: EngineRig) => boolean,
): Troubled {
  const application = wantedApplication(namespace, objects, { namespace });
  return {
    application,
    untilMet: (rig) =>
      waitUntil('the trouble is met', () => isMet(rig), {
        ...limit,
        detail: () => JSON.stringify(rig.status(namespace), undefined, 1),
      }),
  };
}

function failsWith(name: string, code: string): (rig: EngineRig) => boolean {
  return (rig) => rig.status(name)?.failures.some((failure) => failure.code === code) === true;
}

const badObject: Trouble = {
  name: 'an object that the API server calls invalid',
  async begin(ground) {
    const service = object('v1', 'Service', 'bad', { spec: { ports: [{ port: 70_000 }] } });
    return troubled(ground, [service, configMap('beside')], failsWith(ground.namespace, 'invalid'));
  },
};

const tooLarge: Trouble = {
  name: 'an object of 2 MiB',
  async begin(ground) {
    const large = configMap('large', { value: 'x'.repeat(2 * 1024 * 1024) });
    return troubled(ground, [large, configMap('beside')], failsWith(ground.namespace, 'too-large'));
  },
};

const deadWebhook: Trouble = {
  name: 'a webhook that nobody answers',
  async begin(ground) {
    const { client, namespace } = ground;
    const labels = { checked: namespace };
    await client.create({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'dead.test.example',
          clientConfig: { url: 'https://127.0.0.1:1/', caBundle: '' },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
          objectSelector: { matchLabels: labels },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 1,
        },
      ],
    });
    // The API server learns of a webhook a moment after it was written.
    const trial = configMap('trial', {}, { labels });
    await untilRefused(() =>
      client.request('POST', `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, trial),
    );
    const checked = [1, 2, 3].map((index) => configMap(`checked-${index}`, {}, { labels }));
    return troubled(ground, checked, failsWith(namespace, 'webhook-down'));
  },
};

const deadConversion: Trouble = {
  name: 'a definition whose conversion nobody answers',
  async begin(ground) {
    const { client, namespace } = ground;
    const definition = customDefinition('Knob');
    // biome-ignore lint/suspicious/noExplicitAny: a definition as it is written
    const spec = definition['spec'] as any;
    const [v1] = spec.versions;
    const place = {
      apiVersion: definition.apiVersion,
      kind: 'CustomResourceDefinition',
      name: 'knobs.test.example',
    };
    const versions = [v1, { ...v1, name: 'v2', storage: false }];
    // Another round may have made it.
    await client.create({ ...definition, spec: { ...spec, versions } }).catch(ignoreConflict);
    const knobs = `/apis/test.example/v1/namespaces/${namespace}/knobs`;
    const old = { apiVersion: 'test.example/v1', kind: 'Knob', metadata: { name: 'old' } };
    await waitUntil(
      'it is served',
      () =>
        client.request('POST', knobs, old).then(
          () => true,
          () => false,
        ),
      limit,
    );
    const webhook = {
      conversionReviewVersions: ['v1'],
      clientConfig: { url: 'https://127.0.0.1:1/convert' },
    };
    await client.patch(place, { spec: { conversion: { strategy: 'Webhook', webhook } } });
    await untilRefused(() => client.request('GET', `${knobs.replace('/v1/', '/v2/')}/old`));
    const knob = object('test.example/v2', 'Knob', 'old');
    return troubled(ground, [knob, configMap('beside')], failsWith(namespace, 'conversion-down'));
  },
};

const forbiddenKind: Trouble = {
  name: 'a kind that may be neither read nor written',
  async begin(ground) {
    const { proxy, namespace } = ground;
    const message = 'limitranges is forbidden: User "agent" cannot patch resource "limitranges"';
    const body = statusBody(403, 'Forbidden', message);
    proxy.when(({ path }) => /\/limitranges(\/|$)/.test(path), { type: 'answer', status: 403, body });
    const limits = [1, 2, 3].map((index) =>
      object('v1', 'LimitRange', `limit-${index}`, { spec: { limits: [{ type: 'Pod' }] } }),
    );
    return troubled(ground, [...limits, configMap('beside')], failsWith(namespace, 'forbidden'));
  },
};

const silentKind: Trouble = {
  name: 'a kind whose requests are never answered',
  async begin(ground) {
    const isAsked: Match = ({ path }) => /\/serviceaccounts(\/|$)/.test(path);
    const rule = ground.proxy.when(isAsked, { type: 'silence' });
    const accounts = Array.from({ length: many }, (_, index) =>
      object('v1', 'ServiceAccount', `silent-${index}`),
    );
    return troubled(ground, accounts, () => rule.hits > 0);
  },
};

const deadApi: Trouble = {
  name: 'an API whose server is not there',
  async begin(ground) {
    const { client, namespace } = ground;
    await client.create({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1.${namespace}.example` },
      spec: {
        group: `${namespace}.example`,
        version: 'v1',
        groupPriorityMinimum: 1_000,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { name: 'nobody', namespace },
      },
    });
    const away = object(`${namespace}.example/v1`, 'Thing', 'one');
    const isMet = (rig: EngineRig): boolean => (rig.status(namespace)?.failures.length ?? 0) > 0;
    return troubled(ground, [away, configMap('beside')], isMet);
  },
};

const stuckFinalizer: Trouble = {
  name: 'a deletion that a finalizer holds for ever',
  async begin(ground) {
    const { client, namespace } = ground;
    const place = { apiVersion: 'v1', kind: 'ConfigMap', name: 'stuck', namespace };
    await client.create(configMap('stuck', {}, { namespace, finalizers: ['test.example/never'] }));
    await client.delete(place);
    // Git wants what is on its way out, so that it can neither be changed nor made.
    const isMet = (rig: EngineRig): boolean =>
      rig.status(namespace)?.objects.some(({ ref, sync }) => ref.name === 'beside' && sync === 'Synced') ===
      true;
    return troubled(ground, [configMap('stuck', { value: '1' }), configMap('beside')], isMet);
  },
};

function ignoreConflict(error: unknown): void {
  if (!(error instanceof KubeError && error.status === 409)) throw error;
}

async function untilRefused(act: () => Promise<unknown>): Promise<void> {
  await waitUntil(
    'it is refused',
    () =>
      act().then(
        () => false,
        () => true,
      ),
    limit,
  );
}

export const troubles: readonly Trouble[] = [
  badObject,
  tooLarge,
  deadWebhook,
  deadConversion,
  forbiddenKind,
  silentKind,
  deadApi,
  stuckFinalizer,
];
