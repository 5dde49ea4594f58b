/** What files look like, whatever layer they lie in. */

/** Files that a tool requires to be otherwise. */
export const EXEMPT_FROM_BANS: readonly string[] = ['vitest.config.ts', 'web/vite.config.ts'];

/** Written by tools, so their shape is nobody's choice. */
export const GENERATED: readonly string[] = ['proto/gen/', 'client/schema.ts'];

export interface LineLimit {
  readonly files: RegExp;
  readonly lines: number;
  readonly why: string;
  readonly instead: string;
}

/** The first that matches counts. */
export const LINE_LIMITS: readonly LineLimit[] = [
  {
    files: /(?:^|\/)main\.tsx?$/,
    lines: 60,
    why: 'a main file reads configuration, builds the context and waits; all else can be tested',
    instead: 'move the work to context.ts or loop.ts',
  },
  {
    files: /\.test\.ts$/,
    lines: 800,
    why: 'a test that nobody reads to its end protects nothing',
    instead: 'split it by behaviour, one file each',
  },
  {
    files: /\.tsx?$/,
    lines: 400,
    why: 'a file has one subject that fits in a head',
    instead:
      'split it by verb or noun, or begin its header comment’s reason with “Longer than 400 lines because”',
  },
];

/** In a file's first comment, lifts the line limit. */
export const LONG_FILE_REASON = /Longer than 400 lines because \S/;

/** Kebab case, with the suffixes that tools know. */
export const FILE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|contract|config|d))*\.tsx?$/;
export const FOLDER_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
