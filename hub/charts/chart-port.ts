import type { Commit, SourceTree } from '../ports.ts';

/** A chart as a source names it. */
export interface ChartWish {
  /** Its name in the repository; absent where the repository itself is the artifact (`oci://host/path`). */
  readonly chart?: string;
  /** A version, a range of versions, or for registries a tag or digest. */
  readonly targetRevision: string;
}

/** What a wish comes to now. `id` of the commit is the archive's SHA-256 in hexadecimal, `author` the publishing host, `subject` the chart's name. */
export type ChartRevision =
  | { readonly type: 'found'; readonly commit: Commit }
  | {
      readonly type: 'missing';
      readonly field: ChartField;
      readonly message: string;
      readonly remedy: string;
    };

/** The field of a source that has to be looked at. */
export type ChartField = 'repoURL' | 'chart' | 'targetRevision';

/** Charts from repositories and registries, as sources. */
export interface ChartPort {
  /**
   * Says what each wish is now, in the order given, and has its archive at hand. One look at the repository, however
   * many wishes. Throws AppError where the repository as a whole can't be read; what is wrong with one chart is
   * `missing`.
   */
  fetch(
    repoURL: string,
    wishes: readonly ChartWish[],
    signal?: AbortSignal,
  ): Promise<readonly ChartRevision[]>;
  /** The files of an archive that was fetched, by the id of its commit. Throws AppError `not-found` where it isn't at hand any more. */
  open(id: string): Promise<SourceTree>;
  /** The archive itself, as it was downloaded. Throws as `open` does. */
  read(id: string): Promise<Uint8Array>;
}
