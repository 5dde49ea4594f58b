import Type from 'typebox';
import { ObjectRefSchema } from './common.ts';
import { ref, words } from './schema.ts';

export const HookStatusSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    phase: words(['PreSync', 'Sync', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete']),
    state: words(['due', 'running', 'succeeded', 'failed']),
    message: Type.String({ description: 'Why it failed, or what it waits for; may be empty.' }),
  },
  { $id: 'HookStatus' },
);

export const AttemptSchema = Type.Object(
  {
    id: Type.String({ description: "The operation's where a person asked for it." }),
    state: words(['running', 'failing', 'succeeded', 'failed', 'cancelled', 'superseded']),
    message: Type.String({ description: 'Why it failed or was ended; may be empty.' }),
    hooks: Type.Array(ref(HookStatusSchema)),
  },
  {
    $id: 'Attempt',
    description: 'The last try to bring it to what Git says, where it has hooks or was ended early.',
  },
);
