import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/error.ts';
import { foldFiles } from '../../../hub/catalog/fold-files.ts';
import { applicationText, foldTexts, goodTexts } from './catalog-texts.ts';

const path = 'applications/payments-dev.yaml';

function names(files: ReturnType<typeof foldTexts>): readonly string[] {
  return files.flatMap(({ documents }) => documents.map(({ name }) => name));
}

describe('foldFiles', () => {
  it("a file that can't be read any more keeps its last good documents, and says why", () => {
    const good = foldTexts({ [path]: applicationText('payments-dev') });
    const broken = foldTexts({ [path]: 'apiVersion: argoproj.io/v1alpha1\nkind: [\n' }, good);
    expect(broken[0]).toMatchObject({ stale: true, problems: [{ code: 'yaml-syntax' }] });
    expect(names(broken)).toEqual(['payments-dev']);
    const stillBroken = foldTexts({ [path]: 'kind: {\n' }, broken);
    expect(stillBroken[0]?.stale).toBe(true);
    expect(names(stillBroken)).toEqual(['payments-dev']);
    const mended = foldTexts({ [path]: applicationText('payments-new') }, stillBroken);
    expect(mended[0]).toMatchObject({ stale: false, problems: [] });
    expect(names(mended)).toEqual(['payments-new']);
  });

  it('is all or nothing: one bad document holds the others of its file', () => {
    const good = foldTexts({ [path]: applicationText('one') });
    const more = `${applicationText('two')}---\n${applicationText('three', 'dev', '  typo: 1\n')}`;
    const files = foldTexts({ [path]: more }, good);
    expect(names(files)).toEqual(['one']);
  });

  it("a new file that can't be read has no documents", () => {
    const [file] = foldTexts({ [path]: 'apiVersion: argoproj.io/v1alpha1\nkind: [\n' });
    expect(file).toMatchObject({ documents: [], stale: false });
    expect(file?.problems).toHaveLength(1);
  });

  it('a file that is too large to be read keeps what it held', () => {
    const good = foldTexts({ [path]: applicationText('payments-dev') });
    const [file] = foldFiles(good, [{ path, oid: 'other', isTooLarge: true }]);
    expect(file).toMatchObject({ stale: true, problems: [{ code: 'too-large', location: { file: path } }] });
    expect(file?.documents).toEqual(good[0]?.documents);
  });

  it('a file that is gone takes its documents with it', () => {
    expect(foldTexts({}, foldTexts(goodTexts))).toEqual([]);
  });

  it("a slip that hides the group isn't a removal", () => {
    const good = foldTexts({ [path]: applicationText('payments-dev') });
    for (const slip of [
      applicationText('payments-dev').replace('argoproj.io/', 'argoproj.oi/'),
      applicationText('payments-dev').replace('argoproj.io/v1alpha1', 'v1alpha1\nx: ['),
    ]) {
      expect(names(foldTexts({ [path]: slip }, good))).toEqual(['payments-dev']);
    }
  });

  it("a slip that hides one document of several isn't a removal", () => {
    const both = (second: string) => `${applicationText('one')}---\n${second}`;
    const good = foldTexts({ [path]: both(applicationText('two')) });
    expect(names(good)).toEqual(['one', 'two']);
    const two = applicationText('two');
    for (const slip of [
      two.replace('kind: Application', 'kind: Aplication'),
      two.replace('kind: Application', 'kind: Applications'),
      two.replace(/^apiVersion: .*\nkind: .*\n/, ''),
      two.replaceAll(/^/gm, '- ').replaceAll(/^- .*$/gm, '- lost'),
      'apiVersion argoproj.io/v1alpha1',
    ]) {
      const [file] = foldTexts({ [path]: both(slip) }, good);
      expect(file, slip).toMatchObject({ stale: true, documents: [{ name: 'one' }, { name: 'two' }] });
      expect(file?.problems[0]?.location?.line, slip).toBeGreaterThan(3);
    }
    const removed = foldTexts({ [path]: both('# two is gone\n') }, good);
    expect(names(removed)).toEqual(['one']);
  });

  it("an object beside an Application is none of the catalog's business", () => {
    const text = `${applicationText('one')}---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\n`;
    expect(foldTexts({ [path]: text })[0]).toMatchObject({ problems: [], documents: [{ name: 'one' }] });
  });

  it('an emptied file keeps its documents, and says that only its removal is a removal', () => {
    const good = foldTexts({ [path]: applicationText('payments-dev') });
    for (const text of ['', '# moved\n', 'words\n', '- a: list\n', 'some: mapping\n']) {
      const [file] = foldTexts({ [path]: text }, good);
      expect(file).toMatchObject({
        stale: true,
        documents: [{ name: 'payments-dev' }],
        problems: [
          {
            code: 'emptied-file',
            message: expect.stringContaining('Application payments-dev'),
            location: { file: path, line: 1 },
            remedy: expect.stringContaining('Delete the file'),
          },
        ],
      });
    }
  });

  it('a document that lost its apiVersion or kind is a problem, not a removal', () => {
    const two = `${applicationText('one')}---\n${applicationText('two')}`;
    const good = foldTexts({ [path]: two });
    for (const line of ['apiVersion: argoproj.io/v1alpha1\n', 'kind: Application\n']) {
      const [file] = foldTexts({ [path]: two.replace(line, '') }, good);
      expect(file).toMatchObject({ stale: true, problems: [{ code: 'missing-field' }] });
      expect(file?.documents.map(({ name }) => name)).toEqual(['one', 'two']);
    }
  });

  it("files of others aren't ours, whatever they hold", () => {
    const texts = {
      'apps/web/deployment.yaml': 'kind: {{ broken\n',
      'apps/web/rollout.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {any: thing}\n',
      'apps/web/sig-apps.yaml':
        '# argoproj.io/\napiVersion: app.k8s.io/v1beta1\nkind: Application\nmetadata: {name: x}\n',
    };
    for (const file of foldTexts(texts)) expect(file).toMatchObject({ documents: [], problems: [] });
  });

  it('gives an unchanged file back as it is, without its text', () => {
    const before = foldTexts(goodTexts);
    const after = foldFiles(
      before,
      before.map((file) => ({ path: file.path, oid: file.oid })),
    );
    expect(after).toHaveLength(before.length);
    after.forEach((file, index) => {
      expect(file).toBe(before[index]);
    });
    expect(() => foldFiles(before, [{ path, oid: 'another' }])).toThrow(AppError);
  });

  it("doesn't depend on the order of the files", () => {
    const expected = foldTexts(goodTexts);
    const shuffled = fc.shuffledSubarray(Object.entries(goodTexts), {
      minLength: Object.keys(goodTexts).length,
    });
    fc.assert(
      fc.property(shuffled, (entries) => {
        expect(foldTexts(Object.fromEntries(entries))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
