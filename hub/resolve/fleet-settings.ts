import { matchesGlob } from '../../core/glob.ts';
import type { ResourceFilter, ResourceRules } from '../../core/resource-filter.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ClusterDocument, FleetDocument, ResourceFilterSpec } from '../catalog/documents.ts';
import type { Assignment } from './assignment.ts';

/** What the fleet says of all applications of a cluster, as an assignment carries it. */
export function fleetSettings(
  fleet: FleetDocument,
  cluster: Pick<ClusterDocument, 'name' | 'servers'>,
): Pick<Assignment, 'fleetIgnores' | 'resourceRules' | 'signers'> {
  const resourceRules = resourceRulesOf(fleet, cluster);
  return {
    ...(fleet.ignoreDifferences === undefined ? {} : { fleetIgnores: fleet.ignoreDifferences }),
    ...(resourceRules === undefined ? {} : { resourceRules }),
    ...(fleet.signers === undefined ? {} : { signers: fleet.signers }),
  };
}

/**
 * The entries that are for a cluster, by its name or one of its addresses. As in Argo CD, a cluster that no inclusion
 * names has all kinds that aren't excluded.
 */
function resourceRulesOf(
  {
    resourceExclusions = [],
    resourceInclusions = [],
  }: Pick<FleetDocument, 'resourceExclusions' | 'resourceInclusions'>,
  cluster: Pick<ClusterDocument, 'name' | 'servers'>,
): ResourceRules | undefined {
  const isFor = ({ clusters }: ResourceFilterSpec): boolean =>
    clusters.length === 0 ||
    clusters.some((pattern) =>
      [cluster.name, ...cluster.servers].some((text) => matchesGlob(pattern, text, 'name')),
    );
  const filterOf = ({ apiGroups, kinds }: ResourceFilterSpec): ResourceFilter => ({ apiGroups, kinds });
  const exclusions = resourceExclusions.filter(isFor).map(filterOf);
  const inclusions = resourceInclusions.filter(isFor).map(filterOf);
  return exclusions.length + inclusions.length === 0 ? undefined : { exclusions, inclusions };
}

/** Of every cluster that the fleet says something of, by name. */
export function resourceRulesByCluster({
  fleet,
  clusters,
}: Pick<Catalog, 'fleet' | 'clusters'>): ReadonlyMap<string, ResourceRules> {
  return new Map(
    [...clusters.values()].flatMap((cluster) => {
      const rules = fleet === undefined ? undefined : resourceRulesOf(fleet, cluster);
      return rules === undefined ? [] : [[cluster.name, rules] as const];
    }),
  );
}
