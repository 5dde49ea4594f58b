import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

/** One rule per line, from line 6 of the file on. */
function parse(...rules: readonly string[]) {
  const text = `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: {name: fleet}
spec:
  healthRules:
${rules.map((rule) => `    - {kind: Gauge, group: x.io, ${rule}}\n`).join('')}  environments: [{name: dev}]
`;
  const { documents, problems } = parseFile('fleet/fleet.yaml', 'oid', text, 'fleet');
  const [document] = documents;
  return {
    rules: document?.kind === 'Fleet' ? document.healthRules : undefined,
    problems: problems.map(formatProblem),
  };
}

describe('healthRules', () => {
  it('are read as they are written', () => {
    const text = `healthy: "object.status.phase == 'Done'", degraded: has(object.status.error), message: "'at ' + object.status.step", gating: false`;
    expect(parse(text)).toEqual({
      problems: [],
      rules: [
        {
          group: 'x.io',
          kind: 'Gauge',
          healthy: "object.status.phase == 'Done'",
          degraded: 'has(object.status.error)',
          message: "'at ' + object.status.step",
          gating: false,
        },
      ],
    });
  });

  it.each([
    ['a syntax error', 'healthy: "object.status.phase =="', /isn't valid CEL: .* at character \d+/],
    ['an unknown variable', `healthy: "self.status.phase == 'Done'"`, /Unknown variable: self/],
    ['types that do not fit', `healthy: "1 + 'a' == 2"`, /no such overload: int \+ string/],
    ['no truth value', 'healthy: size(object.status.conditions)', /gives int, not true or false/],
    ['no text', 'healthy: "true", message: 1 + 1', /gives int, not a text/],
    [
      'a function without bound',
      `healthy: "object.status.phase.matches('(a+)+')"`,
      /matches isn't offered here/,
    ],
    [
      'loops inside loops inside loops',
      'healthy: "object.a.all(x, object.b.all(y, object.c.all(z, x == y)))"',
      /3 loops inside each other/,
    ],
    ['no word on what is healthy', "degraded: 'true'", /The field healthy is missing/],
    ['a field that nobody knows', "healthy: 'true', failing: 'true'", /There is no field failing/],
  ])('with %s are a problem at their line', (_what, rule, message) => {
    const { problems } = parse(rule);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    expect(problems[0]).toContain('fleet/fleet.yaml:6');
  });

  it('may not be two for one kind', () => {
    expect(parse("healthy: 'true'", "healthy: 'false'").problems[0]).toMatch(
      /two health rules for Gauge of x.io/,
    );
  });
});
