/** Facts beside a message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where an edge says what it does. Messages are constant; what varies stands in the fields. A pino logger is one. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
