import { AppError } from '../../core/error.ts';
import type { AgentMessage, NumberedReport } from '../../core/session.ts';
import type { ConnectRequest, Hello, Report } from '../gen/fairlead/session/v1/session.ts';
import { decodeAnswer, encodeAnswer } from './answer.ts';
import { decodeReport, encodeReport } from './report.ts';
import { readWireNumber } from './wire-number.ts';

/** One message of an agent, as the wire has it. */
export function encodeAgentMessage(message: AgentMessage): ConnectRequest {
  switch (message.type) {
    case 'hello':
      return { message: { $case: 'hello', value: encodeHello(message) } };
    case 'want':
      return { message: { $case: 'want', value: { digests: [...message.digests] } } };
    case 'want-head':
      return { message: { $case: 'wantHead', value: {} } };
    case 'in-force':
      return {
        message: { $case: 'inForce', value: { generation: BigInt(message.generation), root: message.root } },
      };
    case 'report':
      return encodeReportBatch(message.reports.map(encodeReport));
    case 'answer':
      return { message: { $case: 'answer', value: encodeAnswer(message) } };
  }
}

/** Reports that were encoded one by one, as one message. */
export function encodeReportBatch(reports: readonly Report[]): ConnectRequest {
  return { message: { $case: 'reports', value: { reports: [...reports] } } };
}

/** Reads one message of an agent; `undefined` for one that only a newer agent knows. Throws AppError `invalid`. */
export function decodeAgentMessage(request: ConnectRequest): AgentMessage | undefined {
  const { message } = request;
  if (message === undefined) return undefined;
  switch (message.$case) {
    case 'hello':
      return decodeHello(message.value);
    case 'want':
      return { type: 'want', digests: message.value.digests };
    case 'wantHead':
      return { type: 'want-head' };
    case 'inForce':
      return {
        type: 'in-force',
        generation: readWireNumber(message.value.generation, 'generation'),
        root: message.value.root,
      };
    case 'reports':
      return { type: 'report', reports: message.value.reports.map(decodeReport).filter(isKnown) };
    case 'answer':
      return decodeAnswer(message.value);
  }
}

function isKnown(report: NumberedReport | undefined): report is NumberedReport {
  return report !== undefined;
}

function encodeHello(hello: Extract<AgentMessage, { type: 'hello' }>): Hello {
  return {
    agentVersion: hello.agentVersion,
    protocolMin: hello.protocol.min,
    protocolMax: hello.protocol.max,
    cluster: hello.cluster,
    epoch: hello.epoch,
    generation: BigInt(hello.generation),
    root: hello.root,
  };
}

function decodeHello(hello: Hello): AgentMessage {
  if (hello.cluster === '' || hello.root === '' || hello.protocolMin > hello.protocolMax) {
    throw new AppError('invalid', 'the agent sent a greeting without a cluster, a root or a protocol range');
  }
  return {
    type: 'hello',
    agentVersion: hello.agentVersion,
    protocol: { min: hello.protocolMin, max: hello.protocolMax },
    cluster: hello.cluster,
    ...(hello.epoch === undefined ? {} : { epoch: hello.epoch }),
    generation: readWireNumber(hello.generation, 'generation'),
    root: hello.root,
  };
}
