import type { Commit } from '../../core/commit.ts';
import type { ObjectRef } from '../../core/object-ref.ts';

/** A person, as Git names one. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** One value that a proposal changes, for people. */
export interface FieldChange {
  /** The Kubernetes object, where the value belongs to one. */
  readonly ref?: ObjectRef;
  /** A path in the object or file, such as `spec.template.spec.containers[name=web].image`. */
  readonly field: string;
  /** '' where there was none. */
  readonly before: string;
  /** '' where there is none any more. */
  readonly after: string;
}

/** What one file becomes. */
export interface FilePatch {
  /** Relative to the repository's root. */
  readonly path: string;
  /** A unified diff; one line that says why where the content isn't shown: binary, or holds a Secret. */
  readonly patch: string;
}

/** A change to Git that Fairlead proposes: a branch with one commit, and the pull request for it. */
export interface Proposal {
  /**
   * `preview`: nothing was written. `written`: the branch was pushed. `exists`: it was there already. `unchanged`: the
   * base has all of it already, so that there's nothing to propose.
   */
  readonly state: 'preview' | 'written' | 'exists' | 'unchanged';
  /** Keys of the applications that it means to change. */
  readonly applications: readonly string[];
  /** Without credentials. */
  readonly repoURL: string;
  /** The branch that it asks to be merged into. */
  readonly base: string;
  readonly branch: string;
  /** The commit on the branch, once it's written. */
  readonly commit?: string;
  /** Also the commit's subject. */
  readonly title: string;
  readonly text: string;
  readonly changes: readonly FieldChange[];
  readonly files: readonly FilePatch[];
  /** What it brings, or takes back. */
  readonly sourceCommits: readonly Commit[];
  readonly pullRequest?: {
    readonly url: string;
    readonly number: number;
    readonly state: 'opened' | 'exists';
  };
  /** Where a person opens the pull request, if there is none. */
  readonly compareURL?: string;
  /** What went less well than it should, and what to do: a sentence. The branch is fine nevertheless. */
  readonly warning?: string;
}
