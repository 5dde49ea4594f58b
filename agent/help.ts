import { agentSettings } from './config.ts';

/** What `fairlead agent --help` prints: every setting with its flag, its variable and its default. */
export function agentHelp(): string {
  const lines = Object.entries(agentSettings).map(
    ([name, [variable, meaning]]) => `  --${name} <value>\n      ${meaning}; ${variable}`,
  );
  return `Usage: fairlead agent [options]

Runs the agent of one cluster: dials the hub, applies what it is sent, heals
and reports drift until SIGINT or SIGTERM. Logs go to standard error as JSON
lines.

Options win over environment variables:
${lines.join('\n')}

Example:
  fairlead agent --enroll-token fl1.… --kubeconfig ~/.kube/config --context staging
`;
}
