/** A place where a rule is broken. */
export interface Finding {
  readonly file: string;
  readonly line?: number;
  readonly what: string;
  readonly why: string;
  readonly instead: string;
}

export function formatFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ file, line, what, why, instead }) => {
      const place = line === undefined ? file : `${file}:${line}`;
      return `${place} ${what}\n    why:     ${why}\n    instead: ${instead}`;
    })
    .join('\n');
}
