import type { Scalar } from 'yaml';
import { readYamlFile, type TextEdit, type YamlFile } from './yaml-file.ts';

/** YAML in a block of text of another YAML file, such as `spec.source.helm.values: |`. */
export interface NestedYaml {
  readonly file: YamlFile;
  /** The same edit in the outer text. */
  outer(edit: TextEdit): TextEdit;
}

/** Reads a literal block as YAML; `undefined` for any other scalar, whose lines aren't the text's own. */
export function readNestedYaml(outer: YamlFile, scalar: Scalar): NestedYaml | undefined {
  if (scalar.type !== 'BLOCK_LITERAL') return undefined;
  const [start, end] = scalar.range ?? [0, 0];
  const from = outer.text.indexOf('\n', start) + 1;
  if (from === 0 || from > end) return undefined;
  const lines = outer.text.slice(from, end).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const indent = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  );
  if (!Number.isFinite(indent) || lines.some((line) => line.slice(0, indent).trim() !== '')) return undefined;
  const starts: { readonly inner: number; readonly outer: number; readonly cut: number }[] = [];
  let inner = '';
  let at = from;
  for (const line of lines) {
    const cut = Math.min(indent, line.replace('\r', '').length);
    starts.push({ inner: inner.length, outer: at, cut });
    inner += `${line.slice(cut)}\n`;
    at += line.length + 1;
  }
  if (outer.text.charAt(Math.min(at, end) - 1) !== '\n') inner = inner.slice(0, -1);
  const file = readYamlFile(inner);
  if (file === undefined || inner.replaceAll('\r', '').trimEnd() !== String(scalar.value).trimEnd())
    return undefined;
  const prefix = ' '.repeat(indent);
  return {
    file,
    outer(edit) {
      const place = (offset: number) =>
        starts.findLast((line) => line.inner <= offset) ?? { inner: 0, outer: from, cut: 0 };
      const first = place(edit.start);
      const isInsertedLine =
        edit.start === edit.end &&
        (edit.start === first.inner || edit.start === inner.length) &&
        edit.text.endsWith('\n');
      if (isInsertedLine) {
        const isEnd = edit.start === inner.length;
        const point = isEnd ? Math.min(at, end) : first.outer;
        return { start: point, end: point, text: edit.text.replaceAll(/^(?=.)/gmu, prefix) };
      }
      const last = place(edit.end);
      return {
        start: first.outer + first.cut + edit.start - first.inner,
        end: last.outer + last.cut + edit.end - last.inner,
        text: edit.text.replaceAll(/\n(?=.)/gu, `\n${prefix}`),
      };
    },
  };
}
