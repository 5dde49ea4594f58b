import { formatLocation, type Problem } from '../../core/problem.ts';
import type { Claim } from './catalog.ts';
import type { AccessPolicyDocument } from './documents.ts';
import { fieldLocation } from './field-location.ts';

interface SettledAccess {
  readonly documents: readonly AccessPolicyDocument[];
  readonly problems: readonly Problem[];
}

/**
 * The AccessPolicies that count. Two good files may claim one name: then both count, since leaving one out could lose a
 * denial. A good file wins over a stale one, so that a document may move out of a file that can't be read. Where they
 * name different default roles, none counts.
 */
export function settleAccess(claims: readonly Claim<AccessPolicyDocument>[]): SettledAccess {
  const documents: AccessPolicyDocument[] = [];
  const problems: Problem[] = [];
  for (const [name, all] of Map.groupBy(claims, ({ document }) => document.name)) {
    const good = all.filter(({ file }) => !file.stale);
    const counted = (good.length > 0 ? good : all).map(({ document }) => document);
    documents.push(...counted);
    const [first, ...others] = counted;
    if (first === undefined || others.length === 0) continue;
    const places = counted.map(({ location }) => formatLocation(location)).join(' and ');
    problems.push({
      code: 'duplicate',
      message: `AccessPolicy ${name} is declared ${counted.length} times, at ${places}; all of them count`,
      location: first.location,
      remedy: 'Rename or remove all but one',
    });
  }
  const defaults = documents.filter(({ defaultRole }) => defaultRole !== undefined);
  const [first] = defaults;
  if (first === undefined || defaults.every(({ defaultRole }) => defaultRole === first.defaultRole))
    return { documents, problems };
  const said = defaults.map(
    (each) => `${each.defaultRole} at ${formatLocation(fieldLocation(each, 'spec.defaultRole'))}`,
  );
  problems.push({
    code: 'duplicate',
    message: `The default role is ${said.join(' and ')}, so nobody has any`,
    location: fieldLocation(first, 'spec.defaultRole'),
    field: 'spec.defaultRole',
    remedy: 'Name one of them, in one AccessPolicy',
  });
  return { documents: documents.map(({ defaultRole: _none, ...rest }) => rest), problems };
}
