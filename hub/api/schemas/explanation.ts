import Type from 'typebox';
import { stages } from '../../explain/explanation.ts';
import { LocationSchema, ObjectRefSchema } from './common.ts';
import { ref, words } from './schema.ts';

export const StepSchema = Type.Object(
  {
    stage: words(stages),
    state: words(['passed', 'warned', 'stopped'], {
      description:
        '`warned`: passed, but somebody should know; `stopped`: what comes after it waits for this.',
    }),
    sentence: Type.String({ description: 'What holds there.' }),
    location: Type.Optional(ref(LocationSchema)),
    remedy: Type.Optional(Type.String({ description: 'What to do.' })),
  },
  { $id: 'ExplanationStep', description: 'One station between a commit and a healthy object.' },
);

export const ExplanationSchema = Type.Object(
  {
    application: Type.String({ description: '`namespace/name`.' }),
    ref: Type.Optional(ref(ObjectRefSchema)),
    sentence: Type.String({ description: 'The answer in one sentence.' }),
    steps: Type.Array(ref(StepSchema), {
      description: 'Every station up to the first that holds it back.',
    }),
  },
  { $id: 'Explanation', description: 'Why an application, or one object of it, is not as Git says.' },
);
