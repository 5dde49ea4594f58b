import { expect, it } from 'vitest';
import { readAgentEnvironment, toAgentConfig } from '../../agent/config.ts';
import { AppError, formatError } from '../../core/error.ts';

it('limits nothing and listens nowhere where nothing is said', () => {
  const { guard, probe } = toAgentConfig({}, true);
  expect(guard).toEqual({ namespaces: undefined, writes: 'allowed' });
  expect(probe).toBeUndefined();
});

it('reads its limits and the address of its probes from the environment', () => {
  const raw = readAgentEnvironment({
    FAIRLEAD_NAMESPACES: 'shop, payments',
    FAIRLEAD_OBSERVE_ONLY: 'true',
    FAIRLEAD_PROBE_LISTEN: ':8081',
    FAIRLEAD_ENROLL_TOKEN: 'fl1.token\n',
  });
  expect(toAgentConfig(raw, true).enrollmentToken).toBe('fl1.token');
  const { guard, probe } = toAgentConfig(raw, true);
  expect(guard).toEqual({ namespaces: new Set(['shop', 'payments']), writes: 'never' });
  expect(probe).toEqual({ host: '', port: 8081 });
  expect(toAgentConfig({ 'probe-listen': '[::1]:0' }, true).probe).toEqual({ host: '::1', port: 0 });
});

it.each([
  [
    { namespaces: 'shop,' },
    'namespaces must be the name of a namespace (a-z, 0-9 and -), not "". It is set by --namespaces or FAIRLEAD_NAMESPACES',
  ],
  [{ namespaces: 'Shop' }, 'not "Shop"'],
  [{ 'observe-only': 'yes' }, 'observe-only must be true or false, not "yes"'],
  [{ 'probe-listen': '8081' }, 'probe-listen must be an address such as :8081 or 127.0.0.1:8081, not "8081"'],
  [{ 'probe-listen': ':70000' }, 'not ":70000"'],
] as const)('says what is wrong with %j', (raw, words) => {
  const attempt = (): unknown => toAgentConfig(raw, true);
  expect(attempt).toThrow(AppError);
  try {
    attempt();
  } catch (error) {
    expect(formatError(AppError.from(error))).toContain(words);
  }
});
