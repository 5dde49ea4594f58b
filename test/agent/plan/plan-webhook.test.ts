import { expect, it } from 'vitest';
import { planWebhook, webhookHosts } from '../../../agent/plan/plan-webhook.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const configurationOf = (...clientConfigs: readonly object[]): KubeObject =>
  ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'people', resourceVersion: '7' },
    webhooks: clientConfigs.map((clientConfig) => ({ clientConfig })),
  }) as unknown as KubeObject;
const service = { service: { namespace: 'fairlead-system', name: 'agent-admission' } };

it('names the hosts of services and of addresses, each once', () => {
  const found = configurationOf(
    service,
    service,
    { url: 'https://127.0.0.1:9443/x' },
    { url: 'https://[::1]:1' },
  );
  expect(webhookHosts(found)).toEqual(['127.0.0.1', '::1', 'agent-admission.fairlead-system.svc']);
});

it('tells every webhook whom to trust and where to ask, at the version that was read', () => {
  const [caBundle, path] = [btoa('PEM'), '/reviews/secret'];
  const found = configurationOf(service, { url: 'https://127.0.0.1:9443/' });
  expect(planWebhook(found, 'PEM', path)).toEqual([
    { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle },
    { op: 'add', path: '/webhooks/0/clientConfig/service/path', value: path },
    { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: caBundle },
    { op: 'add', path: '/webhooks/1/clientConfig/url', value: 'https://127.0.0.1:9443/reviews/secret' },
  ]);
});

it('writes nothing where all of it is there', () => {
  const found = configurationOf({ service: { ...service.service, path: '/p' }, caBundle: btoa('PEM') });
  expect(planWebhook(found, 'PEM', '/p')).toEqual([]);
});
