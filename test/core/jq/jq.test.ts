import { describe, expect, it } from 'vitest';
import { locateJq } from '../../../core/jq/evaluate-jq.ts';
import { JqError, parseJq } from '../../../core/jq/parse-jq.ts';

const value = {
  metadata: { annotations: { 'a.b/c': '1', plain: '2' } },
  spec: {
    replicas: 2,
    containers: [
      { name: 'web', image: 'a', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'b' },
    ],
    modes: ['x', 'y'],
  },
};

function located(text: string): readonly string[] {
  return locateJq(parseJq(text), value).map((at) => at.join('/'));
}

// The paths that jq 1.8 gives for `[path(…)]`, of those that are there.
describe('a path of jq', () => {
  it.each([
    ['.spec.replicas', ['spec/replicas']],
    ['.spec["replicas"]', ['spec/replicas']],
    ['.metadata.annotations["a.b/c"]', ['metadata/annotations/a.b/c']],
    ['.metadata.annotations."a.b/c"', ['metadata/annotations/a.b/c']],
    ['.spec.containers[].image', ['spec/containers/0/image', 'spec/containers/1/image']],
    ['.spec.containers[0].image', ['spec/containers/0/image']],
    ['.spec.containers[-1].image', ['spec/containers/1/image']],
    ['.spec.containers[]?.env[]?.value', ['spec/containers/0/env/0/value']],
    ['.spec.containers[] | select(.name == "side").image', ['spec/containers/1/image']],
    ['.spec.containers[] | select(.name == "side") | .image', ['spec/containers/1/image']],
    [
      '.spec.containers[] | select(.name != "side" and (.image | startswith("a"))) | .image',
      ['spec/containers/0/image'],
    ],
    ['.spec.containers[] | select(.name | test("x") | not)', undefined],
    ['.spec.containers[] | select(has("env") | not)', ['spec/containers/1']],
    ['.spec.containers[] | select(.env[]?.name == "A") | .image', ['spec/containers/0/image']],
    ['.spec.modes[] | select(. == "y")', ['spec/modes/1']],
    ['.spec.replicas, .spec.modes', ['spec/replicas', 'spec/modes']],
    ['.spec | (.replicas, .modes[0])', ['spec/replicas', 'spec/modes/0']],
    ['.spec.absent.deeper', []],
    ['.spec.replicas.deeper[]', []],
    [
      '.spec.containers[] | select(.name == "web" or .name == "side") | .name',
      ['spec/containers/0/name', 'spec/containers/1/name'],
    ],
  ])('%s', (text, paths) => {
    if (paths === undefined) expect(() => parseJq(text)).toThrow(JqError);
    else expect(located(text)).toEqual(paths);
  });

  it.each([
    ['.. | .image', '..'],
    ['.spec | to_entries', 'to_entries'],
    ['.spec.containers[0:1]', ''],
    ['"text"', 'names no field'],
    ['.spec[', 'too early'],
    ['.spec)', ')'],
    ['', 'too early'],
    ['.a = 1', '='],
    ['def f: f; f', "isn't read"],
  ])('is refused where it says %s', (text, why) => {
    expect(() => parseJq(text)).toThrow(JqError);
    expect(() => parseJq(text)).toThrow(why);
  });
});
