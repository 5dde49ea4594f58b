import type { Step } from './step.ts';
import { applicationsLive } from './steps/applications-live.ts';
import { badVersion } from './steps/bad-version.ts';
import { driftHealed } from './steps/drift-healed.ts';
import { driftLeft } from './steps/drift-left.ts';
import { enrol } from './steps/enrol.ts';
import { imageCommit } from './steps/image-commit.ts';
import { promoteToProd, promoteToStaging } from './steps/promotion.ts';
import { refusal } from './steps/refusal.ts';
import { revert } from './steps/revert.ts';
import { rollback } from './steps/rollback.ts';

/** The demo's steps. Each builds on those before it. */
export const steps: readonly Step[] = [
  { title: 'Three agents enrol and connect', run: enrol },
  { title: 'Plain YAML, Kustomize and Helm become live on three clusters', run: applicationsLive },
  { title: 'A commit that changes an image reaches staging', run: imageCommit },
  { title: 'A manual edit in staging is reported and healed', run: driftHealed },
  { title: 'The same edit in prod is reported and left alone until the next sync', run: driftLeft },
  { title: 'An application outside its project is refused', run: refusal },
  { title: 'git revert rolls everything back', run: revert },
  { title: 'A new version in dev is promoted to staging', run: promoteToStaging },
  { title: 'What runs in staging is promoted to prod', run: promoteToProd },
  { title: 'A bad version in prod raises an alert', run: badVersion },
  { title: 'One command and a merge roll prod back, and the alert resolves', run: rollback },
];
