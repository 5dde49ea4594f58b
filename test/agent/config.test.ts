import { expect, it } from 'vitest';
import { readAgentEnvironment, toAgentConfig } from '../../agent/config.ts';
import { AppError, formatError } from '../../core/error.ts';
import { openGuard } from '../../core/guard.ts';

it('limits nothing and listens nowhere where nothing is said', () => {
  const { guard, probe } = toAgentConfig({}, true);
  expect(guard).toEqual(openGuard);
  expect(probe).toBeUndefined();
});

it('reads its limits and the address of its probes from the environment', () => {
  const raw = readAgentEnvironment({
    FAIRLEAD_NAMESPACES: 'shop, team-*',
    FAIRLEAD_ALLOW_KINDS: 'apps/*, Service',
    FAIRLEAD_DENY_KINDS: '/Secret',
    FAIRLEAD_MAX_PRUNE: '20',
    FAIRLEAD_MAX_HOLD: '90m',
    FAIRLEAD_OBSERVE_ONLY: 'true',
    FAIRLEAD_PROBE_LISTEN: ':8081',
    FAIRLEAD_ENROLL_TOKEN: 'fl1.token\n',
  });
  expect(toAgentConfig(raw, true).enrollmentToken).toBe('fl1.token');
  const { guard, probe } = toAgentConfig(raw, true);
  expect(guard).toEqual({
    namespaces: ['shop', 'team-*'],
    clusterScoped: 'never',
    kinds: { allow: ['apps/*', 'Service'], deny: ['/Secret'] },
    writes: 'never',
    maxPrune: 20,
    maxHoldMs: 5_400_000,
  });
  const scoped = toAgentConfig({ ...raw, 'cluster-scoped': 'true' }, true).guard;
  expect(scoped.clusterScoped).toBe('allowed');
  expect(toAgentConfig({ 'cluster-scoped': 'false' }, true).guard.clusterScoped).toBe('never');
  expect(probe).toEqual({ host: '', port: 8081 });
  expect(toAgentConfig({}, true).admission).toBeUndefined();
  const people = { 'admission-listen': ':9443', 'admission-webhook': 'people' };
  expect(toAgentConfig(people, true).admission).toEqual({
    listen: { host: '', port: 9443 },
    webhook: 'people',
  });
  expect(toAgentConfig({ 'probe-listen': '[::1]:0' }, true).probe).toEqual({ host: '::1', port: 0 });
});

it.each([
  [
    { namespaces: 'shop,' },
    'namespaces must be names of namespaces (a-z, 0-9 and -) or patterns such as team-*, not "". It is set by --namespaces or FAIRLEAD_NAMESPACES',
  ],
  [{ namespaces: 'Shop' }, 'not "Shop"'],
  [{ namespaces: 'team-[' }, 'not "team-["'],
  [
    { 'deny-kinds': 'a/b/c' },
    'deny-kinds must be kinds such as Secret, apps/Deployment or batch/*, not "a/b/c"',
  ],
  [{ 'allow-kinds': 'Secret,' }, 'allow-kinds must be kinds'],
  [{ 'cluster-scoped': 'no' }, 'cluster-scoped must be true or false, not "no"'],
  [{ 'max-prune': '-1' }, 'max-prune must be a number of objects, not "-1"'],
  [{ 'max-hold': '4' }, 'max-hold must be a duration such as 90m, 4h or 0s, not "4"'],
  [{ 'observe-only': 'yes' }, 'observe-only must be true or false, not "yes"'],
  [{ 'probe-listen': '8081' }, 'probe-listen must be an address such as :8081 or 127.0.0.1:8081, not "8081"'],
  [{ 'probe-listen': ':70000' }, 'not ":70000"'],
  [{ 'admission-listen': '9443' }, 'admission-listen must be an address'],
  [{ 'admission-listen': ':9443' }, 'admission-webhook is missing: admission-listen goes with it'],
  [{ 'admission-webhook': 'people' }, 'admission-listen is missing: admission-webhook goes with it'],
] as const)('says what is wrong with %j', (raw, words) => {
  const attempt = (): unknown => toAgentConfig(raw, true);
  expect(attempt).toThrow(AppError);
  try {
    attempt();
  } catch (error) {
    expect(formatError(AppError.from(error))).toContain(words);
  }
});
