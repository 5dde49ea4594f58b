import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { Connection } from '../../agent/kube/credentials.ts';
import type { ApiResource, KubePort } from '../../agent/ports.ts';
import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Credential, makeAuthority, makeServer } from '../../hub/identity/certificates.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { openTlsFront, type TlsFront } from '../support/tls-front.ts';

const limit = { limitMs: 60_000, everyMs: 100 };
const reviews: ApiResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  verbs: [],
};

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let front: TlsFront;
let authority: Credential;
const closers: (() => Promise<void>)[] = [];

const closed = (close: () => Promise<void>) => closers.push(close);

async function serverOf(of: Credential) {
  const { pem } = await makeServer(of, ['127.0.0.1'], new Date());
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: pem.slice(0, at), cert: pem.slice(at) };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-credentials-'));
  planes = await startControlPlanes({ names: ['one'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('one'), { fieldManager: 'kubectl-edit' });
  authority = await makeAuthority(new Date());
  front = await openTlsFront(planes.cluster('one'), await serverOf(authority));
  for (const name of ['first', 'second']) await makeAccount(name);
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  client?.close();
  await front?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function makeAccount(name: string): Promise<void> {
  await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } });
  await client.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  });
}

/** A token of a service account that counts until `revoke`. */
async function tokenOf(account: string): Promise<{ readonly token: string; revoke(): Promise<unknown> }> {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    name: `bound-${account}-${performance.now()}`,
    namespace: 'default',
  };
  const { apiVersion, kind, name, namespace } = secret;
  const { metadata } = await client.create({ apiVersion, kind, metadata: { name, namespace } });
  const { status } = await client.request(
    'POST',
    `/api/v1/namespaces/default/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600, boundObjectRef: { apiVersion, kind, name, uid: metadata.uid } },
    },
  );
  return { token: status.token, revoke: () => client.delete(secret) };
}

/** The files of a pod's service account, and the way that is opened by them. Time stands unless a test moves it. */
async function pod(token: string) {
  const directory = mkdtempSync(join(dir, 'pod-'));
  const clock = { now: 0 };
  const files = {
    token: (text: string) => writeFileSync(join(directory, 'token'), text),
    authority: (of: Credential) => writeFileSync(join(directory, 'ca.crt'), of.certificate.toString('pem')),
  };
  files.token(token);
  files.authority(authority);
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(front.port) };
  const connection = await openConnection({ type: 'in-cluster', directory }, { env, now: () => clock.now });
  return { connection, files, clock };
}

async function openRig(connection: Connection): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('one'), undefined, undefined, undefined, { connection });
  closed(() => rig.close());
  return rig;
}

async function userOf(kube: KubePort): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
  const answer = await kube.create(reviews, review);
  if (answer.type === 'failed') return answer.failure.message;
  return stringAt(answer.object, 'status', 'userInfo', 'username') ?? '';
}

function configMap(name: string, a: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { a } };
}

const live = async (name: string) =>
  (await client.get({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' }))['data'].a as string;

const edit = (name: string) =>
  client.patch(
    { apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' },
    { data: { a: 'foreign' } },
  );

const isHealed = (name: string, a: string) =>
  waitUntil(`${name} is healed`, async () => (await live(name)) === a, limit);

it('a token that is refused is read again: applying, healing and watching go on with the new one', async () => {
  const [first, second] = [await tokenOf('first'), await tokenOf('second')];
  const { connection, files } = await pod(first.token);
  const rig = await openRig(connection);
  await rig.untilApplied(wantedApplication('refused', [configMap('refused', 'git')]));
  files.token(second.token);
  await first.revoke();
  const old = new KubeClient(planes.cluster('one'), { token: first.token });
  closed(async () => old.close());
  await waitUntil(
    'the old token is refused',
    () =>
      old.request('GET', '/api/v1/namespaces/default/configmaps').then(
        () => false,
        (error: { readonly status?: number }) => error.status === 401,
      ),
    limit,
  );
  await edit('refused');
  await isHealed('refused', 'git');
  await rig.untilApplied(wantedApplication('refused', [configMap('refused', 'git, later')]));
  // Watches begin anew with it too.
  front.cutAll();
  await edit('refused');
  await isHealed('refused', 'git, later');
  expect(await live('refused')).toBe('git, later');
});

it('a token that is replaced long before its end is used within a minute, by the same connections', async () => {
  const [first, second] = [await tokenOf('first'), await tokenOf('second')];
  const { connection, files, clock } = await pod(first.token);
  const kube = openKube(connection);
  closed(() => kube.close());
  expect(await userOf(kube)).toBe('system:serviceaccount:default:first');
  files.token(second.token);
  expect(await userOf(kube)).toBe('system:serviceaccount:default:first');
  clock.now += 60_000;
  expect(await userOf(kube)).toBe('system:serviceaccount:default:second');
});

it('another authority of the API server is told while its file is missing, and trusted once it is there', async () => {
  const { token } = await tokenOf('first');
  const { connection, files } = await pod(token);
  const rig = await openRig(connection);
  await rig.untilApplied(wantedApplication('authority', [configMap('authority', 'git')]));
  const next = await makeAuthority(new Date());
  closed(async () => front.show(await serverOf(authority)));
  front.show(await serverOf(next));
  rig.want(wantedApplication('authority', [configMap('authority', 'git, later')]));
  await rig.until('authority', 'tells why it is not applied', ({ failures }) =>
    failures.some(
      ({ code, message }) =>
        code === 'unreachable' && message.includes('not signed by the configured authority'),
    ),
  );
  files.authority(next);
  await rig.until(
    'authority',
    'is applied',
    (found) => found.sync === 'Synced' && found.appliedDigest === found.digest && found.failures.length === 0,
  );
  expect(await live('authority')).toBe('git, later');
  await edit('authority');
  await isHealed('authority', 'git, later');
});
