import type { Json, JsonObject } from '../../core/json.ts';
import type { PathStep } from './fields-v1.ts';

const plainName = /^[A-Za-z_][\w-]*$/;

/** A path as people read it: `spec.template.spec.containers[name=web].image`, `metadata.labels['example.com/team']`. */
export function formatPath(path: readonly PathStep[]): string {
  let text = '';
  for (const step of path) {
    if (step.type === 'field') {
      if (!plainName.test(step.name)) text += `['${step.name}']`;
      else text += text === '' ? step.name : `.${step.name}`;
    } else if (step.type === 'item') {
      text += `[${formatKeys(step.keys)}]`;
    } else {
      text += `[=${formatKey(step.value)}]`;
    }
  }
  return text;
}

/** `port=53,protocol=UDP` */
export function formatKeys(keys: JsonObject): string {
  return Object.entries(keys)
    .map(([name, value]) => `${name}=${formatKey(value)}`)
    .join(',');
}

function formatKey(value: Json | undefined): string {
  return typeof value === 'string' ? value : String(value);
}
