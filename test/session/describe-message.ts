import type { AgentMessage, HubMessage } from '../../core/session.ts';

/** One line on a message of an agent, for transcripts. */
export function describeAgentMessage(message: AgentMessage): string {
  switch (message.type) {
    case 'hello':
      return `hello, generation ${message.generation}, ${message.epoch === undefined ? 'no hub met' : `met start ${message.epoch.counter}`}`;
    case 'want':
      return `want ${message.digests.length}`;
    case 'want-head':
      return 'want the whole head';
    case 'in-force':
      return `in force ${message.generation}`;
    case 'report':
      return `reports ${message.reports.map((report) => report.sequence).join(' ')}`;
  }
}

/** One line on a message of the hub, for transcripts. */
export function describeHubMessage(message: HubMessage): string {
  switch (message.type) {
    case 'welcome':
      return `welcome, start ${message.epochs.at(-1)?.counter}, acknowledged ${message.acknowledged}`;
    case 'refused':
      return `refused (${message.code}): ${message.message}`;
    case 'head': {
      const { base, generation, set, removed } = message.change;
      return `head ${base} → ${generation}, set ${set.length}, removed ${removed.length}`;
    }
    case 'blob':
      return `content "${new TextDecoder().decode(message.bytes)}"`;
    case 'acknowledged':
      return `acknowledged ${message.sequence}`;
    case 'operation':
      return `operation ${message.id} (${message.request.type})`;
    case 'cancel':
      return `cancel ${message.id}`;
    case 'holds':
      return `holds ${message.holds.map(({ id }) => id).join(' ') || 'none'}`;
  }
}
