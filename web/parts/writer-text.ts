import type { Schemas } from '../api/client.ts';

/** Who wrote: a tool, as managed fields name it. */
export function writerText(writer: Schemas['Writer'] | undefined): string {
  if (writer === undefined) return 'an unknown writer';
  return `${writer.manager}${writer.subresource === '' ? '' : ` (${writer.subresource})`}`;
}
