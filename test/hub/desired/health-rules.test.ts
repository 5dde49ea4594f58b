import { describe, expect, it } from 'vitest';
import { desiredOf, inputsDigest, seal } from '../../../hub/desired/desired-application.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { applicationText, catalogOf, clusterText, fleetText, projectText } from '../catalog/catalog-texts.ts';

const key = new Uint8Array(32).fill(1);

/** The assignment of one application in a fleet with these health rules. */
function assignmentWith(rules: string) {
  const catalog = catalogOf({
    'fleet/fleet.yaml': `${fleetText}${rules}`,
    'fleet/dev.yaml': clusterText('dev'),
    'fleet/platform.yaml': projectText('platform'),
    'apps/web.yaml': applicationText('web'),
  });
  const [assignment] = resolve(catalog).assignments;
  if (assignment === undefined) throw new Error('nothing is assigned');
  return assignment;
}

function rule(group: string, healthy: string): string {
  return `  healthRules: [{group: ${group}, kind: Gauge, healthy: "${healthy}"}]\n`;
}

function manifests(apiVersion: string) {
  const object = { apiVersion, kind: 'Gauge', metadata: { name: 'a' } };
  return [{ object, origin: { file: 'a.yaml', line: 1 } }];
}

describe('health rules in a desired state', () => {
  it('are those of the kinds that it holds, so that others are not sent again', () => {
    const [none, some, other] = ['', rule('x.io', 'true'), rule('y.io', 'true')].map(assignmentWith);
    const digestOf = (assignment: typeof none): string =>
      assignment === undefined ? '' : seal(key, desiredOf(assignment, manifests('x.io/v1'))).digest;
    expect(digestOf(other)).toBe(digestOf(none));
    expect(digestOf(some)).not.toBe(digestOf(none));
    expect(some && desiredOf(some, manifests('x.io/v1')).healthRules).toHaveLength(1);
    expect(some && desiredOf(some, manifests('y.io/v1')).healthRules).toBeUndefined();
  });

  it('are looked at again when they change, and leave a fleet without rules as it was', () => {
    const [none, some, changed] = ['', rule('x.io', 'true'), rule('x.io', 'false')].map(assignmentWith);
    const inputs = [none, some, changed].map(
      (each) => each && inputsDigest(each, 'sha256:a' as never, undefined, undefined),
    );
    expect(new Set(inputs).size).toBe(3);
  });
});
