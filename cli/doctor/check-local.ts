import { statSync } from 'node:fs';
import type { Settings } from '../settings.ts';
import { type Check, ok, warn } from './check.ts';

export function checkConfigFile(settings: Settings): Check {
  const name = 'configuration';
  if (!settings.configFound) return ok(name, `${settings.configFile} is not there, and need not be`);
  const mode = statSync(settings.configFile).mode & 0o077;
  if (mode !== 0 && settings.tokenFrom === settings.configFile) {
    return warn(
      name,
      `${settings.configFile} holds the token, and others can read it`,
      `chmod 600 ${settings.configFile}`,
    );
  }
  return ok(name, `${settings.configFile} was read`);
}

/** Whether the token travels where others could read it. That a certificate is trusted shows when the hub answers. */
export function checkTransport(settings: Settings): Check {
  const name = 'transport';
  const { protocol, hostname } = new URL(settings.server);
  if (protocol === 'https:') return ok(name, 'TLS');
  if (/^(localhost|127\..*|\[::1\])$/.test(hostname)) return ok(name, 'no TLS, on this machine only');
  return warn(
    name,
    `the token travels to ${hostname} without TLS`,
    'Put TLS in front of the hub and use https://',
  );
}
