/**
 * Of one file of a repository, bytes. A larger one is never read into memory: whoever asks for its content gets none.
 * Argo CD takes 10 MiB of manifests per application.
 */
export const maxFileBytes = 16 * 1024 * 1024;

/** Such as `16 MiB`. */
export function sizeText(bytes: number): string {
  return `${bytes / (1024 * 1024)} MiB`;
}
