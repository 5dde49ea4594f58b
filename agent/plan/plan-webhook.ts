import { isJsonArray, type Json, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { JsonPatchStep } from '../ports.ts';

/** The names and addresses at which a webhook configuration says that its webhooks are served. */
export function webhookHosts(configuration: KubeObject): readonly string[] {
  const hosts = webhooksOf(configuration).flatMap((webhook) => {
    const url = stringAt(webhook, 'clientConfig', 'url');
    if (url !== undefined) return URL.canParse(url) ? [new URL(url).hostname.replaceAll(/[[\]]/g, '')] : [];
    const service = stringAt(webhook, 'clientConfig', 'service', 'name');
    const namespace = stringAt(webhook, 'clientConfig', 'service', 'namespace');
    return service === undefined || namespace === undefined ? [] : [`${service}.${namespace}.svc`];
  });
  return [...new Set(hosts)].sort();
}

/** What has to be written for its webhooks to trust this authority (PEM) and to ask at this path; empty where they do. */
export function planWebhook(
  configuration: KubeObject,
  authority: string,
  path: string,
): readonly JsonPatchStep[] {
  const caBundle = btoa(authority);
  const steps = webhooksOf(configuration).flatMap((webhook, index) => {
    const at = `/webhooks/${index}/clientConfig`;
    const url = stringAt(webhook, 'clientConfig', 'url');
    const wanted: readonly (readonly [string, string])[] = [
      ['caBundle', caBundle],
      url === undefined ? ['service/path', path] : ['url', new URL(path, url).href],
    ];
    return wanted
      .filter(([field, value]) => stringAt(webhook, 'clientConfig', ...field.split('/')) !== value)
      .map(([field, value]): JsonPatchStep => ({ op: 'add', path: `${at}/${field}`, value }));
  });
  const { resourceVersion = '' } = configuration.metadata;
  if (steps.length === 0) return [];
  return [{ op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }, ...steps];
}

function webhooksOf(configuration: KubeObject): readonly Json[] {
  const webhooks = jsonAt(configuration, 'webhooks');
  return isJsonArray(webhooks) ? webhooks : [];
}
