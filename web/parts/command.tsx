import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';

/** A command of the CLI, ready to copy: pages answer, the command acts. */
export function Command({ text }: { readonly text: string }) {
  const { copy, copied } = useClipboard({ timeout: 2000 });
  return (
    <span className="command">
      <code>{text}</code>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={copied ? 'Copied' : `Copy ${text}`}
        title={copied ? 'Copied' : 'Copy'}
        onClick={() => copy(text)}
      >
        <CopyShape copied={copied} />
      </ActionIcon>
      <span className="said-only" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </span>
  );
}

function CopyShape({ copied }: { readonly copied: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {copied ? (
        <path d="M2.5 8.5 6.2 12 13.5 4.5" />
      ) : (
        <path d="M5.5 5.5H13.5V13.5H5.5ZM10.5 5.5V2.5H2.5V10.5H5.5" />
      )}
    </svg>
  );
}
