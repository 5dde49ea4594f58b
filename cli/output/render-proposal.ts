import { displayRef } from '../../core/object-ref.ts';
import type { Schemas } from '../client/open-client.ts';
import { heading, paint, type Style, toned } from './style.ts';
import { formatTable } from './table.ts';

type Proposal = Schemas['Proposal'];

/** A proposal for people: what it is, why, what changes, the files, last where it is and what to do. */
export function renderProposal(proposal: Proposal, style: Style, why = ''): string {
  const { title, state, changes, files, text } = proposal;
  if (state === 'unchanged') return [toned(style, 'calm', title), text].join('\n\n');
  const rows = changes.map(({ ref, field, before, after }) => [
    ref === undefined ? proposal.applications.join(', ') : displayRef(ref),
    field === '' ? 'all of it' : field.replace(/^.*\[name=(.*)\]\.image$/u, 'image of $1'),
    before,
    after,
  ]);
  const sections = [
    heading(style, title),
    why,
    rows.length === 0 ? '' : formatTable(['OBJECT', 'FIELD', 'BEFORE', 'AFTER'], rows, style),
    ...files.map(({ path, patch }) =>
      patch.startsWith('---') ? renderPatch(patch, style) : `${path}: ${patch.trim()}`,
    ),
    renderOutcome(proposal, style),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function renderPatch(patch: string, style: Style): string {
  return patch
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return heading(style, line);
      if (line.startsWith('+')) return paint(style, 'green', line);
      if (line.startsWith('-')) return paint(style, 'red', line);
      return line.startsWith('@@') ? paint(style, 'cyan', line) : line;
    })
    .join('\n');
}

function renderOutcome(proposal: Proposal, style: Style): string {
  const { state, branch, base, repoURL, pullRequest, compareURL, warning } = proposal;
  if (state === 'preview') {
    return `Nothing was written. Without --dry-run it becomes branch ${branch} of ${repoURL}.`;
  }
  const there = state === 'exists' ? 'is there already' : 'is pushed';
  const lines = [toned(style, 'calm', `Branch ${branch} ${there}, for ${base} of ${repoURL}.`)];
  if (warning !== undefined) lines.push(toned(style, 'attention', warning));
  if (pullRequest !== undefined) {
    const was = pullRequest.state === 'exists' ? 'is open already' : 'is open';
    lines.push(`Pull request ${pullRequest.number} ${was}: ${pullRequest.url}`, 'Next: review and merge it.');
  } else if (compareURL !== undefined) {
    lines.push(`Next: open a pull request at ${compareURL}`);
  } else {
    lines.push(`Next: merge branch ${branch} into ${base}, as you merge any other.`);
  }
  return lines.join('\n');
}
