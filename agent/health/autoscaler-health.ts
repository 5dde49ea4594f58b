import { type Json, parseJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionsOf, health, healthBy, healthy } from './conditions.ts';
import { type HealthFacts, type Judgement, judgement, patiently } from './judgement.ts';

const failedScale: ReadonlySet<string> = new Set(['FailedGetScale', 'FailedUpdateScale']);
const failedMetrics: ReadonlySet<string> = new Set([
  'FailedGetResourceMetric',
  'FailedGetObjectMetric',
  'FailedGetPodsMetric',
  'FailedGetContainerResourceMetric',
  'FailedGetExternalMetric',
  'FailedComputeMetricsReplicas',
  'InvalidSelector',
]);
/** Metrics of new pods come after a while. */
const metricsPatienceMs = 3 * 60_000;

/** Argo CD's rule, with patience for metrics that are not there yet. */
export function horizontalPodAutoscalerHealth(object: KubeObject, facts: HealthFacts): Judgement {
  const conditions = [...conditionsOf(object), ...annotatedConditions(object)];
  const scale = conditions.find(({ type, reason }) => type === 'AbleToScale' && failedScale.has(reason));
  if (scale !== undefined) return judgement(healthBy('Degraded', scale));
  const metrics = conditions.find(
    ({ type, reason }) => type === 'ScalingActive' && failedMetrics.has(reason),
  );
  if (metrics !== undefined) {
    const stages = { early: healthBy('Progressing', metrics), late: healthBy('Degraded', metrics) };
    return patiently(stages, object.metadata.creationTimestamp, metricsPatienceMs, facts);
  }
  const works = conditions.some(
    ({ type, status }) => (type === 'AbleToScale' || type === 'ScalingLimited') && status === 'True',
  );
  return judgement(works ? healthy : health('Progressing', 'NotScaled', 'it has not scaled yet'));
}

/** `autoscaling/v1` has no field for conditions and keeps them in an annotation. */
function annotatedConditions(object: KubeObject) {
  const text = object.metadata.annotations?.['autoscaling.alpha.kubernetes.io/conditions'];
  if (text === undefined) return [];
  return conditionsOf({ ...object, status: { conditions: parseOrEmpty(text) } });
}

function parseOrEmpty(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return [];
  }
}
