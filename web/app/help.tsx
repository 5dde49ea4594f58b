import { Kbd, Modal } from '@mantine/core';
import { goKeys } from './use-keys.ts';

/** The keys. */
export function Help({ close }: { readonly close: () => void }) {
  const keys = [
    { keys: ['/'], what: 'Search everything' },
    ...goKeys.map(({ key, name }) => ({ keys: ['g', key], what: `Go to ${name}` })),
    { keys: ['↓', '↑'], what: 'Next and previous row of a list' },
    { keys: ['Enter'], what: 'Open the row' },
    { keys: ['?'], what: 'Show these keys' },
    { keys: ['Esc'], what: 'Close' },
  ];
  return (
    <Modal
      opened
      onClose={close}
      title="Keys"
      lockScroll={false}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <dl className="keys">
        {keys.map(({ keys: each, what }) => (
          <div key={what}>
            <dt>
              {each.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
