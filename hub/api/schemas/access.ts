import Type from 'typebox';
import { LocationSchema } from './common.ts';
import { ref } from './schema.ts';

export const AccessAnswerSchema = Type.Object(
  {
    allowed: Type.Boolean(),
    sentence: Type.String({ description: 'The answer in one sentence, with the line that decided.' }),
    who: Type.String(),
    groups: Type.Array(Type.String(), { description: 'That counted.' }),
    by: Type.Optional(
      Type.Object(
        {
          text: Type.String({ description: 'The line as it is written.' }),
          location: Type.Optional(ref(LocationSchema)),
          via: Type.Array(Type.String(), { description: 'From the person to the role that has the line.' }),
        },
        { description: 'The line that decided; absent where none allows it. Without location: built in.' },
      ),
    ),
  },
  { $id: 'AccessAnswer', description: 'Whether somebody may do something.' },
);
