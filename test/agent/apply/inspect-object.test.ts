import { describe, expect, it } from 'vitest';
import { inspectObject } from '../../../agent/apply/inspect-object.ts';
import type { ApiResource, KubePort } from '../../../agent/ports.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const resource: ApiResource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  verbs: [],
};

function web(version: number, image: string, revision: string): KubeObject {
  const { name, namespace } = ref;
  const metadata = { name, namespace, resourceVersion: String(version), annotations: { revision } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { image } };
}

/** Another writer counts the revision up between a read and its dry-run, so many times. */
function busyCluster(writes: number): { readonly kube: KubePort; requests(): readonly string[] } {
  let version = 1;
  const requests: string[] = [];
  const live = (image: string) => web(version, image, String(version));
  const kube: Partial<KubePort> = {
    async get() {
      requests.push('get');
      return { type: 'ok', object: live('by-hand') };
    },
    async apply() {
      requests.push('dry-run');
      if (version <= writes) version += 1;
      return { type: 'ok', object: live('by-git') };
    },
  };
  return { kube: kube as KubePort, requests: () => requests };
}

function inspect(kube: KubePort, live?: KubeObject) {
  const object = web(0, 'by-git', '');
  return inspectObject(kube, {
    resource,
    ref,
    object,
    application: 'argocd/web',
    compareBy: 'dry-run',
    respectsOwner: () => true,
    marks: 'marked',
    journal: () => undefined,
    ...(live === undefined ? {} : { live }),
  });
}

describe('an object that is inspected', () => {
  it('costs one dry-run where the live one is at hand and nobody writes', async () => {
    const { kube, requests } = busyCluster(0);

    const found = await inspect(kube, web(1, 'by-hand', '1'));

    expect(found).toMatchObject({
      type: 'differs',
      fields: [{ path: 'spec.image', desired: 'by-git', live: 'by-hand' }],
    });
    expect(requests()).toEqual(['dry-run']);
  });

  it("doesn't take what another writer wrote meanwhile for a difference to Git", async () => {
    const { kube, requests } = busyCluster(1);

    const found = await inspect(kube, web(1, 'by-hand', '1'));

    expect(found).toMatchObject({ type: 'differs', live: { metadata: { resourceVersion: '2' } } });
    expect(found.type === 'differs' && found.fields.map((field) => field.path)).toEqual(['spec.image']);
    expect(requests()).toEqual(['dry-run', 'get', 'dry-run']);
  });

  it('is compared as it is at last where it is written all the time', async () => {
    const { kube, requests } = busyCluster(100);

    expect((await inspect(kube)).type).toBe('differs');
    expect(requests().filter((request) => request === 'dry-run')).toHaveLength(3);
  });
});
