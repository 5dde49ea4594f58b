import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import {
  applicationText,
  catalogOf,
  clusterText,
  fleetText,
  foldTexts,
  goodTexts,
  projectText,
} from './catalog-texts.ts';

const key = 'argocd/payments-dev';
const path = 'applications/payments-dev.yaml';
const unreadable = 'apiVersion: argoproj.io/v1alpha1\nkind: [\n';

describe('buildCatalog', () => {
  it('puts a fleet that is right together without a word', () => {
    const catalog = catalogOf(goodTexts);
    expect(catalog.problems).toEqual([]);
    expect(catalog.frozen.size).toBe(0);
    expect([...catalog.applications.keys()]).toEqual([key]);
    expect([...catalog.clusters.keys()]).toEqual(['dev', 'prod', 'staging']);
    expect([...catalog.projects.keys()]).toEqual(['platform']);
    expect(catalog.fleet?.environments).toHaveLength(3);
  });

  it('an application that two files claim is frozen, with both places', () => {
    const catalog = catalogOf({ ...goodTexts, 'other/copy.yaml': `# copy\n${goodTexts[path]}` });
    expect(catalog.problems.map(formatProblem)[0]).toContain(`${path}:1 and other/copy.yaml:2`);
    expect(catalog.frozen.get(key)?.code).toBe('duplicate');
  });

  it("an application of a file that can't be read stays as it was, frozen by the file's problem", () => {
    const files = foldTexts({ ...goodTexts, [path]: unreadable }, foldTexts(goodTexts));
    const catalog = buildCatalog(files);
    expect(catalog.applications.get(key)?.project).toBe('platform');
    expect(catalog.frozen.get(key)).toMatchObject({ code: 'stale-file', location: { file: path, line: 2 } });
  });

  it("an application that moved out of a file that can't be read lives in the good one", () => {
    const texts = { ...goodTexts, [path]: unreadable, 'moved.yaml': applicationText('payments-dev', 'prod') };
    const catalog = buildCatalog(foldTexts(texts, foldTexts(goodTexts)));
    expect(catalog.frozen.has(key)).toBe(false);
    expect(catalog.applications.get(key)?.destination.name).toBe('prod');
  });

  it("a project that can't be read freezes its applications, and no others", () => {
    const before = {
      ...goodTexts,
      'fleet/projects/shop.yaml': projectText('shop'),
      'applications/shop.yaml': applicationText('shop', 'dev', '', 'shop'),
    };
    const catalog = buildCatalog(
      foldTexts({ ...before, 'fleet/projects/shop.yaml': unreadable }, foldTexts(before)),
    );
    expect([...catalog.frozen.keys()]).toEqual(['argocd/shop']);
  });

  it('a project, or a cluster, that two files claim freezes what uses it', () => {
    const projects = catalogOf({ ...goodTexts, 'fleet/copy.yaml': projectText('platform') });
    expect(projects.frozen.get(key)?.message).toContain('AppProject platform is declared 2 times');
    const clusters = catalogOf({
      ...goodTexts,
      'fleet/copy.yaml': clusterText('dev', 'prod'),
      'applications/prod.yaml': applicationText('payments-prod', 'prod'),
    });
    expect([...clusters.frozen.keys()]).toEqual([key]);
  });

  it("a cluster that can't be read keeps its last good version and freezes nothing", () => {
    const files = foldTexts({ ...goodTexts, 'fleet/clusters/dev.yaml': unreadable }, foldTexts(goodTexts));
    const catalog = buildCatalog(files);
    expect(catalog.clusters.has('dev')).toBe(true);
    expect(catalog.frozen.size).toBe(0);
    expect(catalog.problems).toHaveLength(1);
  });

  it('without a Fleet document it says what to write, and with two it takes neither', () => {
    const { 'fleet/fleet.yaml': _fleet, ...without } = goodTexts;
    expect(catalogOf(without).problems[0]).toMatchObject({
      code: 'no-fleet',
      remedy: expect.stringContaining('kind: Fleet'),
    });
    const twice = catalogOf({ ...goodTexts, 'fleet/more.yaml': fleetText });
    expect(twice.fleet).toBeUndefined();
    expect(twice.problems[0]?.message).toContain('fleet/fleet.yaml:1 and fleet/more.yaml:1');
  });

  it("an environment that isn't declared is a problem at the cluster", () => {
    const catalog = catalogOf({ ...goodTexts, 'fleet/clusters/dev.yaml': clusterText('dev', 'test') });
    expect(formatProblem(catalog.problems[0]!)).toContain(
      "fleet/clusters/dev.yaml:5: The environment test of cluster dev isn't declared",
    );
  });

  it('shows problems in the order of files and lines', () => {
    const catalog = catalogOf({
      ...goodTexts,
      'z.yaml': unreadable,
      'b.yaml': applicationText('b', 'dev', '  x: 1\n  y: 2\n'),
      'fleet/clusters/dev.yaml': clusterText('dev', 'test'),
    });
    expect(catalog.problems.map(({ location }) => `${location?.file}:${location?.line}`)).toEqual([
      'b.yaml:14',
      'b.yaml:15',
      'fleet/clusters/dev.yaml:5',
      'z.yaml:2',
    ]);
  });
});
