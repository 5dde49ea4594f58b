import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson, type Json } from '../../core/json.ts';
import { appliedPart, changed, jsonPatch, mergePatch, strategicPatch } from './change-object.ts';
import { getAt, only, setAt } from './object-path.ts';
import { randomEdit, randomManifest } from './random-edits.ts';
import {
  atReportedPath,
  equalRemainders,
  isInOrder,
  type ReportedStep,
  readReportedPath,
  without,
} from './reported-path.ts';
import { specimens } from './specimens.ts';

const pod = { containers: [{ name: 'web', image: 'a' }, { name: 'log' }], tags: ['x', 'y'] };

/** RFC 7386, the other way round. */
function merged(value: Json | undefined, patch: Json): Json {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const before = value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
  const members: Record<string, Json | undefined> = { ...(before as Record<string, Json>) };
  for (const [name, member] of Object.entries(patch as Record<string, Json>)) {
    if (member === null) delete members[name];
    else members[name] = merged(members[name], member);
  }
  return members;
}

describe('random objects and edits', () => {
  it('are of more than twenty kinds, each once', () => {
    const kinds = specimens.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds.length).toBeGreaterThan(20);
  });

  it('are the same for the same seed', () => {
    const draw = () => [
      fc.sample(randomEdit(specimens), { seed: 5, numRuns: 50 }),
      specimens.map((specimen) => fc.sample(randomManifest(specimen, 'x', 'y'), { seed: 5, numRuns: 2 })),
    ];
    expect(draw()).toEqual(draw());
  });

  it('hold every act, form and change within some hundred edits', () => {
    const acts = fc.sample(randomEdit(specimens), { seed: 1, numRuns: 3_000 }).map(({ act }) => act);
    const changes = acts.flatMap((act) => (act.type === 'change' ? [act] : []));
    expect(new Set(acts.map(({ type }) => type)).size).toBe(9);
    expect(new Set(changes.map(({ form }) => form)).size).toBe(7);
    expect(new Set(changes.map(({ change }) => change.type)).size).toBe(5);
  });
});

describe('a change of an object', () => {
  it('reaches items of lists by their keys', () => {
    const path = ['containers', { name: 'log' }, 'image'];
    expect(getAt(setAt(pod, path, 'b'), path)).toBe('b');
    expect(setAt(pod, ['containers', { name: 'log' }], undefined)).toEqual({
      ...pod,
      containers: [pod.containers[0]],
    });
    expect(setAt(pod, ['none', 'deep'], undefined)).toEqual(pod);
    expect(only(path, 'b')).toEqual({ containers: [{ name: 'log', image: 'b' }] });
  });

  it('is told by a merge patch that makes it', () => {
    // No object of Kubernetes has a member of this name, which assigning makes none of.
    const isMember = (text: string) => !text.includes('null') && !text.includes('__proto__');
    const value = fc.jsonValue({ maxDepth: 3 }).filter((found) => isMember(JSON.stringify(found)));
    const name = fc.string().filter(isMember);
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.dictionary(name, value), (before, after) => {
        expect(
          equalJson(merged(before as Json, mergePatch(before as Json, after as Json)), after as Json),
        ).toBe(true);
      }),
    );
  });

  it('is sent as what its form asks for', () => {
    const drop = { type: 'drop', path: ['tags'], index: 3 } as const;
    expect(changed(pod, drop).tags).toEqual(['x']);
    expect(jsonPatch(pod, changed(pod, drop))).toEqual([{ op: 'replace', path: '/tags', value: ['x'] }]);
    expect(appliedPart(pod, drop)).toEqual({ tags: ['x'] });
    expect(strategicPatch(pod, { type: 'unset', path: ['containers', { name: 'web' }] })).toEqual({
      containers: [{ name: 'web', $patch: 'delete' }],
    });
    expect(jsonPatch({ 'a/b': 1 }, {})).toEqual([{ op: 'remove', path: '/a~1b' }]);
  });
});

describe('a path as it is reported', () => {
  it('leads to members, items and values', () => {
    const object: Json = { metadata: { labels: { 'x.io/y': 'z' } }, ...pod, ports: [{ port: 80 }] };
    const at = (text: string) => atReportedPath(object, readReportedPath(text));
    expect(at("metadata.labels['x.io/y']")).toBe('z');
    expect(at('containers[name=web].image')).toBe('a');
    expect(at('tags[=y]')).toBe('y');
    expect(at('ports[port=80,protocol=TCP].port')).toBe(80);
    expect(at('tags[=z]')).toBeUndefined();
    expect(() => readReportedPath('a..b')).toThrow('not a path');
  });

  it('takes exactly what it leads to out of a comparison', () => {
    const other = { ...pod, containers: [{ name: 'web', image: 'b' }, { name: 'log' }] };
    const rest = (paths: readonly string[]) =>
      [pod, other].map((side) => without(side, paths.map(readReportedPath)));
    expect(equalRemainders(...(rest(['containers[name=web].image']) as [Json, Json]))).toBe(true);
    expect(equalRemainders(...(rest(['tags']) as [Json, Json]))).toBe(false);
  });

  it('leaves the order of a list in a comparison, unless that is what is told', () => {
    const turned = { ...pod, tags: ['y', 'x'] };
    const rest = (last: readonly ReportedStep[]) =>
      [pod, turned].map((side) => without(side, [[{ type: 'field', name: 'tags' }, ...last]]));
    const isEqualBut = (last: readonly ReportedStep[]) => equalRemainders(...(rest(last) as [Json, Json]));
    expect(isEqualBut([{ type: 'item', keys: new Map([['', 'z']]) }])).toBe(false);
    expect(isEqualBut([{ type: 'order' }])).toBe(true);
    const ports: Json = [{ port: 53, protocol: 'UDP' }, { port: 80 }];
    expect(isInOrder(ports, ['port=53,protocol=UDP', 'port=80,protocol=TCP'])).toBe(true);
    expect(isInOrder(ports, [80, 53])).toBe(false);
    expect(isInOrder(ports, [80, 443])).toBe(false);
  });
});
