import { gzipSync } from 'node:zlib';
import type { TarEntry } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { treeOf } from '../../../hub/charts/archive-tree.ts';
import { type ArchiveLayout, readArchive } from '../../../hub/charts/read-archive.ts';
import { fileEntry, packChart, packEntries } from '../../support/chart-archive.ts';

const limits = { maxBytes: 1_000_000, maxUnpackedBytes: 200_000, maxEntries: 50 };

async function refusalOf(archive: Uint8Array, layout: ArchiveLayout = 'chart'): Promise<string> {
  const error = await readArchive(archive, layout, limits).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  return error?.message ?? 'it was taken';
}

function link(type: 'symlink' | 'link', linkname: string): TarEntry {
  return { header: { name: 'web/templates/x.yaml', size: 0, type, linkname } };
}

describe('the archive of a chart', () => {
  it('is read without its folder, with executables as such', async () => {
    const archive = await packEntries([
      { header: { name: 'web/', size: 0, type: 'directory' } },
      fileEntry('web/Chart.yaml', 'name: web\n'),
      { header: { name: 'web/run.sh', size: 2, type: 'file', mode: 0o755 }, body: 'hi' },
      fileEntry('web/charts/redis/Chart.yaml', 'name: redis\n'),
    ]);
    const { tree, blobs } = treeOf(await readArchive(archive, 'chart', limits));
    expect([...tree].map(([path, { type }]) => `${type} ${path}`).sort()).toEqual([
      'blob Chart.yaml',
      'blob charts/redis/Chart.yaml',
      'executable run.sh',
      'tree ',
      'tree charts',
      'tree charts/redis',
    ]);
    expect(Buffer.from(blobs.get(tree.get('Chart.yaml')?.oid ?? '') ?? []).toString()).toBe('name: web\n');
  });

  it('has equal ids for equal content only', async () => {
    const files = async (greeting: string) =>
      treeOf(
        await readArchive(
          await packChart('web', '1.0.0', { 'Chart.yaml': 'name: web\n', 'a/b/c.txt': greeting }),
          'chart',
          limits,
        ),
      ).tree;
    const [first, same, other] = [await files('hello'), await files('hello'), await files('hullo')];
    expect(same).toEqual(first);
    expect(other.get('Chart.yaml')).toEqual(first.get('Chart.yaml'));
    for (const path of ['', 'a', 'a/b', 'a/b/c.txt']) expect(other.get(path)).not.toEqual(first.get(path));
  });

  it.each([
    ['a path that leads out', [fileEntry('web/../../etc/passwd', 'x')], 'is no path inside it'],
    ['an absolute path', [fileEntry('/etc/passwd', 'x')], 'is no path inside it'],
    ['a path with a backslash', [fileEntry('web\\..\\x', 'x')], 'is no path inside it'],
    ['a symbolic link', [fileEntry('web/Chart.yaml', 'x'), link('symlink', '/etc/passwd')], 'is a link'],
    ['a hard link', [fileEntry('web/Chart.yaml', 'x'), link('link', 'web/Chart.yaml')], 'is a link'],
    [
      'a device',
      [{ header: { name: 'web/null', size: 0, type: 'character-device' } } as TarEntry],
      'is a char',
    ],
    ['two folders', [fileEntry('web/Chart.yaml', 'x'), fileEntry('api/Chart.yaml', 'x')], 'two folders'],
    [
      'a file that is a folder too',
      [fileEntry('web/a', 'x'), fileEntry('web/a/b', 'x')],
      'a file and a folder',
    ],
    ['nothing', [], 'it is empty'],
    [
      'too many entries',
      Array.from({ length: 60 }, (_, index) => fileEntry(`web/${index}`, 'x')),
      'more than 50 entries',
    ],
    ['too much', [fileEntry('web/big', 'x'.repeat(300_000))], 'larger than 200000 bytes'],
  ])('with %s is refused', async (_, entries, message) => {
    expect(await refusalOf(await packEntries(entries))).toContain(message);
  });

  it('that unpacks to a hundred times its size and more is refused without unpacking it', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await refusalOf(bomb)).toContain('larger than 200000 bytes');
  });

  it('that is cut off anywhere is refused', async () => {
    const whole = await packChart('web', '1.0.0');
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      expect(await refusalOf(whole.subarray(0, Math.floor(whole.length * share)))).toContain(
        "can't be unpacked",
      );
    }
    const { gunzipSync } = await import('node:zlib');
    const tar = gunzipSync(whole);
    expect(await refusalOf(gzipSync(tar.subarray(0, 700)))).toMatch(/no whole tar archive/);
  });

  it.each([
    ['a page of a web server', Buffer.from('<html>Not here</html>'.repeat(40))],
    ['a tar whose header is broken', gzipSync(Buffer.alloc(1024, 7))],
  ])('that is %s is refused', async (_, bytes) => {
    expect(await refusalOf(bytes)).toMatch(/no whole tar archive/);
  });

  it('of a packed folder keeps its paths', async () => {
    const archive = await packEntries([fileEntry('./a.yaml', 'x'), fileEntry('b/c.yaml', 'y')]);
    expect([...(await readArchive(archive, 'plain', limits)).keys()]).toEqual(['a.yaml', 'b/c.yaml']);
  });
});
