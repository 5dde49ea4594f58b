import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';

const compress = promisify(gzip);

/** Files of a small chart by path: one ConfigMap that says the version and the value `greeting`. */
export function chartFiles(name: string, version: string): Readonly<Record<string, string>> {
  return {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
    'values.yaml': 'greeting: hello\n',
    'templates/config.yaml': [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata:',
      '  name: {{ .Release.Name }}-{{ .Chart.Name }}',
      'data:',
      '  version: {{ .Chart.Version | quote }}',
      '  greeting: {{ .Values.greeting | quote }}',
      '',
    ].join('\n'),
  };
}

/** A chart as `helm package` packs it: everything below one folder. */
export function packChart(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = chartFiles(name, version),
): Promise<Buffer> {
  const entries = Object.entries(files).map(([path, body]) => fileEntry(`${name}/${path}`, body));
  return packEntries(entries);
}

export function fileEntry(name: string, body: string): TarEntry {
  return { header: { name, size: Buffer.byteLength(body), type: 'file', mtime: new Date(0) }, body };
}

export async function packEntries(entries: readonly TarEntry[]): Promise<Buffer> {
  return compress(await packTar(entries));
}
