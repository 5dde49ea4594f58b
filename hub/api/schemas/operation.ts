import Type from 'typebox';
import { moment, words } from './schema.ts';

/** What may be asked of an application. */
export const operationWords = ['sync', 'diff', 'confirm-prune'] as const;
export const leavingWords = ['delete', 'release', 'abandon'] as const;

export const OperationSchema = Type.Object(
  {
    id: Type.String(),
    application: Type.String({ description: 'Empty where it is about a whole cluster.' }),
    cluster: Type.String(),
    request: Type.Object({
      type: words([...operationWords, 'decommission']),
      id: Type.Optional(Type.String({ description: 'Of a `confirm-prune`: the gate that it is about.' })),
      objects: Type.Optional(
        words(leavingWords, { description: 'Of a `decommission`: what becomes of its objects.' }),
      ),
    }),
    requestedBy: Type.String(),
    requestedAt: moment('When it was asked for.'),
    phase: words(['Pending', 'Running', 'Succeeded', 'Failed']),
    message: Type.String({ description: 'A sentence; of a finished `diff` its result as JSON.' }),
    finishedAt: Type.Optional(moment('When it got its final result.')),
    cancelledBy: Type.Optional(
      Type.String({ description: 'Who asked that it be ended; its agent gives it its final result.' }),
    ),
  },
  { $id: 'Operation', description: 'Something a person asked for.' },
);
