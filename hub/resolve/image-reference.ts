/** A container image's name, apart from what version of it is meant. */
export interface ImageReference {
  /** Registry and repository: `registry.example:5000/team/app`. */
  readonly name: string;
  readonly tag?: string;
  /** `sha256:…`; what a container runtime takes where there is one, whatever the tag says. */
  readonly digest?: string;
}

/** Reads `name[:tag][@digest]`. A colon before a slash belongs to a registry's port. */
export function parseImage(text: string): ImageReference {
  const at = text.indexOf('@');
  const place = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? '' : text.slice(at + 1);
  const colon = place.indexOf(':', place.lastIndexOf('/') + 1);
  const tag = colon < 0 ? '' : place.slice(colon + 1);
  return {
    name: colon < 0 ? place : place.slice(0, colon),
    ...(tag === '' ? {} : { tag }),
    ...(digest === '' ? {} : { digest }),
  };
}

export function formatImage({ name, tag, digest }: ImageReference): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/**
 * Whether an image is the one that was meant. A digest decides alone: a tag beside it may be left out, but must not say
 * something else.
 */
export function isImage(found: ImageReference, wanted: ImageReference): boolean {
  if (found.name !== wanted.name || found.digest !== wanted.digest) return false;
  if (found.tag === wanted.tag) return true;
  return wanted.digest !== undefined && found.tag === undefined;
}

/**
 * Whether two names are one repository in registries of their environments: equal after the registry's host and after
 * segments that are an environment's words.
 */
export function isSameRepository(
  left: string,
  right: string,
  words: { readonly left: readonly string[]; readonly right: readonly string[] },
): boolean {
  if (left === right) return true;
  return pathOf(left, words.left) === pathOf(right, words.right);
}

function pathOf(name: string, words: readonly string[]): string {
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (/[.:]/u.test(first) || first === 'localhost');
  const segments = hasHost ? rest : [first, ...rest];
  const kept = segments.filter((segment, index) => index === segments.length - 1 || !words.includes(segment));
  return kept.join('/');
}
