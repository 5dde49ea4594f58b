import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { Closure } from '../../../hub/render/closure.ts';
import { SourceFiles } from '../../../hub/render/source-files.ts';
import { findChartInputs, openRefClosures } from '../../../hub/render/value-files.ts';
import { renderRequest } from '../../support/render-request.ts';
import { sourceTreeOf } from '../../support/source-tree.ts';

const own = sourceTreeOf({
  'app/Chart.yaml': 'name: web\n',
  'app/values.yaml': '',
  'app/envs/b.yaml': '',
  'app/envs/a.yaml': '',
  'app/envs/eu/prod.yaml': '',
  'app/envs/note.txt': 'hello',
  'shared.yaml': '',
  'app/linked.yaml': { symlink: '../shared.yaml' },
  'app/out.yaml': { symlink: '../../etc/passwd' },
});
const other = sourceTreeOf({ 'web/prod.yaml': '', 'web/test.yaml': '', 'api/prod.yaml': '' });

/** Paths of what is found, and what is wrong. */
async function find(
  valueFiles: readonly string[],
  more: {
    ignoreMissingValueFiles?: boolean;
    fileParameters?: readonly { name: string; path: string }[];
  } = {},
): Promise<{
  files: readonly string[];
  parameters: readonly string[];
  problems: readonly string[];
  read: readonly string[];
}> {
  const files = new SourceFiles(own);
  const refs = new Map([['values', new SourceFiles(other)]]);
  const closure = new Closure(files);
  const refClosures = openRefClosures({ refs });
  const options = { ignoreMissingValueFiles: false, parameters: [], skipCrds: false, ...more, valueFiles };
  const job = { request: renderRequest(own), files, refs, path: 'app' };
  const found = await findChartInputs(job, options, closure, refClosures);
  const tell = ({ ref, path }: { ref?: string; path: string }) =>
    ref === undefined ? path : `$${ref}/${path}`;
  return {
    files: found.valueFiles.map(tell),
    parameters: found.fileParameters.map((each) => `${each.name}=${tell(each)}`),
    problems: found.problems.map(formatProblem),
    read: [...closure.paths(), ...[...refClosures.values()].flatMap((each) => each.paths())],
  };
}

describe('value files of a chart', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['beside the chart', ['values.yaml'], ['app/values.yaml']],
    ['from the root', ['/shared.yaml', '../shared.yaml'], ['shared.yaml', 'shared.yaml']],
    ['behind a link inside', ['linked.yaml'], ['app/linked.yaml']],
    ['of another source, from its root', ['$values/web/prod.yaml'], ['$values/web/prod.yaml']],
    ['of a pattern, by their paths', ['envs/*.yaml'], ['app/envs/a.yaml', 'app/envs/b.yaml']],
    ['of any depth', ['envs/**/*.yaml'], ['app/envs/a.yaml', 'app/envs/b.yaml', 'app/envs/eu/prod.yaml']],
    [
      'of a pattern in another source',
      ['$values/*/prod.yaml'],
      ['$values/api/prod.yaml', '$values/web/prod.yaml'],
    ],
    ['of alternatives', ['envs/{b,c}.yaml', 'envs/[a].yaml'], ['app/envs/b.yaml', 'app/envs/a.yaml']],
    [
      'of two patterns once',
      ['envs/*.yaml', 'envs/**'],
      ['app/envs/a.yaml', 'app/envs/b.yaml', 'app/envs/eu/prod.yaml', 'app/envs/note.txt'],
    ],
    [
      'of a pattern and named themselves where they are named',
      ['envs/*.yaml', 'envs/a.yaml'],
      ['app/envs/b.yaml', 'app/envs/a.yaml'],
    ],
  ])('%s are found', async (_what, written, expected) => {
    expect(await find(written)).toMatchObject({ files: expected, problems: [] });
  });

  it.each<[string, string, string]>([
    ['an address', 'https://example.com/a.yaml', 'is read from no web server'],
    ['a path out of the repository', '../../a.yaml', 'leads out of the repository'],
    ['a link out of the repository', 'out.yaml', 'leads out of the repository'],
    ['a path out of another source', '$values/../a.yaml', 'leads out of the repository'],
    ['an unknown source', '$other/a.yaml', 'there is no source of that ref'],
    ['a folder', 'envs', 'is a folder'],
    ['nothing', 'value.yaml', 'There are app/values.yaml'],
    ['nothing in another source', '$values/web/prd.yaml', 'There are web/prod.yaml'],
    ['a pattern without any file', 'envs/*.json', 'matches nothing'],
    ['a pattern below no folder', 'env/*.yaml', 'matches nothing'],
  ])('with %s are a problem at the field', async (_what, written, text) => {
    const { problems } = await find(['values.yaml', written]);
    expect(problems).toEqual([expect.stringContaining(text)]);
    expect(problems[0]).toContain('spec.source.helm.valueFiles[1]');
  });

  it('may be missing where that is allowed, patterns too; what leads out stays a problem', async () => {
    const ignoreMissingValueFiles = true;
    const found = await find(['gone.yaml', 'envs/*.json', '$values/gone', 'values.yaml'], {
      ignoreMissingValueFiles,
    });
    expect(found).toMatchObject({ files: ['app/values.yaml'], problems: [] });
    expect((await find(['../../a'], { ignoreMissingValueFiles })).problems).toHaveLength(1);
  });
});

describe('file parameters of a chart', () => {
  it('are found as value files are, and nothing else is read', async () => {
    const fileParameters = [
      { name: 'note', path: 'envs/note.txt' },
      { name: 'shared', path: '/shared.yaml' },
      { name: 'other', path: '$values/web/test.yaml' },
    ];
    const found = await find([], { fileParameters });
    expect(found).toMatchObject({
      parameters: ['note=app/envs/note.txt', 'shared=shared.yaml', 'other=$values/web/test.yaml'],
      problems: [],
      read: ['app/envs/note.txt', 'shared.yaml', 'web/test.yaml'],
    });
  });

  it.each(['/etc/passwd', '../../etc/passwd', 'out.yaml', 'gone', '$other/a'])(
    'with %s are a problem',
    async (path) => {
      const { problems } = await find([], {
        fileParameters: [{ name: 'a', path }],
        ignoreMissingValueFiles: true,
      });
      expect(problems).toEqual([expect.stringContaining('spec.source.helm.fileParameters[0].path')]);
    },
  );
});
