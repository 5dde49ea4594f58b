import type { Gate } from '../../core/gate.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { displayRef } from '../../core/object-ref.ts';
import { formatLocation } from '../../core/problem.ts';
import type { EnvironmentSpec, FleetDocument, ProjectDocument } from '../catalog/documents.ts';
import { defaultMovingTags, type ImagePolicy, imagePolicies } from '../catalog/image-policy.ts';
import { parseImage } from './image-reference.ts';
import { type ContainerImage, imagesOf, imageVolumesOf } from './images-of.ts';

/** What holds for the images of one application, and who says so. */
export interface ImageRule {
  readonly policy: Exclude<ImagePolicy, 'any'>;
  /** Globs; of use only where tags count. */
  readonly movingTags: readonly string[];
  /** `environment prod` or `project shop`. */
  readonly owner: string;
}

/**
 * The stricter of environment and project; absent where any image will do. An environment that says nothing has the
 * fleet's policy, and a protected one `digest`. A project can only add to it.
 */
export function imageRuleOf(
  fleet: FleetDocument,
  environment: EnvironmentSpec,
  project: ProjectDocument,
): ImageRule | undefined {
  const byDefault = environment.protected === true ? 'digest' : (fleet.imagePolicy ?? 'any');
  const ofEnvironment = environment.imagePolicy ?? byDefault;
  const ofProject = project.imagePolicy ?? 'any';
  const isProjects = imagePolicies.indexOf(ofProject) > imagePolicies.indexOf(ofEnvironment);
  const policy = isProjects ? ofProject : ofEnvironment;
  if (policy === 'any') return undefined;
  const owner = isProjects ? `project ${project.name}` : `environment ${environment.name}`;
  return { policy, movingTags: fleet.movingTags ?? defaultMovingTags, owner };
}

/** The refusal of what was rendered with an image that isn't pinned as it has to be, or `undefined`. */
export function checkImages(rule: ImageRule | undefined, manifests: readonly Manifest[]): Gate | undefined {
  if (rule === undefined) return undefined;
  const found = manifests.flatMap((manifest) =>
    [...imagesOf([manifest]), ...imageVolumesOf(manifest)].flatMap((image) => {
      const problem = judgeImage(rule, image.image);
      return problem === undefined ? [] : [{ manifest, image, problem }];
    }),
  );
  const [first] = found;
  if (first === undefined) return undefined;
  const others = found.length === 1 ? '' : `, and ${found.length - 1} more like it`;
  const refs = new Map(found.map(({ image: { ref } }) => [displayRef(ref), ref]));
  return {
    kind: 'refusal',
    reason: `${formatLocation(first.manifest.origin)}: ${describe(first.image)} ${first.problem}, and ${rule.owner} wants ${wantedBy[rule.policy]}${others}`,
    location: first.manifest.origin,
    owner: rule.owner,
    objects: [...refs.values()],
    remedy: remedies[rule.policy],
  };
}

/** What is wrong with an image, as the end of a sentence about it; `undefined` where it is pinned well enough. */
export function judgeImage({ policy, movingTags }: ImageRule, image: string): string | undefined {
  const { tag, digest } = parseImage(image);
  if (digest !== undefined) return isDigest(digest) ? undefined : 'has a digest that is none';
  if (policy === 'digest')
    return tag === undefined ? 'names no digest and no tag' : 'names a tag, which can move';
  if (tag === undefined) return 'names no tag, which means latest';
  const pattern = movingTags.find((moving) => matchesGlob(moving, tag, 'name'));
  return pattern === undefined ? undefined : `names the tag ${tag}, which moves`;
}

/** As in the OCI image specification: sha256 with 64 hexadecimal digits, sha512 with 128. */
function isDigest(digest: string): boolean {
  return /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest);
}

function describe({ ref, list, container, image }: ContainerImage): string {
  const field = list.endsWith('volumes') ? 'image.reference' : 'image';
  const at = container.startsWith('[') ? container : `[name=${container}]`;
  return `image ${JSON.stringify(image)} of ${displayRef(ref)} (${list}${at}.${field})`;
}

/** What a policy wants of an image, as the object of a sentence. */
export const wantedBy: Readonly<Record<ImageRule['policy'], string>> = {
  digest: 'a digest',
  'immutable-tag': 'a digest or a tag that stays',
};

const remedies: Readonly<Record<ImageRule['policy'], string>> = {
  digest:
    'Name the image by its digest, such as registry/app:1.2@sha256:…; `fairlead promote` carries digests along',
  'immutable-tag': 'Name a version that is never pushed again, or the digest',
};
