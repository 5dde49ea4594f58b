import { AppError } from '../../core/error.ts';
import { formatLocation } from '../../core/problem.ts';
import type { GitSource, Source } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';
import type { Assignment, Refusal } from '../resolve/assignment.ts';
import { usesVariables } from '../resolve/build-environment.ts';

/** The single source of an application, where it has one that can be changed by a commit. */
export function singleSource(sources: readonly Source[]): GitSource | undefined {
  const [only, second] = sources;
  return second === undefined && only?.type === 'git' ? only : undefined;
}

/**
 * The source that a proposal changes. Throws AppError `unsupported` where there are several, since what one change of one
 * branch would have to be isn't clear then, and where variables of the build environment are to be filled in.
 */
export function onlySource({ application, sources, document }: Assignment | Refusal): GitSource {
  const only = singleSource(sources);
  if (only !== undefined && usesVariables(only.tool)) {
    const place = formatLocation(fieldLocation(document, `${only.field}.${only.tool.type}`));
    throw new AppError('unsupported', `its source fills in variables (${place}), which proposals don't`, {
      subject: application,
      remedy: 'Write the values themselves, or change the files by hand',
    });
  }
  if (only !== undefined) return only;
  const chart = sources.find(({ type }) => type === 'chart');
  if (chart !== undefined && sources.length === 1) {
    const at = formatLocation(fieldLocation(document, `${chart.field}.targetRevision`));
    throw new AppError(
      'unsupported',
      `it is made from a chart, whose version stands in its document (${at})`,
      {
        subject: application,
        remedy: 'Change targetRevision there by hand',
      },
    );
  }
  const place = formatLocation(fieldLocation(document, sources.length > 1 ? 'spec.sources' : 'spec.source'));
  throw new AppError('unsupported', `it has more than one source (${place}), and a proposal changes one`, {
    subject: application,
    remedy: 'Change the files, or the revisions in its document, by hand',
  });
}
