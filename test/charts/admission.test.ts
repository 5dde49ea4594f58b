import { describe, expect, it } from 'vitest';
import { readAgentEnvironment, toAgentConfig } from '../../agent/config.ts';
import { partOfLabel } from '../../core/tracking.ts';
import { findBinary } from '../clusters/binaries.ts';
import type { KubeObject } from '../clusters/kube-client.ts';
import { renderChart, runHelm, templateArgs } from '../support/helm-chart.ts';

const helm = findBinary('helm', process.env)?.path ?? '';
const on = { attribution: { admission: { enabled: true } } };
const shop = { profile: 'namespaced', namespaces: ['shop', 'payments'] };

function ofKind(objects: readonly KubeObject[], kind: string, suffix = ''): KubeObject {
  const found = objects.find((object) => object['kind'] === kind && object['metadata'].name.endsWith(suffix));
  if (found === undefined) throw new Error(`the chart makes no ${kind}`);
  return found;
}

describe.skipIf(helm === '')('admission reviews in the chart (needs helm: make clusters)', () => {
  it('are off unless they are asked for, and leave nothing behind then', async () => {
    for (const values of [{}, shop, { profile: 'cluster' }]) {
      const text = JSON.stringify(await renderChart(helm, 'agent', values));
      expect(text).not.toMatch(/ADMISSION|-admission|-people|ValidatingWebhookConfiguration/);
    }
  });

  it('can never hold up or refuse a write', async () => {
    const { webhooks } = ofKind(await renderChart(helm, 'agent', on), 'ValidatingWebhookConfiguration');
    expect(webhooks).toHaveLength(2);
    for (const webhook of webhooks)
      expect(webhook).toMatchObject({
        failurePolicy: 'Ignore',
        timeoutSeconds: 1,
        sideEffects: 'None',
        matchPolicy: 'Equivalent',
        admissionReviewVersions: ['v1'],
      });
  });

  it('ask about what carries our label, about any scale, and never about the agent itself', async () => {
    const { webhooks } = ofKind(await renderChart(helm, 'agent', on), 'ValidatingWebhookConfiguration');
    const [objects, scale] = webhooks;
    expect(objects.objectSelector.matchExpressions).toEqual([{ key: partOfLabel, operator: 'Exists' }]);
    expect(objects.rules[0]).toMatchObject({ resources: ['*'], operations: ['UPDATE', 'DELETE'] });
    expect(scale.objectSelector).toBeUndefined();
    expect(scale.rules[0]).toMatchObject({ resources: ['*/scale'], operations: ['UPDATE'] });
    for (const { matchConditions } of webhooks)
      expect(matchConditions[0].expression).toBe(
        "request.userInfo.username != 'system:serviceaccount:fairlead-system:fairlead'",
      );
  });

  it('are limited to the namespaces that the agent is limited to', async () => {
    const selectorOf = async (values: object) => {
      const { webhooks } = ofKind(await renderChart(helm, 'agent', values), 'ValidatingWebhookConfiguration');
      return webhooks.map((webhook: KubeObject) => webhook['namespaceSelector']?.matchExpressions[0].values);
    };
    expect(await selectorOf({ ...shop, ...on })).toEqual([shop.namespaces, shop.namespaces]);
    expect(await selectorOf(on)).toEqual([undefined, undefined]);
    // A selector knows no patterns: the agent sorts them out itself.
    expect(await selectorOf({ ...on, guard: { namespaces: ['team-*'] } })).toEqual([undefined, undefined]);
  });

  it('reach the agent: service, port, network policy and settings agree', async () => {
    const values = { attribution: { admission: { enabled: true, port: 10443 } } };
    const objects = await renderChart(helm, 'agent', values);
    const { spec } = ofKind(objects, 'Service', '-admission');
    const [container] = ofKind(objects, 'Deployment')['spec'].template.spec.containers;
    expect(spec.ports).toEqual([{ name: 'admission', port: 443, targetPort: 'admission' }]);
    expect(container.ports).toContainEqual({ name: 'admission', containerPort: 10443 });
    const policy = ofKind(objects, 'NetworkPolicy')['spec'];
    expect(policy.ingress).toContainEqual({ ports: [{ port: 10443 }] });
    const configuration = ofKind(objects, 'ValidatingWebhookConfiguration');
    for (const { clientConfig } of configuration['webhooks'])
      expect(clientConfig.service).toEqual({
        name: 'fairlead-admission',
        namespace: 'fairlead-system',
        port: 443,
      });
    const environment = Object.fromEntries(
      container.env.map(({ name, value }: KubeObject) => [name, value] as const),
    );
    expect(toAgentConfig(readAgentEnvironment(environment), true).admission).toEqual({
      listen: { host: '', port: 10443 },
      webhook: configuration['metadata'].name,
    });
  });

  it('give the agent a right to that one configuration, and to no other', async () => {
    for (const values of [on, { ...shop, ...on }]) {
      const objects = await renderChart(helm, 'agent', values);
      const name = ofKind(objects, 'ValidatingWebhookConfiguration')['metadata'].name;
      expect(ofKind(objects, 'ClusterRole', '-people')['rules']).toEqual([
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingwebhookconfigurations'],
          resourceNames: [name],
          verbs: ['get', 'patch'],
        },
      ]);
      expect(ofKind(objects, 'ClusterRoleBinding', '-people')['roleRef'].name).toBe(name);
    }
  });

  it('are among what an agent that only observes may write, where a policy refuses it all else', async () => {
    const values = { profile: 'observe', dryRun: true };
    const expressionOf = async (more: object) =>
      ofKind(await renderChart(helm, 'agent', { ...values, ...more }), 'ValidatingAdmissionPolicy')['spec']
        .validations[0].expression;
    expect(await expressionOf({})).not.toContain('webhook');
    expect(await expressionOf(on)).toContain("request.name == 'fairlead-fairlead-system-people'");
  });

  it.each([
    [{ enabled: 'yes' }, /enabled.*boolean/s],
    [{ enabled: true, port: 0 }, /port/],
    [{ on: true }, /additional propert\S+ '?on'?/i],
  ])('are refused where they are set as %j', async (admission, words) => {
    const { code, stderr } = await runHelm(helm, templateArgs('agent'), { attribution: { admission } });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
  });
});
