import { NativeSelect, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { LogQuery } from '../api/read-logs.ts';
import { Command } from './command.tsx';
import { Failure } from './notice.tsx';
import { ScrollText } from './scroll-text.tsx';
import { shellWords } from './shell-words.ts';
import { useLogs } from './use-logs.ts';

/** Lines of each container to begin with. */
const tailLines = 200;

interface Props {
  readonly application: string;
  readonly object: string;
  /** Of a pod; none where it isn't one. */
  readonly containers: readonly string[];
}

type Mode = LogQuery['mode'];

/** Logs of a pod, or of what an object made; read while they are shown. */
export function LiveLogs({ application, object, containers }: Props) {
  const [mode, setMode] = useState<Mode>('now');
  const [container, setContainer] = useState(containers[0]);
  const query = { object, mode, tailLines, ...(container === undefined ? {} : { container }) };
  const { lines, state, error } = useLogs(application, query);
  return (
    <>
      <div className="section-actions">
        <SegmentedControl
          size="xs"
          aria-label="Of the log"
          value={mode}
          onChange={(value) => setMode(value as Mode)}
          data={[
            { value: 'now', label: 'Newest' },
            { value: 'follow', label: 'Follow' },
            { value: 'previous', label: 'Before the restart' },
          ]}
        />
        {containers.length < 2 ? (
          ''
        ) : (
          <NativeSelect
            size="xs"
            aria-label="Container"
            value={container}
            onChange={({ currentTarget }) => setContainer(currentTarget.value)}
            data={[...containers]}
          />
        )}
      </div>
      <ScrollText label="Log">
        {lines.map(({ number, text, kind }) => (
          <span key={number} className={kind === 'note' ? 'quiet' : undefined}>
            {text}
            {'\n'}
          </span>
        ))}
      </ScrollText>
      <div role="status">
        {error === undefined ? (
          <p className="quiet">{ending(state, lines.length)}</p>
        ) : (
          <Failure error={error} />
        )}
      </div>
      <Command text={shellWords('fairlead', 'app', 'logs', application, object, ...flags(mode, container))} />
    </>
  );
}

function ending(state: 'reading' | 'over', lines: number): string {
  if (state === 'reading') return lines === 0 ? 'Waiting for lines…' : 'Reading…';
  return lines === 0 ? 'The log is empty.' : 'That is all there is now.';
}

function flags(mode: Mode, container: string | undefined): readonly string[] {
  return [
    ...(container === undefined ? [] : ['-c', container]),
    ...(mode === 'now' ? [] : [mode === 'follow' ? '--follow' : '--previous']),
  ];
}
