import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { AppError } from '../../core/error.ts';
import type { HostType } from './git-host.ts';

/** One entry of the file that lists Git hosts, before its token is read. */
export interface HostEntry {
  readonly url: string;
  readonly type: HostType;
  readonly api?: string;
  readonly token?: string;
  /** As written: relative to the list's folder. */
  readonly tokenFile?: string;
  /** Of the entry in the list, from 1. */
  readonly line: number;
}

const types: readonly HostType[] = ['github', 'gitlab', 'gitea'];
const fields = ['url', 'type', 'api', 'token', 'tokenFile'];

/**
 * Reads the list of Git hosts: `- {url, type, api?, token or tokenFile}`. Throws AppError `invalid` naming file and line;
 * the message repeats no value but a type, since any other may be a token in the wrong place.
 */
export function parseHosts(text: string, file: string): readonly HostEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (offset: number | undefined): number => lines.linePos(offset ?? 0).line;
  const [error] = document.errors;
  if (error !== undefined) throw invalid(file, lineOf(error.pos[0]), "the YAML can't be read here");
  if (document.contents === null) return [];
  if (!isSeq(document.contents)) throw invalid(file, 1, 'this is no list');
  return document.contents.items.map((item) => {
    const line = lineOf((item as { range?: readonly number[] }).range?.[0]);
    if (!isMap(item)) throw invalid(file, line, 'this entry is no mapping');
    return parseEntry(item, file, line, lineOf);
  });
}

function parseEntry(
  item: YAMLMap,
  file: string,
  line: number,
  lineOf: (offset: number | undefined) => number,
): HostEntry {
  const values = new Map<string, string>();
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const at = isScalar(key) ? lineOf(key.range?.[0]) : line;
    if (!fields.includes(name))
      throw invalid(file, at, `there is no field of this name; fields are ${fields.join(', ')}`);
    if (!isScalar(value) || typeof value.value !== 'string' || value.value.trim() === '')
      throw invalid(file, at, `${name} must be a text`);
    values.set(name, value.value.trim());
  }
  const url = webAddress(values.get('url'), 'url', file, line);
  if (url === undefined) throw invalid(file, line, 'url is missing');
  const type = types.find((each) => each === values.get('type'));
  if (type === undefined) throw invalid(file, line, `type must be one of ${types.join(', ')}`);
  const api = webAddress(values.get('api'), 'api', file, line);
  const [token, tokenFile] = [values.get('token'), values.get('tokenFile')];
  if (token !== undefined && tokenFile !== undefined)
    throw invalid(file, line, 'token and tokenFile exclude each other');
  if (token !== undefined && !isToken(token)) throw invalid(file, line, 'token holds what no token holds');
  return {
    url,
    type,
    ...(api === undefined ? {} : { api }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    line,
  };
}

/** Whether a text can stand in a header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function webAddress(text: string | undefined, field: string, file: string, line: number): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw invalid(file, line, `${field} must be an http or https address without a user`);
  return url.href;
}

function invalid(file: string, line: number, message: string): AppError {
  return new AppError('invalid', message, {
    subject: `${file}:${line}`,
    remedy: 'Write each host as - {url: https://git.example.com/, type: gitlab, tokenFile: token}',
  });
}
