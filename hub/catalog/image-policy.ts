/**
 * What an image in a manifest must be pinned to, from the loosest to the strictest. `any`: nothing.
 * `immutable-tag`: a tag that isn't known to move, or a digest. `digest`: a digest, the only name of an image that
 * always means the same bytes.
 */
export type ImagePolicy = 'any' | 'immutable-tag' | 'digest';

export const imagePolicies: readonly ImagePolicy[] = ['any', 'immutable-tag', 'digest'];

/** Tags that are pushed again by habit, as globs: the words for the newest, and the names of branches and environments. */
export const defaultMovingTags: readonly string[] = [
  ...[
    'latest',
    '*-latest',
    'stable',
    'edge',
    'nightly',
    'next',
    'canary',
    'snapshot',
    '*-SNAPSHOT',
    'rolling',
  ],
  ...['main', 'master', 'trunk', 'develop', 'development', 'dev', 'head', 'HEAD'],
  ...['test', 'qa', 'staging', 'prod', 'production', 'release'],
];
