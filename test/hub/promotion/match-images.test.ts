import { describe, expect, test } from 'vitest';
import type { AppError } from '../../../core/error.ts';
import type { Manifest } from '../../../core/kube-object.ts';
import { commonName, findCounterparts, type Member } from '../../../hub/promotion/common-name.ts';
import { compareRenders } from '../../../hub/promotion/compare-renders.ts';
import { textOf, titleOf } from '../../../hub/promotion/describe.ts';
import { matchImages } from '../../../hub/promotion/match-images.ts';
import { isPlainText } from '../../../hub/promotion/scalar-text.ts';
import { formatImage, isImage, parseImage } from '../../../hub/resolve/image-reference.ts';
import { imagesOf } from '../../../hub/resolve/images-of.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function workload(
  name: string,
  containers: Readonly<Record<string, string>>,
  rest: {
    readonly kind?: string;
    readonly init?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly replicas?: number;
  } = {},
): Manifest {
  const list = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).map(([container, image]) => ({ name: container, image }));
  const pod = {
    containers: list(containers),
    ...(rest.init === undefined ? {} : { initContainers: list(rest.init) }),
  };
  return {
    object: {
      apiVersion: 'apps/v1',
      kind: rest.kind ?? 'Deployment',
      metadata: { name, namespace: 'shop', labels: rest.labels ?? {} },
      spec: { replicas: rest.replicas ?? 1, template: { spec: pod } },
    },
    origin: { file: 'web.yaml' },
  };
}

describe('image references', () => {
  test.each([
    ['nginx', { name: 'nginx' }],
    ['nginx:1.27', { name: 'nginx', tag: '1.27' }],
    ['localhost:5000/app', { name: 'localhost:5000/app' }],
    ['localhost:5000/team/app:v1', { name: 'localhost:5000/team/app', tag: 'v1' }],
    [`ghcr.io/a/b@${digest}`, { name: 'ghcr.io/a/b', digest }],
    [`ghcr.io/a/b:1@${digest}`, { name: 'ghcr.io/a/b', tag: '1', digest }],
  ])('%s is read and written the same', (text, expected) => {
    expect(parseImage(text)).toEqual(expected);
    expect(formatImage(parseImage(text))).toBe(text);
  });

  test('a digest decides, and a tag beside it must not say something else', () => {
    const wanted = parseImage(`a:1@${digest}`);
    expect(isImage(parseImage(`a@${digest}`), wanted)).toBe(true);
    expect(isImage(parseImage(`a:2@${digest}`), wanted)).toBe(false);
    expect(isImage(parseImage('a:1'), wanted)).toBe(false);
    expect(isImage(parseImage(`a:1@${digest}`), parseImage('a:1'))).toBe(false);
  });
});

test('containers are found wherever a list of them stands', () => {
  const cron: Manifest = {
    object: {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'c' },
      spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'x', image: 'a:1' }] } } } } },
    },
    origin: { file: 'c.yaml' },
  };
  const custom: Manifest = {
    object: {
      apiVersion: 'example.com/v1',
      kind: 'Farm',
      metadata: { name: 'f' },
      spec: {
        pools: [
          {
            pod: {
              ephemeralContainers: [{ image: 'b:2' }],
              initContainers: [{ name: 'i', image: 'c:3' }, { name: 'patch' }],
            },
          },
        ],
      },
    },
    origin: { file: 'f.yaml' },
  };
  expect(
    imagesOf([cron, custom]).map(({ list, container, image }) => `${list} ${container} ${image}`),
  ).toEqual([
    'spec.jobTemplate.spec.template.spec.containers x a:1',
    'spec.pools[0].pod.ephemeralContainers [0] b:2',
    'spec.pools[0].pod.initContainers i c:3',
  ]);
});

