import { isWildcard, matchesGlob } from '../../core/glob.ts';

/** Whether a text matches an Argo CD policy's glob, in which `*` crosses `/`. Lists of 10,000 objects are asked one by one. */
export function compilePattern(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  if (pattern === '*/*') return (text) => text.includes('/');
  if (!isWildcard(pattern) && !pattern.includes('\\')) return (text) => text === pattern;
  const prefix = /^([^*?[\]{}\\]*)\*$/.exec(pattern)?.[1];
  if (prefix !== undefined) return (text) => text.startsWith(prefix);
  return (text) => matchesGlob(pattern, text, 'name');
}
