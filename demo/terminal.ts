import { stripVTControlCharacters } from 'node:util';
import { heading, paint, type Style, styleOf } from '../cli/output/style.ts';
import { formatTable } from '../cli/output/table.ts';
import { seconds } from './wait-for.ts';

/** One step while it runs. */
export interface Running {
  /** Shows what is being waited for: in place on a terminal, now and then in a pipe. */
  update(text: string): void;
  done(lines: readonly string[]): number;
  failed(): void;
}

export interface Terminal {
  readonly style: Style;
  line(text?: string): void;
  begin(title: string): Running;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
}

const redrawEveryMs = 200;
const tellEveryMs = 15_000;

/** Progress on a terminal in place, in a pipe as plain lines; NO_COLOR is honoured. */
export function openTerminal(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Terminal {
  const style = styleOf(stream, environment);
  const isLive = stream.isTTY === true;
  const line = (text = ''): void => {
    stream.write(`${text}\n`);
  };
  let endCurrent = (): unknown => undefined;
  function begin(title: string): Running {
    // What is interrupted has nothing more to say.
    endCurrent();
    const start = performance.now();
    let seen = '';
    const draw = (): void => {
      const text = `… ${title}  ${seconds(performance.now() - start)}  ${seen}`;
      stream.write(`\r\x1b[2K${clip(text, style.width - 1)}`);
    };
    if (!isLive) line(`… ${title}`);
    const tell = (): void => line(`  ${seconds(performance.now() - start)}  ${seen}`);
    const timer = isLive ? setInterval(draw, redrawEveryMs) : setInterval(tell, tellEveryMs);
    let isOver = false;
    const end = (): void => {
      if (!isOver && isLive) stream.write('\r\x1b[2K');
      clearInterval(timer);
      isOver = true;
    };
    endCurrent = end;
    const report = (mark: string, ms: number, lines: readonly string[]): void => {
      if (isOver) return;
      end();
      line(`${mark} ${heading(style, title)}  ${paint(style, 'dim', seconds(ms))}`);
      for (const each of lines) line(`    ${each}`);
    };
    return {
      update(text) {
        seen = text;
      },
      done(lines) {
        const ms = performance.now() - start;
        report(paint(style, 'green', '✓'), ms, lines);
        return ms;
      },
      failed: () => report(paint(style, 'red', '✗'), performance.now() - start, []),
    };
  }
  return { style, line, begin, table: (head, rows) => line(formatTable(head, rows, style)) };
}

function clip(text: string, width: number): string {
  const plain = stripVTControlCharacters(text).replaceAll(/\s+/g, ' ');
  return plain.length > width ? `${plain.slice(0, Math.max(0, width - 1))}…` : plain;
}
