import Type from 'typebox';
import { CommitSchema, ObjectRefSchema } from './common.ts';
import { ref, words } from './schema.ts';

export const AuthorSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^<>\\u0000-\\u001f]+$' }),
    email: Type.String({ minLength: 1, maxLength: 254, pattern: '^[^<>\\s\\u0000-\\u001f]+$' }),
  },
  { $id: 'Author', description: 'Who asks, as Git names a person.', additionalProperties: false },
);

export const FieldChangeSchema = Type.Object(
  {
    ref: Type.Optional(ref(ObjectRefSchema)),
    field: Type.String({ description: 'Such as `spec.template.spec.containers[name=web].image`.' }),
    before: Type.String({ description: 'Empty where there was none.' }),
    after: Type.String({ description: 'Empty where there is none any more.' }),
  },
  { $id: 'FieldChange', description: 'One value that a proposal changes.' },
);

export const FilePatchSchema = Type.Object(
  {
    path: Type.String({ description: "Relative to the repository's root." }),
    patch: Type.String({
      description: 'A unified diff, or one line that says why the content is not shown: binary, or a Secret.',
    }),
  },
  { $id: 'FilePatch', description: 'What one file becomes.' },
);

export const ProposalSchema = Type.Object(
  {
    state: words(['preview', 'written', 'exists', 'unchanged'], {
      description:
        '`preview`: nothing was written. `written`: the branch was pushed. `exists`: it was there already. `unchanged`: the base has all of it already.',
    }),
    applications: Type.Array(Type.String(), { description: 'Keys of those that it means to change.' }),
    repoURL: Type.String(),
    base: Type.String({ description: 'The branch that it asks to be merged into.' }),
    branch: Type.String(),
    commit: Type.Optional(Type.String({ description: 'On the branch, once it is written.' })),
    title: Type.String({ description: "Also the commit's subject." }),
    text: Type.String({ description: 'Markdown.' }),
    changes: Type.Array(ref(FieldChangeSchema)),
    files: Type.Array(ref(FilePatchSchema)),
    sourceCommits: Type.Array(ref(CommitSchema), { description: 'What it brings, or takes back.' }),
    pullRequest: Type.Optional(
      Type.Object({
        url: Type.String(),
        number: Type.Integer(),
        state: words(['opened', 'exists']),
      }),
    ),
    compareURL: Type.Optional(
      Type.String({ description: 'Where a person opens the pull request, if there is none.' }),
    ),
    warning: Type.Optional(
      Type.String({ description: 'What went less well, and what to do; the branch is fine nevertheless.' }),
    ),
  },
  { $id: 'Proposal', description: 'A change to Git: a branch with one commit, and the pull request for it.' },
);
