import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { AppError } from '../../core/error.ts';
import { sentence } from './sentence.ts';
import { type Tone, ToneIcon } from './tone.tsx';

/** Something that a reader must know before the rest. */
export function Notice({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <div className={`notice tone-${tone}`} role={tone === 'broken' ? 'alert' : 'status'}>
      <ToneIcon tone={tone} />
      <div>{children}</div>
    </div>
  );
}

/** Why something can't be shown: what, where, why, and what to do. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const { message, subject, remedy } = AppError.from(error);
  return (
    <Notice tone="broken">
      <p>
        {subject === undefined ? '' : <span className="name">{subject}: </span>}
        {sentence(message)}
      </p>
      {remedy === undefined ? '' : <p className="quiet">{sentence(remedy)}</p>}
      {retry === undefined ? '' : <RetryButton retry={retry} />}
    </Notice>
  );
}

function RetryButton({ retry }: { readonly retry: () => void }) {
  return (
    <Button size="compact-sm" variant="default" onClick={retry}>
      Try again
    </Button>
  );
}
