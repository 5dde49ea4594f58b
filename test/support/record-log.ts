import type { Log, LogFields } from '../../core/log.ts';

type Level = keyof Log;

/** A log that keeps what it was told, for tests. */
export interface RecordedLog extends Log {
  readonly entries: readonly {
    readonly level: Level;
    readonly fields: LogFields;
    readonly message: string;
  }[];
  messages(level: Level): readonly string[];
}

export function recordLog(): RecordedLog {
  const entries: { level: Level; fields: LogFields; message: string }[] = [];
  const at =
    (level: Level) =>
    (fields: LogFields, message: string): void => {
      entries.push({ level, fields, message });
    };
  return {
    entries,
    messages: (level) => entries.filter((entry) => entry.level === level).map(({ message }) => message),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
