import { imagePolicyAnnotation } from '../../core/tracking.ts';
import { patternList } from './check-pattern.ts';
import { didYouMean } from './did-you-mean.ts';
import { addProblem, choiceField, type Fields } from './fields.ts';
import { type ImagePolicy, imagePolicies } from './image-policy.ts';
import type { Metadata } from './metadata.ts';

/** `imagePolicy` of the Fleet or of an environment. */
export function readImagePolicy(fields: Fields): { readonly imagePolicy?: ImagePolicy } {
  const imagePolicy = choiceField(fields, 'imagePolicy', imagePolicies);
  return imagePolicy === undefined ? {} : { imagePolicy };
}

/** `movingTags` of the Fleet, in place of the built-in list; an empty list says that none moves. */
export function readMovingTags(fields: Fields): { readonly movingTags?: readonly string[] } {
  const movingTags = patternList(fields, 'movingTags');
  return movingTags === undefined ? {} : { movingTags };
}

/** A project's policy is an annotation: `AppProject` is Argo CD's kind, and its API server drops fields of ours. */
export function readProjectImagePolicy(
  document: Fields,
  { annotations }: Metadata,
): { readonly imagePolicy?: ImagePolicy } {
  const text = annotations[imagePolicyAnnotation];
  if (text === undefined) return {};
  const imagePolicy = imagePolicies.find((policy) => policy === text);
  if (imagePolicy !== undefined) return { imagePolicy };
  addProblem(document, `metadata.annotations.${imagePolicyAnnotation}`, {
    code: 'wrong-value',
    message: `The annotation ${imagePolicyAnnotation} can't be ${JSON.stringify(text)}`,
    remedy: didYouMean(text, imagePolicies) ?? `Choose one of ${imagePolicies.join(', ')}`,
  });
  return {};
}
