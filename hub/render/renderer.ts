import type { Location, Problem } from '../../core/problem.ts';
import { sizeText } from '../../core/size-limits.ts';
import type { RenderRequest, RenderResult } from '../ports.ts';
import type { Closure } from './closure.ts';
import type { ToolResult, ToolRun } from './run-tool.ts';
import type { SourceFiles } from './source-files.ts';

/** One program that renders. */
export interface Tool {
  readonly command: string;
  /** Part of every key: another version may render otherwise. */
  readonly version: string;
}

/** What a renderer works with, for one request. */
export interface RenderJob {
  readonly request: RenderRequest;
  readonly files: SourceFiles;
  /** Other sources, by the names that value files give them. */
  readonly refs: ReadonlyMap<string, SourceFiles>;
  /** The application's folder, links followed. */
  readonly path: string;
}

/** A way to run a tool on a closure written to a folder of its own, within the limits. */
export type RunInSandbox = (
  closure: Closure,
  use: (
    folders: SandboxFolders,
    run: (tool: Tool, args: readonly string[], cwd: string) => Promise<ToolResult>,
  ) => Promise<RenderResult>,
  signal: AbortSignal | undefined,
) => Promise<RenderResult>;

export interface SandboxFolders {
  /** The repository's root, holding only the closure. */
  readonly source: string;
  /** HOME of the tool, for files that belong to no repository. */
  readonly home: string;
}

/** All that a render's result depends on, and the way to it. */
export type Preparation =
  | {
      readonly type: 'ready';
      readonly inputs: readonly string[];
      readonly closure: Closure;
      render(signal?: AbortSignal): Promise<RenderResult>;
    }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

export function failed(...problems: readonly Problem[]): {
  readonly type: 'problems';
  readonly problems: readonly Problem[];
} {
  return { type: 'problems', problems };
}

export type RenderLimits = Pick<ToolRun, 'timeoutMs' | 'maxOutputBytes' | 'maxMemoryBytes'>;

/** What a tool's end other than success means. `explain` reads its error output. */
export async function toolProblem(
  name: string,
  result: Exclude<ToolResult, { type: 'done' }>,
  limits: RenderLimits,
  location: Location,
  explain: (stderr: string) => Problem | Promise<Problem>,
): Promise<Problem> {
  switch (result.type) {
    case 'failed':
      return explain(result.stderr);
    case 'missing':
      return missingTool(name, location, result.reason);
    case 'timeout':
      return {
        code: 'render-timeout',
        message: `${name} did not end within ${limits.timeoutMs / 1000} s`,
        location,
        remedy: 'Make what it renders smaller, or allow more time',
      };
    case 'too-large':
      return {
        code: 'render-too-large',
        message: `${name} wrote more than ${limits.maxOutputBytes} bytes`,
        location,
        remedy: 'Split the application, or allow more output',
      };
    case 'memory':
      return {
        code: 'render-memory',
        message: `${name} used more than ${sizeText(limits.maxMemoryBytes)} of memory`,
        location,
        remedy: 'Make what it renders smaller, or allow more memory',
      };
    case 'cancelled':
      return {
        code: 'render-cancelled',
        message: `${name} was ended early`,
        location,
        remedy: 'It is rendered again at the next pass',
      };
  }
}

export function missingTool(name: string, location: Location, reason: string): Problem {
  return {
    code: 'missing-tool',
    message: `${name} is needed to render this and can't be started: ${reason}`,
    location,
    remedy: `Install ${name} where the hub runs, or get it with \`make clusters\``,
  };
}
