import type { ControlPort } from '../../hub/ports.ts';

/** What a rollback of a seeded application would write: a patch that a person can judge. */
export const seededRevert: Pick<ControlPort, 'rollback'> = {
  rollback: async (application, { to }) => ({
    state: 'preview',
    applications: [application],
    repoURL: 'https://git.example/acme/apps.git',
    base: 'main',
    branch: `fairlead/rollback-${application.split('/')[1]}-${(to ?? '').slice(0, 7)}`,
    title: `${application.split('/')[1]}: back to ${(to ?? '').slice(0, 7)}`,
    text: '',
    changes: [
      {
        ref: { group: 'apps', kind: 'Deployment', namespace: 'checkout', name: 'web' },
        field: 'spec.template.spec.containers[name=web].image',
        before: 'registry.example/checkout:1.2.0',
        after: 'registry.example/checkout:1.1.0',
      },
    ],
    files: [
      {
        path: 'apps/checkout/overlays/prod/kustomization.yaml',
        patch: [
          '--- a/apps/checkout/overlays/prod/kustomization.yaml',
          '+++ b/apps/checkout/overlays/prod/kustomization.yaml',
          '@@ -4,5 +4,5 @@',
          ' images:',
          '   - name: registry.example/checkout',
          '-    newTag: 1.2.0',
          '+    newTag: 1.1.0',
          ' replicas:',
          '   - name: web',
          '',
        ].join('\n'),
      },
    ],
    sourceCommits: [],
  }),
};
