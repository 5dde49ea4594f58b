import { modes } from '../../core/mode.ts';
import type { ClusterDocument } from './documents.ts';
import {
  addProblem,
  checkFields,
  choiceField,
  type Fields,
  requiredObject,
  requiredString,
  stringField,
  stringList,
} from './fields.ts';
import { checkName, readMetadata } from './metadata.ts';

/** `Cluster`: a member of the fleet, the environment it belongs to, and the addresses that applications may name it by. */
export function parseCluster(document: Fields): ClusterDocument {
  checkFields(document, { read: ['apiVersion', 'kind', 'metadata', 'spec'] });
  const metadata = readMetadata(document);
  // One that is no name at all has been told of.
  if (document.document.problems.length === 0)
    checkName(requiredObject(document, 'metadata'), 'name', metadata.name, 63);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, { read: ['environment', 'servers', 'mode', 'project'] });
  const servers = stringList(spec, 'servers') ?? [];
  servers.forEach((server, index) => {
    if (/^https?:\/\/[^\s/]+/.test(server)) return;
    addProblem(spec, `servers[${index}]`, {
      code: 'wrong-value',
      message: `${JSON.stringify(server)} isn't the address of an API server`,
      remedy:
        "Write it as applications do in destination.server, such as https://kubernetes.default.svc; it's only a name",
    });
  });
  const mode = choiceField(spec, 'mode', modes);
  const project = stringField(spec, 'project') ?? '';
  return {
    kind: 'Cluster',
    name: metadata.name,
    labels: metadata.labels,
    environment: requiredString(
      spec,
      'environment',
      'Add spec.environment with an environment of the Fleet document',
    ),
    servers: servers.map(normaliseServer),
    ...(mode === undefined ? {} : { mode }),
    ...(project === '' ? {} : { project }),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

/** Addresses compare without a trailing slash, as in Argo CD. */
export function normaliseServer(server: string): string {
  return server.replace(/\/+$/, '');
}
