/** Names of a cluster or of Git stand in commands that people paste: a shell must take each as one plain word. */
export function shellWords(...words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
