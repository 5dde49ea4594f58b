import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, parseJson, stringAt } from '../core/json.ts';
import type { Closers } from './closers.ts';

/** What the hub told, out of a CloudEvent's data. */
export interface Alert {
  readonly trigger: string;
  /** `namespace/name`; '' where it is about a cluster. */
  readonly application: string;
  readonly state: string;
  readonly severity: string;
  readonly summary: string;
  readonly nextStep: string;
}

/** What stands for a team's incident channel: an HTTP server on loopback that keeps what it is told. */
export interface AlertReceiver {
  readonly url: string;
  /** What came of one application and trigger so far, oldest first. */
  about(application: string, trigger: string): readonly Alert[];
}

export async function openAlertReceiver(closers: Closers): Promise<AlertReceiver> {
  const received: Alert[] = [];
  const server = createServer((request, response) => {
    readAlert(request).then(
      (alert) => {
        received.push(alert);
        response.writeHead(204).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.add(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    about: (application, trigger) =>
      received.filter((alert) => alert.application === application && alert.trigger === trigger),
  };
}

async function readAlert(request: IncomingMessage): Promise<Alert> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = parseJson(Buffer.concat(chunks).toString());
  const text = (...path: readonly string[]): string => textAt(body, ...path);
  return {
    trigger: text('trigger'),
    application: text('subject', 'application'),
    state: text('state'),
    severity: text('severity'),
    summary: text('summary'),
    nextStep: text('nextStep'),
  };
}

function textAt(body: Json, ...path: readonly string[]): string {
  return stringAt(body, 'data', ...path) ?? '';
}