describe('matching', () => {
  const words = { source: ['staging', 's1'], target: ['prod', 'p1'] };
  const match = (source: readonly Manifest[], target: readonly Manifest[]) =>
    matchImages(
      { images: imagesOf(source), words: words.source },
      { images: imagesOf(target), words: words.target },
    );
  const moves = (source: readonly Manifest[], target: readonly Manifest[]) =>
    match(source, target).changes.map(
      ({ ref, container, before, after }) => `${ref.name}/${container}: ${before} → ${after}`,
    );

  test('by name and container, and only what differs', () => {
    const source = [workload('web', { web: 'r/web:2', log: 'r/log:1' }, { init: { migrate: 'r/web:2' } })];
    const target = [workload('web', { web: 'r/web:1', log: 'r/log:1' }, { init: { migrate: 'r/web:1' } })];
    expect(moves(source, target)).toEqual(['web/web: r/web:1 → r/web:2', 'web/migrate: r/web:1 → r/web:2']);
  });

  test('by names without the words of their environments', () => {
    expect(
      moves(
        [workload('staging-web', { web: 'r/web:2' }), workload('api-staging', { api: 'r/api:2' })],
        [workload('web-prod', { web: 'r/web:1' }), workload('prod-api', { api: 'r/api:1' })],
      ),
    ).toEqual(['web-prod/web: r/web:1 → r/web:2', 'prod-api/api: r/api:1 → r/api:2']);
  });

  test('by image repository where names differ, but never where that is ambiguous', () => {
    expect(moves([workload('blue', { a: 'r/web:2' })], [workload('green', { b: 'r/web:1' })])).toEqual([
      'green/b: r/web:1 → r/web:2',
    ]);
    const two = [workload('x', { a: 'r/web:2' }), workload('y', { b: 'r/web:3' })];
    expect(match(two, [workload('green', { c: 'r/web:1' })])).toMatchObject({ changes: [], matched: 0 });
  });

  test('another kind of object is another thing', () => {
    expect(
      match([workload('web', { web: 'r/web:2' }, { kind: 'Job' })], [workload('web', { web: 'r/web:1' })])
        .matched,
    ).toBe(0);
  });

  test('a registry of the environment stays, another repository moves', () => {
    expect(
      moves(
        [workload('web', { web: 'staging.example/web:2' })],
        [workload('web', { web: 'prod.example:5000/web:1' })],
      ),
    ).toEqual(['web/web: prod.example:5000/web:1 → prod.example:5000/web:2']);
    expect(
      moves(
        [workload('web', { web: 'r.example/staging/web:2' })],
        [workload('web', { web: 'r.example/prod/web:1' })],
      ),
    ).toEqual(['web/web: r.example/prod/web:1 → r.example/prod/web:2']);
    expect(
      moves(
        [workload('web', { web: 'r.example/next/web:2' })],
        [workload('web', { web: 'r.example/old/web:1' })],
      ),
    ).toEqual(['web/web: r.example/old/web:1 → r.example/next/web:2']);
  });

  test('tag and digest move together, and a digest is taken away where the source has none', () => {
    expect(
      moves([workload('web', { web: `r/web:2@${digest}` })], [workload('web', { web: 'r/web:1' })]),
    ).toEqual([`web/web: r/web:1 → r/web:2@${digest}`]);
    expect(
      moves([workload('web', { web: 'r/web:2' })], [workload('web', { web: `r/web:2@${digest}` })]),
    ).toEqual([`web/web: r/web:2@${digest} → r/web:2`]);
    expect(
      moves([workload('web', { web: `r/web:2@${digest}` })], [workload('web', { web: `r/web@${digest}` })]),
    ).toEqual([]);
  });

  test('what only the source has is told', () => {
    expect(
      match(
        [workload('web', { web: 'r/web:1', debug: 'r/debug:1' })],
        [workload('web', { web: 'r/web:1' })],
      ).unmatched.map(({ container }) => container),
    ).toEqual(['debug']);
  });
});

