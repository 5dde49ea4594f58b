import { type DeleteLimits, defaultDeleteLimits } from '../../core/desired.ts';
import { modes } from '../../core/mode.ts';
import type { EnvironmentSpec, FleetDocument } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  choiceField,
  type Fields,
  numberField,
  objectField,
  objectList,
  requiredObject,
  requiredString,
} from './fields.ts';
import { checkName, readMetadata } from './metadata.ts';
import { readGlobalProjects } from './parse-global-projects.ts';
import { readHealthRules } from './parse-health-rules.ts';
import { parseIgnoreDifferences } from './parse-ignore-differences.ts';
import { readImagePolicy, readMovingTags } from './parse-image-policy.ts';
import { readResourceFilters } from './parse-resource-filters.ts';
import { readSigners } from './parse-signers.ts';

/** `Fleet`: the environments in the order of promotion, and what holds where they say nothing. */
export function parseFleet(document: Fields): FleetDocument {
  checkFields(document, { read: ['apiVersion', 'kind', 'metadata', 'spec'] });
  const metadata = readMetadata(document);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, {
    read: [
      'environments',
      'mode',
      'deleteLimits',
      'imagePolicy',
      'movingTags',
      'healthRules',
      'globalProjects',
      'ignoreDifferences',
      'resourceExclusions',
      'resourceInclusions',
      'signers',
    ],
  });
  const environments = (objectList(spec, 'environments') ?? []).map(readEnvironment);
  environments.forEach(({ name }, index) => {
    if (environments.findIndex((other) => other.name === name) === index) return;
    addProblem(spec, `environments[${index}]`, {
      code: 'duplicate',
      message: `The environment ${name} is declared twice`,
      remedy: 'Remove one of the two',
    });
  });
  const mode = choiceField(spec, 'mode', modes);
  const healthRules = readHealthRules(spec);
  return {
    kind: 'Fleet',
    name: metadata.name,
    environments,
    ...(mode === undefined ? {} : { mode }),
    deleteLimits: readDeleteLimits(spec, defaultDeleteLimits) ?? defaultDeleteLimits,
    ...readImagePolicy(spec),
    ...readMovingTags(spec),
    ...(healthRules.length === 0 ? {} : { healthRules }),
    ...withoutEmpty({
      globalProjects: readGlobalProjects(spec),
      ignoreDifferences: parseIgnoreDifferences(spec),
      resourceExclusions: readResourceFilters(spec, 'resourceExclusions'),
      resourceInclusions: readResourceFilters(spec, 'resourceInclusions'),
      signers: readSigners(spec),
    }),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

/** Lists that say nothing are absent, so that equal settings are equal data. */
function withoutEmpty<Lists extends Readonly<Record<string, readonly unknown[]>>>(
  lists: Lists,
): Partial<Lists> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<Lists>;
}

function readEnvironment(fields: Fields): EnvironmentSpec {
  checkFields(fields, { read: ['name', 'mode', 'deleteLimits', 'imagePolicy', 'protected'] });
  const name = requiredString(fields, 'name', 'Name it, for example name: prod');
  if (name !== '') checkName(fields, 'name', name, 63);
  const mode = choiceField(fields, 'mode', modes);
  const deleteLimits = readDeleteLimits(fields, defaultDeleteLimits);
  return {
    name,
    ...(mode === undefined ? {} : { mode }),
    ...(deleteLimits === undefined ? {} : { deleteLimits }),
    ...readImagePolicy(fields),
    ...(booleanField(fields, 'protected') === true ? { protected: true } : {}),
  };
}

function readDeleteLimits(fields: Fields, defaults: DeleteLimits): DeleteLimits | undefined {
  const limits = objectField(fields, 'deleteLimits');
  if (limits === undefined) return undefined;
  checkFields(limits, { read: ['freeObjects', 'maxShare'] });
  return {
    freeObjects: numberField(limits, 'freeObjects', 0, Number.POSITIVE_INFINITY) ?? defaults.freeObjects,
    maxShare: numberField(limits, 'maxShare', 0, 1) ?? defaults.maxShare,
  };
}
