import { flagOf, settings } from './config.ts';

/** What `fairlead hub --help` prints: every setting with its flag, its variable and its default. */
export function hubHelp(): string {
  const lines = Object.entries(settings).map(
    ([name, [variable, meaning]]) => `  --${flagOf(name)} <value>\n      ${meaning}; ${variable}`,
  );
  return `Usage: fairlead hub [options]

Runs the hub: reads the fleet repository, decides, serves agents and the HTTP
API until SIGINT or SIGTERM. Logs go to standard error as JSON lines.

Options win over environment variables, these over the file:
  --config <file>
      YAML of the same settings, such as fleet: {url: …}; FAIRLEAD_CONFIG
${lines.join('\n')}

Example:
  fairlead hub --fleet-url https://git.example.com/platform/platform-config.git \\
    --advertise hub.example.com --data-dir /var/lib/fairlead
`;
}
