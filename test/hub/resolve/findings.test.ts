import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { findings } from '../../../hub/resolve/findings.ts';
import { catalogOf, goodTexts, projectText } from '../catalog/catalog-texts.ts';

describe('findings', () => {
  it('lists of denials alone, which allow the rest', () => {
    const spec = "  destinations: [{server: '*', namespace: '!kube-*'}]\n";
    const text = projectText('platform', spec).replace("'https", "'!https");
    const found = findings(catalogOf({ ...goodTexts, 'fleet/projects/platform.yaml': text }));
    expect(
      found
        .map(formatProblem)
        .map((line) => line.replace(/ \(.*/, ''))
        .sort(),
    ).toEqual(
      [
        'fleet/projects/platform.yaml:5: project platform only denies, which allows every other repository',
        'fleet/projects/platform.yaml:6: project platform only denies, which allows every other destination',
        'fleet/projects/platform.yaml:6: project platform allows clusters by the pattern *',
      ].sort(),
    );
  });

  it('lists wildcards in sources, destinations and kinds with their lines', () => {
    const spec = `  destinations:
    - {name: '!prod', namespace: web}
    - {server: '*', namespace: 'team-?'}
  clusterResourceWhitelist: [{group: '*', kind: Namespace}]
  namespaceResourceWhitelist:
    - {group: '', kind: Secret}
    - {group: apps, kind: '*'}
`;
    const text = projectText('platform', spec).replace("'https", "'https://git.example.com/**', 'https");
    const found = findings(catalogOf({ ...goodTexts, 'fleet/projects/platform.yaml': text }));
    expect(found.map(formatProblem).map((line) => line.replace(/ \(.*/, ''))).toEqual([
      'fleet/projects/platform.yaml:5: project platform allows repositories by the pattern https://git.example.com/**',
      'fleet/projects/platform.yaml:8: project platform allows clusters by the pattern *',
      'fleet/projects/platform.yaml:8: project platform allows namespaces by the pattern team-?',
      'fleet/projects/platform.yaml:9: project platform allows kinds by the pattern *',
      'fleet/projects/platform.yaml:12: project platform allows kinds by the pattern *',
    ]);
  });
});
