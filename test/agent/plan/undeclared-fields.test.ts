import { describe, expect, it } from 'vitest';
import { lenientKube } from '../../../agent/apply/lenient-kube.ts';
import { withoutUndeclared } from '../../../agent/plan/undeclared-fields.ts';
import type { ApiResource, KubeFailure, KubePort } from '../../../agent/ports.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const containers = [
  { name: 'a', image: 'x' },
  {
    name: 'b',
    imagePolicy: 'y',
    ports: [{ containerPort: 80, protocol: 'TCP', nme: 'z' }],
    args: [{ wrong: 1, kept: 2 }],
  },
];
const object: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replikas: 2, template: { spec: { containers } } },
};

/** In the words of a real API server. */
function refused(path: string): KubeFailure {
  const message = `failed to create typed patch object (default/web; apps/v1, Kind=Deployment): ${path}: field not declared in schema`;
  return { status: 500, reason: '', message, causes: [] };
}

const textWithout = (path: string) => JSON.stringify(withoutUndeclared(object, refused(path)));

describe('a field that a schema does not know', () => {
  it.each([
    ['.spec.replikas', '"replikas":2,'],
    ['.spec.template.spec.containers[name="b"].imagePolicy', '"imagePolicy":"y",'],
    ['.spec.template.spec.containers[name="b"].ports[containerPort=80,protocol="TCP"].nme', ',"nme":"z"'],
    ['.spec.template.spec.containers[1].args[0].wrong', '"wrong":1,'],
  ])('is left out at %s, and nothing else', (path, gone) => {
    expect(JSON.stringify(object)).toContain(gone);
    expect(textWithout(path)).toBe(JSON.stringify(object).replace(gone, ''));
  });

  it.each([
    '.spec.other',
    '.spec.template.spec.containers[name="c"].image',
    '.spec.replikas[',
    '.spec.replikas.deeper',
  ])('that is not there stays a failure: %s', (path) => {
    expect(textWithout(path)).toBeUndefined();
  });

  it('is one of several, each of which the API server names in turn', async () => {
    const names = ['replikas', 'replikat'];
    const sent: KubeObject[] = [];
    const strict = {
      apply: (_resource: ApiResource, wanted: KubeObject) => {
        sent.push(wanted);
        const wrong = names.find((name) => JSON.stringify(wanted).includes(`"${name}"`));
        return Promise.resolve(
          wrong === undefined
            ? { type: 'ok', object: wanted }
            : { type: 'failed', failure: refused(`.spec.${wrong}`) },
        );
      },
    } as unknown as KubePort;
    const wanted = { ...object, spec: { replicas: 1, replikas: 2, replikat: 3 } };
    const resource = {
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      plural: 'deployments',
      namespaced: true,
      verbs: [],
    };
    const answer = await lenientKube(strict).apply(resource, wanted, { dryRun: false });
    expect(answer).toEqual({ type: 'ok', object: { ...object, spec: { replicas: 1 } } });
    expect(sent).toHaveLength(3);
  });
});
