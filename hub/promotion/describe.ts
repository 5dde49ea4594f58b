import type { Commit } from '../../core/commit.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import { formatImage, parseImage } from '../resolve/image-reference.ts';
import type { ContainerImage } from '../resolve/images-of.ts';
import { code, describeCommit, plain } from './markdown.ts';
import type { ImageChange } from './match-images.ts';

/** What a promotion does, for people. */
export interface PromotionNews {
  /** What the applications have in common. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Keys of the target's applications. */
  readonly applications: readonly string[];
  readonly changes: readonly (ImageChange & { readonly cluster: string })[];
  /** Revisions and versions of charts that move. */
  readonly pins: readonly PinMove[];
  /** Containers of the source that the target doesn't have. */
  readonly leftOut: readonly ContainerImage[];
  readonly sourceCommits: readonly Commit[];
}

export interface PinMove {
  readonly application: string;
  readonly cluster: string;
  /** `revision`, or `chart redis`. */
  readonly what: string;
  /** Where it is written, for people. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
  /** Objects that differ otherwise than by their images. */
  readonly objects: readonly ObjectRef[];
}

/** Git shows subjects of this length whole. */
const longestTitle = 72;

/** The subject of the commit and the title of the pull request. */
export function titleOf({ name, from, to, changes, pins }: PromotionNews): string {
  if (changes.length + pins.length === 0) return `${plain(name)}: ${plain(to)} runs what ${plain(from)} runs`;
  const title = `Promote ${plain(name)} to ${plain(to)}`;
  const versions = new Set([
    ...changes.map(({ after }) => shortImage(after)),
    ...pins.map(({ what, after }) => `${what} ${shortRevision(after)}`),
  ]);
  const [only] = versions;
  const long = versions.size === 1 && only !== undefined ? `${title}: ${plain(only)}` : title;
  return long.length <= longestTitle ? long : title.slice(0, longestTitle);
}

/** Markdown that also reads well in `git log`. */
export function textOf(news: PromotionNews): string {
  const { from, to, changes, pins, leftOut, sourceCommits } = news;
  const isEqual = changes.length + pins.length === 0;
  const parts = [isEqual ? `${to} has what ${from} runs already.` : `What runs in ${from} goes to ${to}.`];
  for (const [where, images] of groupByPlace(changes)) {
    parts.push([`**${where}**`, ...images.flatMap(describeImage)].join('\n'));
  }
  parts.push(...pins.map(describePin));
  const unpinned = changes.filter(({ after }) => parseImage(after).digest === undefined);
  if (unpinned.length > 0) {
    parts.push(
      `Not pinned by a digest, so that a registry can still move ${unpinned.length === 1 ? 'this tag' : 'these tags'}: ${[...new Set(unpinned.map(({ after }) => code(after)))].join(', ')}.`,
    );
  }
  if (leftOut.length > 0) {
    const names = leftOut.map(
      ({ ref, container, image }) => `- ${displayRef(ref)}, container ${code(container)}: ${code(image)}`,
    );
    parts.push([`Only in ${from}, so left out:`, ...names].join('\n'));
  }
  if (sourceCommits.length > 0)
    parts.push(
      [`Runs in ${from} by:`, ...sourceCommits.map((commit) => `- ${describeCommit(commit)}`)].join('\n'),
    );
  return parts.join('\n\n');
}

function groupByPlace(changes: PromotionNews['changes']): ReadonlyMap<string, PromotionNews['changes']> {
  const groups = new Map<string, PromotionNews['changes']>();
  for (const change of changes) {
    const where = `${plain(displayRef(change.ref))} on ${plain(change.cluster)}`;
    groups.set(where, [...(groups.get(where) ?? []), change]);
  }
  return groups;
}

function describeImage({ container, before, after }: ImageChange): readonly string[] {
  return [`- container ${code(container)}`, `  - before ${code(before)}`, `  - after ${code(after)}`];
}

function describePin({ application, cluster, what, before, after, objects }: PinMove): string {
  const lines = [
    `**${plain(application)} on ${plain(cluster)}**`,
    `- ${plain(what)} ${code(before)} → ${code(after)}`,
  ];
  if (objects.length > 0) {
    const shown = objects.slice(0, 10).map((ref) => plain(displayRef(ref)));
    const more = objects.length > 10 ? ` and ${objects.length - 10} more` : '';
    lines.push(`- changes in other fields than images: ${shown.join(', ')}${more}`);
  }
  return lines.join('\n');
}

/** The last part of the name, and the tag or the beginning of the digest. */
function shortImage(text: string): string {
  const { name, tag, digest } = parseImage(text);
  const last = name.split('/').at(-1) ?? name;
  const version = tag ?? digest?.replace(/^sha256:/u, '').slice(0, 12);
  return version === undefined ? formatImage({ name: last }) : `${last} ${version}`;
}

function shortRevision(revision: string): string {
  return /^[0-9a-f]{40,}$/u.test(revision) ? revision.slice(0, 12) : revision;
}
