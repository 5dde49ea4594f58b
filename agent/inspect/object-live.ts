import type { LiveObject } from '../../core/live-view.ts';
import type { QueryRequest } from '../../core/query.ts';
import { maskObject } from '../plan/mask-object.ts';
import type { Inquiry } from './inquiry.ts';
import { readOwn } from './read-own.ts';

/** One object as it is now, without what nobody may see. */
export async function answerLive(
  { application, object: ref, form }: Extract<QueryRequest, { type: 'live' }>,
  inquiry: Inquiry,
): Promise<void> {
  const live = await readOwn(inquiry, application, ref);
  const { object, notes } = maskObject(live, form, inquiry.seal);
  const answer: LiveObject = { ref, object, notes, at: inquiry.clock.now().toISOString() };
  await inquiry.writer.finish(answer);
}
