import { matchesGlob } from '../../core/glob.ts';
import type { SyncWindow } from '../../core/sync-window.ts';
import type { SyncWindowSpec } from '../catalog/documents.ts';
import type { Assignment } from './assignment.ts';

type Subject = Pick<Assignment, 'name' | 'namespace' | 'cluster' | 'servers' | 'project'>;

/**
 * The windows of its project that are for an application. As Argo CD (SyncWindows.Matches): one of its selectors has to
 * match, or with `andOperator` all that it has; a cluster is meant by its name or one of its addresses.
 */
export function selectWindows(subject: Subject): readonly SyncWindow[] {
  return (subject.project.syncWindows ?? []).filter((window) => isFor(window, subject)).map(toWindow);
}

function isFor(window: SyncWindowSpec, { name, namespace, cluster, servers }: Subject): boolean {
  const tested = [
    [window.applications, [name]],
    [window.namespaces, [namespace]],
    [window.clusters, [cluster, ...servers]],
  ] as const;
  const results = tested
    .filter(([patterns]) => patterns.length > 0)
    .map(([patterns, texts]) => matchesAny(patterns, texts));
  if (results.length === 0) return false;
  return window.matches === 'all' ? results.every(Boolean) : results.some(Boolean);
}

function matchesAny(patterns: readonly string[], texts: readonly string[]): boolean {
  return patterns.some((pattern) => texts.some((text) => matchesGlob(pattern, text, 'name')));
}

function toWindow(spec: SyncWindowSpec): SyncWindow {
  const {
    matches: _matches,
    applications: _names,
    namespaces: _namespaces,
    clusters: _clusters,
    ...window
  } = spec;
  return window;
}
