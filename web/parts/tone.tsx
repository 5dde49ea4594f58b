import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.ts';

export type Tone = Schemas['ApplicationItem']['tone'];

/** From the worst to the best, as lists order them. */
export const tones: readonly Tone[] = ['broken', 'attention', 'unknown', 'moving', 'calm'];

/** Shapes differ as much as colours do: a tone is told by its icon, its word and its colour. */
const shapes: Readonly<Record<Tone, ReactNode>> = {
  calm: (
    <>
      <circle cx="8" cy="8" r="6.25" />
      <path d="M5.2 8.2 7.2 10.2 10.9 6" />
    </>
  ),
  moving: (
    <>
      <path d="M13.6 9.8A6 6 0 1 1 13.2 5" />
      <path d="M13.8 2.2V5.4H10.6" />
    </>
  ),
  attention: (
    <>
      <path d="M8 2 14.4 13.4H1.6Z" />
      <path d="M8 6.4V9.4M8 11.2V11.8" />
    </>
  ),
  broken: (
    <>
      <path d="M5.4 1.8H10.6L14.2 5.4V10.6L10.6 14.2H5.4L1.8 10.6V5.4Z" className="filled" />
      <path d="M5.8 5.8 10.2 10.2M10.2 5.8 5.8 10.2" className="cut-out" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.25" strokeDasharray="2.6 1.9" />
      <path d="M6.2 6.4C6.2 4 9.9 4.2 9.7 6.4 9.6 7.7 8 7.8 8 9.2M8 11V11.5" />
    </>
  ),
};

export function ToneIcon({ tone }: { readonly tone: Tone }) {
  return (
    <svg className={`icon tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shapes[tone]}
    </svg>
  );
}

/** A word under its tone's icon and colour. */
export function Toned({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={`toned tone-${tone}`}>
      <ToneIcon tone={tone} />
      <span>{children}</span>
    </span>
  );
}

type Health = Schemas['Health']['status'];

const healthTones: Readonly<Record<Health, Tone>> = {
  Healthy: 'calm',
  Suspended: 'attention',
  Progressing: 'moving',
  Missing: 'broken',
  Degraded: 'broken',
  Unknown: 'unknown',
};

export function toneOfHealth(health: Health): Tone {
  return healthTones[health];
}

type Item = Pick<Schemas['ApplicationItem'], 'sync' | 'cause'>;

/** How an object's or an application's sync looks by itself, whatever its health. */
export function toneOfSync({ sync, cause }: Item): Tone {
  if (sync === 'Synced') return 'calm';
  if (sync === 'Unknown') return 'unknown';
  if (cause === 'failed') return 'broken';
  return cause === 'applying' ? 'moving' : 'attention';
}