describe('common names', () => {
  const member = (name: string, environment: string, rest: Partial<Member> = {}): Member => ({
    application: `argocd/${name}`,
    name,
    project: 'p',
    cluster: `${environment}-eu`,
    environment,
    ...rest,
  });

  test.each([
    ['web-prod', 'prod', 'web'],
    ['prod-web', 'prod', 'web'],
    ['web-prod-eu', 'prod', 'web'],
    ['web', 'prod', 'web'],
    ['prod', 'prod', 'prod'],
    ['web-product', 'prod', 'web-product'],
    ['web-staging', 'prod', 'web-staging'],
  ])('%s in %s is %s', (name, environment, expected) => {
    expect(commonName(member(name, environment))).toBe(expected);
  });

  test('a label wins', () => expect(commonName(member('web-prod', 'prod', { label: 'shop' }))).toBe('shop'));

  const all = [member('web-staging', 'staging'), member('web-prod', 'prod'), member('api', 'staging')];
  const find = (key: string, members: readonly Member[] = all) =>
    findCounterparts(members, ['staging', 'prod'], { key, from: 'staging', to: 'prod' });

  test.each(['web', 'web-prod', 'argocd/web-staging', 'prod-eu/web-prod'])('%s names both', (key) => {
    const found = find(key);
    expect([found.name, ...found.from.map(({ name }) => name), ...found.to.map(({ name }) => name)]).toEqual([
      'web',
      'web-staging',
      'web-prod',
    ]);
  });

  test('an application that the target lacks is told with what there is', () => {
    expect(() => find('api')).toThrow('api has no application in prod');
    try {
      find('api');
    } catch (error) {
      expect((error as AppError).remedy).toBe(
        'There is argocd/api in staging. One of another name belongs to it by the label fairlead.dev/application: api',
      );
    }
  });

  test('the same name in two projects is not one application', () => {
    const others = [...all, member('web-prod', 'prod', { application: 'team-b/web-prod', project: 'q' })];
    expect(() => find('web', others)).toThrow('3 applications are called so, which are not one');
    expect(find('argocd/web-staging', others).to.map(({ application }) => application)).toEqual([
      'argocd/web-prod',
    ]);
  });
});

describe('comparing renders', () => {
  const change = {
    ...imagesOf([workload('web', { web: 'r/web:1.0' })])[0],
    before: 'r/web:1.0',
    after: 'r/web:1.1',
  };
  const compare = (
    after: readonly Manifest[],
    before = [workload('web', { web: 'r/web:1.0' }, { labels: { version: '1.0' } })],
  ) => compareRenders(before, after, [change as Parameters<typeof compareRenders>[2][number]]);

  test('the wanted image and a version label that follows are all right', () => {
    expect(compare([workload('web', { web: 'r/web:1.1' }, { labels: { version: '1.1' } })])).toEqual({
      wrong: [],
      others: [],
    });
  });

  test('another image, another field, an object more or less are told', () => {
    expect(
      compare([workload('web', { web: 'r/web:1.2' }, { labels: { version: '1.0' } })]).wrong[0]?.found,
    ).toBe('r/web:1.2');
    expect(
      compare([
        workload('web', { web: 'r/web:1.1' }, { labels: { version: '1.0' }, replicas: 3 }),
      ]).others.map(({ text }) => text),
    ).toEqual(['Deployment shop/web: spec.replicas would change']);
    expect(compare([]).others.map(({ text }) => text)).toEqual(['Deployment shop/web would be gone']);
    expect(
      compare([
        workload('web', { web: 'r/web:1.1' }, { labels: { version: '1.0' } }),
        workload('more', {}),
      ]).others.map(({ text }) => text),
    ).toEqual(['Deployment shop/more would be new']);
  });

  test('the image of another container must stay', () => {
    const before = [workload('web', { web: 'r/web:1.0', side: 'r/side:7' })];
    expect(
      compare([workload('web', { web: 'r/web:1.1', side: 'r/side:8' })], before).others.map(
        ({ path }) => path,
      ),
    ).toEqual(['spec.template.spec.containers[1].image']);
  });
});

test.each(['1.5.0', 'v1', 'registry.example:5000/app:1.2', digest, '2026-11-03-rc', 'latest'])(
  '%s needs no quotes',
  (text) => {
    expect(isPlainText(text)).toBe(true);
  },
);

test.each([
  '1.10',
  '08',
  '1e3',
  'true',
  'No',
  'y',
  '~',
  '',
  '0x1F',
  '1_000',
  '12:30',
  '.5',
  '2026-11-03',
  'a: b',
  'a #b',
  '*x',
  '&x',
  '@x',
  '-',
  '1.',
])('%s needs quotes', (text) => {
  expect(isPlainText(text)).toBe(false);
});

test('names and subjects with markup are inert in the text', () => {
  const commit = {
    id: 'f'.repeat(40),
    author: '**Eve** <eve@example.com>',
    committedAt: '2026-11-03T12:00:00.000Z',
    subject: 'fix `x` @everyone #1 <img src=x>\u202e',
  };
  const news = {
    name: 'web',
    from: 'staging',
    to: 'prod',
    applications: ['argocd/web'],
    changes: [],
    pins: [],
    leftOut: [],
    sourceCommits: [commit],
  };
  expect(textOf(news)).toContain("- `ffffffffffff` `fix 'x' @everyone #1 <img src=x> ` by Eve, 2026-11-03");
  expect(titleOf(news)).toBe('web: prod runs what staging runs');
});
