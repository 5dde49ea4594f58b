import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions, Tags } from 'yaml';

/** Tags of YAML 1.1 that sigs.k8s.io/yaml, and so every Kubernetes tool, reads as plain strings. */
const unusedTags = /:(timestamp|binary|omap|pairs|set)$/;

function kubernetesTags(tags: Tags): Tags {
  return tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag];
    if (unusedTags.test(tag.tag) || ('format' in tag && tag.format === 'TIME')) return [];
    // The library reads a lone dot, a common path, as a number that is none.
    const { test } = tag as ScalarTag;
    if (test?.test('.') !== true) return [tag];
    return [{ ...(tag as ScalarTag), test: new RegExp(`^(?=.*[0-9])(?:${test.source})`) }];
  });
}

/**
 * How Kubernetes reads YAML, as far as the library goes: YAML 1.1 booleans and octals, merge keys, no key twice, dates
 * and times as strings, integers of any size (as `bigint`).
 */
export const kubernetesYaml: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  merge: true,
  uniqueKeys: true,
  intAsBigInt: true,
  customTags: kubernetesTags,
};
