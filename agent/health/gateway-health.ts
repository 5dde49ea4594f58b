import type { Health } from '../../core/health.ts';
import { isJsonArray, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { health, healthBy, healthy, isOutdated, outdated, readConditions } from './conditions.ts';

/**
 * Routes of the Gateway API: each gateway that it is attached to says what it thinks of it. Every one of them must
 * have looked at this generation.
 */
export function routeHealth(object: KubeObject): Health | undefined {
  if (!object.kind.endsWith('Route')) return undefined;
  const parents = jsonAt(object, 'status', 'parents');
  if (!isJsonArray(parents) || parents.length === 0) {
    return health('Progressing', 'NoParents', 'no gateway has taken it up yet');
  }
  for (const parent of parents) {
    const gateway = stringAt(parent, 'parentRef', 'name') ?? '';
    const conditions = readConditions(jsonAt(parent, 'conditions'));
    if (conditions.some((condition) => isOutdated(condition, object))) return outdated;
    for (const type of ['Accepted', 'ResolvedRefs']) {
      const condition = conditions.find((each) => each.type === type);
      if (condition?.status !== 'False') continue;
      const bad = healthBy(condition.reason === 'Pending' ? 'Progressing' : 'Degraded', condition);
      return { ...bad, message: `gateway ${gateway}: ${bad.message}` };
    }
    if (!conditions.some(({ type, status }) => type === 'Accepted' && status === 'True')) {
      return health('Progressing', 'NotAccepted', `gateway ${gateway} has not accepted it yet`);
    }
  }
  return healthy;
}
