import type { AgentMessage, AnswerPart, HubMessage } from '../../core/session.ts';

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
    case 'answer':
      return `answer to ${message.id}: ${describePart(message.part)}`;
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
    case 'query':
      return `query ${message.id} (${message.request?.type ?? 'unknown'})`;
    case 'query-more':
      return `${message.bytes} bytes of ${message.id} were taken`;
    case 'query-end':
      return `end query ${message.id}`;
  }
}

/** One line on a part of an answer, for transcripts. */
export function describePart(part: AnswerPart): string {
  switch (part.type) {
    case 'chunk':
      return `${part.bytes.length} bytes`;
    case 'end':
      return 'the end';
    case 'error':
      return `${part.failure.code}: ${part.failure.message}`;
  }
}
