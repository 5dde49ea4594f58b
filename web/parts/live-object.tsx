import '@mantine/core/styles/Drawer.css';
import { Drawer, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { stringify } from 'yaml';
import { displayRef, formatRef } from '../../core/object-ref.ts';
import { type TreeNode, useLiveObject, useObjectEvents } from '../api/look.ts';
import { Command } from './command.tsx';
import { LiveLogs } from './live-logs.tsx';
import { Loaded } from './loaded.tsx';
import { Moment } from './moment.tsx';
import { ScrollTable } from './scroll-table.tsx';
import { ScrollText } from './scroll-text.tsx';
import { shellWords } from './shell-words.ts';

interface Props {
  readonly application: string;
  readonly node: TreeNode;
  readonly onClose: () => void;
}

type View = 'yaml' | 'events' | 'logs';

/** One object as it is, what was said of it, and the logs of its pods. */
export function LiveObject({ application, node, onClose }: Props) {
  const [view, setView] = useState<View>('yaml');
  const object = formatRef(node.ref);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      // It would write a style into the page, which the pages' policy forbids.
      lockScroll={false}
      transitionProps={{ duration: 0 }}
      title={<span className="name">{displayRef(node.ref)}</span>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <SegmentedControl
        size="xs"
        aria-label="Show"
        value={view}
        onChange={(value) => setView(value as View)}
        data={[
          { value: 'yaml', label: 'YAML' },
          { value: 'events', label: 'Events' },
          { value: 'logs', label: 'Logs' },
        ]}
      />
      {view === 'yaml' ? <Yaml application={application} object={object} /> : ''}
      {view === 'events' ? <Events application={application} object={object} /> : ''}
      {view === 'logs' ? (
        <LiveLogs application={application} object={object} containers={node.containers ?? []} />
      ) : (
        ''
      )}
    </Drawer>
  );
}

interface ViewProps {
  readonly application: string;
  readonly object: string;
}

function Yaml({ application, object }: ViewProps) {
  return (
    <>
      <Loaded of={useLiveObject(application, object)}>
        {(live) => (
          <>
            <p className="quiet">
              As of <Moment at={live.at} />. {live.notes.join(' ')}
            </p>
            <ScrollText label="YAML">{stringify(live.object, { lineWidth: 0 })}</ScrollText>
          </>
        )}
      </Loaded>
      <Command text={shellWords('fairlead', 'app', 'live', application, object)} />
    </>
  );
}

function Events({ application, object }: ViewProps) {
  return (
    <>
      <Loaded of={useObjectEvents(application, object)}>
        {({ events, more, problems }) => (
          <>
            {problems.map((problem) => (
              <p key={problem}>{problem}</p>
            ))}
            {events.length === 0 ? (
              <p className="quiet">The cluster remembers no events of it, or of what it made.</p>
            ) : (
              <ScrollTable label="Events">
                <thead>
                  <tr>
                    <th scope="col">Last seen</th>
                    <th scope="col">Reason</th>
                    <th scope="col">Object</th>
                    <th scope="col">Message</th>
                  </tr>
                </thead>
                <tbody>
                  {events.toReversed().map((event) => (
                    <tr key={`${formatRef(event.ref)} ${event.reason} ${event.lastAt} ${event.message}`}>
                      <td>{event.lastAt === '' ? '' : <Moment at={event.lastAt} />}</td>
                      <td className="name">
                        {event.type}: {event.reason}
                        {event.count > 1 ? ` ×${event.count}` : ''}
                      </td>
                      <td className="name">{displayRef(event.ref)}</td>
                      <td className="reason">{event.message}</td>
                    </tr>
                  ))}
                </tbody>
              </ScrollTable>
            )}
            {more === 0 ? '' : <p className="quiet">And {more} older ones.</p>}
          </>
        )}
      </Loaded>
      <Command text={shellWords('fairlead', 'app', 'events', application, object)} />
    </>
  );
}
