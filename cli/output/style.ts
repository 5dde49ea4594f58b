import { styleText } from 'node:util';

export type Tone = 'calm' | 'moving' | 'attention' | 'broken' | 'unknown';

/** How text may look where it goes. */
export interface Style {
  readonly colour: boolean;
  /** Columns that fit; infinite in a pipe, where nothing is wrapped. */
  readonly width: number;
}

/** Of a stream: colours only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function styleOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const terminal = stream.isTTY === true;
  const plain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return { colour: terminal && !plain, width: terminal ? (stream.columns ?? 80) : Number.POSITIVE_INFINITY };
}

type Format = 'bold' | 'dim' | 'green' | 'cyan' | 'yellow' | 'red' | 'magenta';

export function paint(style: Style, format: Format, text: string): string {
  return style.colour ? styleText(format, text, { validateStream: false }) : text;
}

const looks = {
  calm: ['green', '✓'],
  moving: ['cyan', '↻'],
  attention: ['yellow', '!'],
  broken: ['red', '✗'],
  unknown: ['magenta', '?'],
} as const;

/** Text with its tone's icon: colour never says anything alone. */
export function toned(style: Style, tone: Tone, text: string): string {
  const [format, icon] = looks[tone];
  return paint(style, format, `${icon} ${text}`);
}

export function heading(style: Style, text: string): string {
  return paint(style, 'bold', text);
}
