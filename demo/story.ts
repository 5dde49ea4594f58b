import type { Step } from './step.ts';
import { applicationsLive } from './steps/applications-live.ts';
import { driftHealed } from './steps/drift-healed.ts';
import { driftLeft } from './steps/drift-left.ts';
import { enrol } from './steps/enrol.ts';
import { imageCommit } from './steps/image-commit.ts';
import { refusal } from './steps/refusal.ts';
import { revert } from './steps/revert.ts';

/** The demo's steps. Each builds on those before it. */
export const steps: readonly Step[] = [
  { title: 'Three agents enrol and connect', run: enrol },
  { title: 'Plain YAML, Kustomize and Helm become live on three clusters', run: applicationsLive },
  { title: 'A commit that changes an image reaches staging', run: imageCommit },
  { title: 'A manual edit in staging is reported and healed', run: driftHealed },
  { title: 'The same edit in prod is reported and left alone until the next sync', run: driftLeft },
  { title: 'An application outside its project is refused', run: refusal },
  { title: 'git revert rolls everything back', run: revert },
];
