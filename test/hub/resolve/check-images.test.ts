import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject, Manifest } from '../../../core/kube-object.ts';
import { defaultMovingTags, imagePolicies } from '../../../hub/catalog/image-policy.ts';
import { checkImages, type ImageRule, judgeImage } from '../../../hub/resolve/check-images.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { applicationText, catalogOf, fleetText, goodTexts, projectText } from '../catalog/catalog-texts.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const byDigest: ImageRule = {
  policy: 'digest',
  movingTags: defaultMovingTags,
  owner: 'environment prod',
};
const byTag: ImageRule = { ...byDigest, policy: 'immutable-tag' };

function manifest(kind: string, spec: object): Manifest {
  const object = { apiVersion: 'apps/v1', kind, metadata: { name: 'web', namespace: 'shop' }, spec };
  return { object: object as unknown as KubeObject, origin: { file: 'apps/web.yaml', line: 3 } };
}

function pod(image: string) {
  return { template: { spec: { containers: [{ name: 'app', image }] } } };
}

describe('an image', () => {
  it.each([
    [`app@${digest}`, true, true],
    [`registry.example:5000/team/app:1.2@${digest}`, true, true],
    [`app:latest@${digest}`, true, true],
    [`app@sha512:${'0a'.repeat(64)}`, true, true],
    ['app@sha256:123', false, false],
    [`app@sha256:${'0A'.repeat(32)}`, false, false],
    [`app@md5:${'0a'.repeat(32)}`, false, false],
    ['app:1.2.3', false, true],
    ['registry.example:5000/team/app:v1', false, true],
    ['registry.example:5000/team/app', false, false],
    ['app', false, false],
    ['app:latest', false, false],
    ['app:alpine-latest', false, false],
    ['app:main', false, false],
    ['app:1.0-SNAPSHOT', false, false],
    ['app:prod', false, false],
    ['app:main-4f2a9c1', false, true],
  ])('%s is pinned by digest: %s, to what stays: %s', (image, digestFits, tagFits) => {
    expect(judgeImage(byDigest, image) === undefined).toBe(digestFits);
    expect(judgeImage(byTag, image) === undefined).toBe(tagFits);
  });

  it('is judged by the fleet’s own list of tags that move, and by none where it is empty', () => {
    const own = { ...byTag, movingTags: ['v?', 'feature-*'] };
    expect(judgeImage(own, 'app:v1')).toBe('names the tag v1, which moves');
    expect(judgeImage(own, 'app:feature-x')).toBeDefined();
    expect(judgeImage(own, 'app:latest')).toBeUndefined();
    expect(judgeImage({ ...byTag, movingTags: [] }, 'app:latest')).toBeUndefined();
    expect(judgeImage({ ...byTag, movingTags: [] }, 'app')).toBe('names no tag, which means latest');
  });

  it('that a stricter policy takes is taken by the looser one', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const image = fc.tuple(part, fc.option(part), fc.constantFrom('', `@${digest}`, '@sha256:1'));
    fc.assert(
      fc.property(image, ([name, tag, at]) => {
        const text = `${name}${tag === null ? '' : `:${tag}`}${at}`;
        if (judgeImage(byDigest, text) === undefined) expect(judgeImage(byTag, text)).toBeUndefined();
      }),
    );
  });
});

