import { withoutUndeclared } from '../plan/undeclared-fields.ts';
import type { KubePort } from '../ports.ts';

/** More mistakes than anybody makes in one object: past it, the API server's complaint stands. */
const droppedAtMost = 50;

/**
 * For objects that are not to be validated (Argo CD's `Validate=false`): fields that the schema doesn't know are left out
 * of an apply. A server-side apply is refused for them whatever its `fieldValidation`, unlike a client-side one, of which
 * the API server drops them. One request more for each such field.
 */
export function lenientKube(kube: KubePort): KubePort {
  return {
    ...kube,
    async apply(resource, object, options) {
      let wanted = object;
      for (let dropped = 0; ; dropped += 1) {
        const answer = await kube.apply(resource, wanted, options);
        if (answer.type === 'ok' || dropped === droppedAtMost) return answer;
        const less = withoutUndeclared(wanted, answer.failure);
        if (less === undefined) return answer;
        wanted = less;
      }
    },
  };
}
