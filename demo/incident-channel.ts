import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface IncidentChannel {
  /** Contents of files of the fleet repository, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The hub's folder of secrets: one file for each. */
  readonly secretsDir: string;
}

/** In place of the example's Alertmanager: a receiver of the demo's own, told at once. Its address is a secret too. */
export function incidentChannel(dir: string, url: string): IncidentChannel {
  const secretsDir = join(dir, 'notification-secrets');
  mkdirSync(secretsDir, { mode: 0o700 });
  writeFileSync(join(secretsDir, 'channel-url'), url, { mode: 0o600 });
  writeFileSync(join(secretsDir, 'channel-secret'), randomBytes(24).toString('base64url'), { mode: 0o600 });
  return { files: { 'fleet/notifications/production.yaml': notification }, secretsDir };
}

const notification = `# Who is told when something in prod needs a person, and how.
apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata:
  name: production
spec:
  triggers:
    - type: drift
    - type: sync-failed
    - type: degraded
      for: 0s
      severity: critical
    - type: refused
    - type: brake
    - type: agent-silent
      for: 5m
  match:
    environments: [prod]
  receivers:
    - name: incident-channel
      webhook:
        urlFrom: { file: channel-url }
        secretFrom: { file: channel-secret }
`;
