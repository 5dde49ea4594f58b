/** A file as Helm's options of an Application name it. */
export interface ValueFile {
  /** The source that it lies in: `values` of `$values/web.yaml`. Absent: its own. */
  readonly ref?: string;
  /** As written; below the root of the other source where there is a `ref`. */
  readonly path: string;
}

export function parseValueFile(text: string): ValueFile {
  const [, ref, path = ''] = /^\$([^/]*)\/?(.*)$/su.exec(text) ?? [];
  return ref === undefined ? { path: text } : { ref, path };
}
