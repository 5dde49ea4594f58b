/** A version of the payments image, named as prod wants it: the tag for people, the digest for clusters. */
export interface PinnedImage {
  readonly tag: string;
  readonly digest: string;
}

/** Sets the version in the text of an overlay's kustomization, whatever it names now. */
export function setImage(kustomization: string, { tag, digest }: PinnedImage): string {
  return kustomization.replace(/newTag: .*(?:\n {4}digest: .*)?/, `newTag: ${tag}\n    digest: ${digest}`);
}

/** Whether an image is of this tag, with a digest or without. */
export function hasTag(image: string, tag: string): boolean {
  return tagOf(image) === tag;
}

/** The tag of an image; '' without one. */
export function tagOf(image: string): string {
  return /:([^:@/]+)(?:@.*)?$/.exec(image)?.[1] ?? '';
}