describe('the gate', () => {
  it('names file, object, field and image, who wants what, and how to mend it', () => {
    const found = checkImages(byDigest, [
      manifest('ConfigMap', {}),
      manifest('Deployment', pod('app:1')),
      manifest('StatefulSet', pod('app')),
      manifest('DaemonSet', pod(`app@${digest}`)),
    ]);
    expect(found).toEqual({
      kind: 'refusal',
      reason:
        'apps/web.yaml:3: image "app:1" of Deployment shop/web (spec.template.spec.containers[name=app].image) ' +
        'names a tag, which can move, and environment prod wants a digest, and 1 more like it',
      location: { file: 'apps/web.yaml', line: 3 },
      owner: 'environment prod',
      objects: [
        { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
        { group: 'apps', kind: 'StatefulSet', namespace: 'shop', name: 'web' },
      ],
      remedy: expect.stringContaining('by its digest'),
    });
  });

  it.each([
    ['a pod', 'Pod', { containers: [{ name: 'a', image: 'app' }] }, 'spec.containers[name=a].image'],
    [
      'an init container',
      'Deployment',
      { template: { spec: { initContainers: [{ name: 'a', image: 'app' }] } } },
      'spec.template.spec.initContainers[name=a].image',
    ],
    [
      'an ephemeral container',
      'Pod',
      { ephemeralContainers: [{ name: 'a', image: 'app' }] },
      'spec.ephemeralContainers[name=a].image',
    ],
    [
      'a cron job',
      'CronJob',
      { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'a', image: 'app' }] } } } } },
      'spec.jobTemplate.spec.template.spec.containers[name=a].image',
    ],
    [
      'a custom kind that holds a pod, somewhere in a list',
      'Workflow',
      { steps: [{ pod: { containers: [{ image: 'app' }] } }] },
      'spec.steps[0].pod.containers[0].image',
    ],
    [
      'a volume',
      'Pod',
      { volumes: [{ name: 'v' }, { name: 'data', image: { reference: 'app' } }] },
      'spec.volumes[name=data].image.reference',
    ],
  ])('sees the image of %s', (_what, kind, spec, field) => {
    expect(checkImages(byTag, [manifest(kind, spec)])?.reason).toContain(`(${field})`);
    expect(checkImages(undefined, [manifest(kind, spec)])).toBeUndefined();
  });
});

describe('what holds for an application', () => {
  function ruleOf(fleet: string, project = '', cluster = 'prod') {
    const [assignment] = resolve(
      catalogOf({
        ...goodTexts,
        'fleet/fleet.yaml': fleet,
        'fleet/projects/platform.yaml': project === '' ? projectText('platform') : project,
        'applications/payments-dev.yaml': applicationText('payments-dev', cluster),
      }),
    ).assignments;
    if (assignment === undefined) throw new Error('not assigned');
    return assignment.imageRule;
  }
  const protectedFleet = fleetText.replace('name: prod,', 'name: prod, protected: true,');
  const strictProject = projectText('platform').replace(
    'metadata: {name: platform}',
    'metadata: {name: platform, annotations: {fairlead.dev/image-policy: digest}}',
  );

  it('is nothing where nobody says anything', () => {
    expect(ruleOf(fleetText)).toBeUndefined();
  });

  it('is a digest in a protected environment, unless the environment says something else', () => {
    expect(ruleOf(protectedFleet)).toEqual(byDigest);
    expect(ruleOf(protectedFleet, '', 'dev')).toBeUndefined();
    const loose = protectedFleet.replace('protected: true,', 'protected: true, imagePolicy: any,');
    expect(ruleOf(loose)).toBeUndefined();
  });

  it('is the fleet’s policy where the environment has none', () => {
    const fleet = fleetText.replace('spec:', 'spec:\n  imagePolicy: immutable-tag\n  movingTags: [x]');
    expect(ruleOf(fleet)).toEqual({
      policy: 'immutable-tag',
      movingTags: ['x'],
      owner: 'environment prod',
    });
  });

  it('is the project’s policy where that is stricter, never where it is looser', () => {
    expect(ruleOf(fleetText, strictProject)).toMatchObject({ policy: 'digest', owner: 'project platform' });
    const loose = strictProject.replace('image-policy: digest', 'image-policy: any');
    expect(ruleOf(protectedFleet, loose)).toEqual(byDigest);
  });

  it('never gets looser by what a project says', () => {
    const policy = fc.constantFrom(...imagePolicies);
    fc.assert(
      fc.property(policy, policy, fc.boolean(), (ofFleet, ofProject, isProtected) => {
        const fleet = (isProtected ? protectedFleet : fleetText).replace(
          'spec:',
          `spec:\n  imagePolicy: ${ofFleet}`,
        );
        const project = strictProject.replace('image-policy: digest', `image-policy: ${ofProject}`);
        const level = (rule: ImageRule | undefined) => imagePolicies.indexOf(rule?.policy ?? 'any');
        expect(level(ruleOf(fleet, project))).toBeGreaterThanOrEqual(level(ruleOf(fleet)));
      }),
    );
  });
});
