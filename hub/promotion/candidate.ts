import type { ImageReference } from '../resolve/image-reference.ts';
import type { TextEdit } from './yaml-file.ts';

/** One way to make a container run another image: edits of one file, to be proven by rendering. */
export interface Candidate {
  /** `source` is where the application's manifests are, `fleet` where its Application document is. */
  readonly repository: 'source' | 'fleet';
  /** Relative to the repository's root. */
  readonly file: string;
  readonly edits: readonly TextEdit[];
  /** What is edited, for people: `images[0].newTag`, `image.tag`. */
  readonly field: string;
}

/** A step from one image to another, taken apart. */
export interface ImageStep {
  readonly before: ImageReference;
  readonly after: ImageReference;
}

/** A text file by its path. */
export interface TextFile {
  readonly file: string;
  readonly text: string;
}

/** What is known of a target's source: enough to find every place where an image may be written. */
export interface TargetSource {
  readonly tool: 'directory' | 'kustomize' | 'helm';
  /** The folder of its manifests, '' for the root. */
  readonly path: string;
  /** The YAML and JSON files that its render reads and that may name an image, the nearest first. */
  readonly files: readonly TextFile[];
  /** Only for Helm: paths of the value files that are there; the last wins. */
  readonly valueFiles: readonly string[];
  /** Its Application document and the file that holds it. */
  readonly document: TextFile & { readonly name: string; readonly namespace: string };
}
