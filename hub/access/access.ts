import type { AccessBinding, AccessRule, PolicyOrigin } from '../catalog/access-rule.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { builtInBindings, builtInRules } from './built-in-roles.ts';

/** All rules of a catalog, ready to be asked. */
export interface Access {
  readonly rules: ReadonlyMap<string, readonly AccessRule[]>;
  readonly bindings: ReadonlyMap<string, readonly AccessBinding[]>;
  readonly defaultRole?: string;
  /** Whether anybody wrote an AccessPolicy: without one a denial says so. */
  readonly policies: 'some' | 'none';
}

type Written = Pick<Catalog, 'accessPolicies' | 'projects'>;

/**
 * The rules of AccessPolicies, of projects' roles and the built-in ones. Nothing depends on the order of documents: where
 * several lines say the same, the first by file and line is told.
 */
export function readAccess(catalog: Written | undefined): Access {
  const documents = catalog?.accessPolicies ?? [];
  const roles = [...(catalog?.projects.values() ?? [])].flatMap((project) => project.roles ?? []);
  const sources = [...documents, ...roles];
  const rules = [...sources.flatMap((each) => each.rules).sort(byPlace), ...builtInRules];
  const bindings = [...sources.flatMap((each) => each.bindings).sort(byPlace), ...builtInBindings];
  const defaultRole = documents.find((each) => each.defaultRole !== undefined)?.defaultRole;
  return {
    rules: Map.groupBy(rules, ({ subject }) => subject),
    bindings: Map.groupBy(bindings, ({ member }) => member),
    ...(defaultRole === undefined ? {} : { defaultRole }),
    policies: documents.length === 0 ? 'none' : 'some',
  };
}

function byPlace(left: { readonly origin: PolicyOrigin }, right: { readonly origin: PolicyOrigin }): number {
  const [one, other] = [left.origin.location, right.origin.location];
  const [file, otherFile] = [one?.file ?? '', other?.file ?? ''];
  if (file !== otherFile) return file < otherFile ? -1 : 1;
  return (one?.line ?? 0) - (other?.line ?? 0);
}
