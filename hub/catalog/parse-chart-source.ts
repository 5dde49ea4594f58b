import type { ChartSource, SourceTool } from './documents.ts';
import { absentObject, addProblem, type Fields, objectField, stringField, texts } from './fields.ts';
import { parseHelm } from './parse-helm.ts';
import { repositoryPath } from './repository-path.ts';
import { parseVersion, parseVersionRange } from './version-range.ts';

/** Whether a source names a chart, or an artifact of a registry, in place of a Git repository. */
export function isChartSource(fields: Fields): boolean {
  const { chart, repoURL } = fields.values;
  return (chart ?? '') !== '' || (typeof repoURL === 'string' && /^\s*oci:\/\//iu.test(repoURL));
}

/**
 * A chart of a repository (`https://…`) or registry (`host/path`, `oci://host/path`), or with `oci://` alone what is
 * packed there: a chart or a folder. `parseTool` reads the tools of a folder.
 */
export function parseChartSource(
  fields: Fields,
  base: Pick<ChartSource, 'field' | 'repoURL'> & { readonly name?: string },
  parseTool: (fields: Fields) => SourceTool,
): ChartSource {
  const { chart } = texts(fields, ['chart']);
  checkRepository(fields, base.repoURL, chart);
  const targetRevision = (stringField(fields, 'targetRevision') ?? '').trim();
  checkVersion(fields, base.repoURL, targetRevision);
  if ((fields.values['ref'] ?? '') !== '') {
    addProblem(fields, 'ref', {
      code: 'wrong-value',
      message: "A chart can't have a ref: value files come from Git",
      remedy: 'Give the ref to a source of its own with the repository that holds the values',
    });
  }
  if (chart !== undefined) checkTools(fields);
  return {
    ...base,
    type: 'chart',
    targetRevision,
    ...(chart === undefined ? {} : { chart }),
    path: chart === undefined ? parsePath(fields) : '',
    tool:
      chart === undefined
        ? parseTool(fields)
        : parseHelm(objectField(fields, 'helm') ?? absentObject(fields, 'helm')),
  };
}

function checkRepository(fields: Fields, repoURL: string, chart: string | undefined): void {
  const isHttp = /^https?:\/\/[^/]/iu.test(repoURL);
  const isRegistry = /^(?:oci:\/\/)?[a-z0-9.-]+(?::\d+)?(?:\/[^\s:@]*)?$/iu.test(repoURL);
  if (repoURL !== '' && !isHttp && !isRegistry) {
    addProblem(fields, 'repoURL', {
      code: 'wrong-value',
      message: `${JSON.stringify(repoURL)} is no repository of charts`,
      remedy:
        'Write https://host/path, or host/path for a registry; with a Git repository, replace chart by path',
    });
  }
  if (chart !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/u.test(chart)) {
    addProblem(fields, 'chart', {
      code: 'wrong-value',
      message: `${JSON.stringify(chart)} is no name of a chart`,
      remedy: "Write the chart's name as its repository has it",
    });
  }
}

/** A version or range; for registries also a tag or a digest. Argo CD asks for one too. */
function checkVersion(fields: Fields, repoURL: string, revision: string): void {
  if (revision === '') {
    // What is no text is a problem already.
    if ((fields.values['targetRevision'] ?? '') !== '') return;
    addProblem(fields, 'targetRevision', {
      code: 'missing-field',
      message: 'A chart needs a targetRevision: its version',
      remedy: "Write a version such as 1.2.3, or a range such as '1.x' or '*'",
    });
    return;
  }
  const isVersion = parseVersion(revision) !== undefined || parseVersionRange(revision) !== undefined;
  const isTag = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$/u.test(revision);
  if (isVersion || (isTag && !/^https?:/iu.test(repoURL))) return;
  addProblem(fields, 'targetRevision', {
    code: 'wrong-value',
    message: `${JSON.stringify(revision)} is no version of a chart and no range of versions`,
    remedy: 'Write it as in 1.2.3, 1.2.x, ^1.2, ~1.2.3 or >=1.0.0 <2.0.0',
  });
}

function checkTools(fields: Fields): void {
  for (const tool of ['kustomize', 'directory']) {
    if (fields.values[tool] === undefined || fields.values[tool] === null) continue;
    addProblem(fields, tool, {
      code: 'wrong-value',
      message: `A chart is rendered by Helm, and ${tool} has no part in that`,
      remedy: 'Remove it, or write what it says into helm',
    });
  }
}

function parsePath(fields: Fields): string {
  const written = stringField(fields, 'path') ?? '';
  const path = repositoryPath(written === '' ? '.' : written);
  if (path !== undefined) return path;
  addProblem(fields, 'path', {
    code: 'wrong-path',
    message: `The path ${JSON.stringify(written)} leads out of the artifact`,
    remedy: "Write it relative to the artifact's root, without '..' and without a leading slash",
  });
  return '';
}
