import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DesiredSet } from '../../../agent/ports.ts';
import { encodeDesired } from '../../../core/desired.ts';
import { desiredContent } from '../../session/desired-content.ts';
import { enrollInto, openLiveAgent, openLiveHub, temporaryFolder } from '../../session/live-pair.ts';

/** Guarantee 1 of the design on a real stream: gRPC over mutual TLS, with a wire that breaks at any byte. */

const patience = { timeout: 30_000, interval: 5 };

interface Wire {
  readonly address: string;
  /** Bytes from the hub to the agent since the wire was whole. */
  readonly passed: number;
  /** Connections that it would not take. */
  readonly refused: number;
  /** Breaks after so many more bytes for the agent, and stays broken. */
  breakAfter(bytes: number): void;
  mend(): void;
  close(): Promise<void>;
}

async function openWire(hub: string): Promise<Wire> {
  const [host = '', port = ''] = hub.split(':');
  const sockets = new Set<Socket>();
  let [passed, limit, refused] = [0, Number.POSITIVE_INFINITY, 0];
  const server = createServer((near) => {
    if (passed >= limit) {
      refused += 1;
      return void near.destroy();
    }
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      const part = bytes.subarray(0, Math.max(0, limit - passed));
      passed += part.length;
      if (passed < limit) return void near.write(part);
      near.write(part, () => near.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get passed() {
      return passed;
    },
    get refused() {
      return refused;
    },
    breakAfter(bytes) {
      [passed, limit, refused] = [0, bytes, 0];
    },
    mend() {
      [passed, limit] = [0, Number.POSITIVE_INFINITY];
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const names = ['web', 'api', 'jobs', 'data'].map((name) => `apps/${name}`);

/** What can't be made smaller on its way. */
function contentsOf(): ReadonlyMap<string, Uint8Array> {
  return new Map(names.map((name) => [name, desiredContent(name, randomBytes(60_000).toString('base64'))]));
}

function textOf(contents: ReadonlyMap<string, Uint8Array>): string {
  return names
    .map((name) => `${name} ${Buffer.from(contents.get(name) ?? '').toString('base64')}`)
    .join('\n');
}

function textOfSet({ applications }: DesiredSet): string {
  const contents = [...applications].map(([name, { desired }]) => {
    return [name, encodeDesired({ ...desired, manifests: [...desired.manifests] })] as const;
  });
  return textOf(new Map(contents));
}

test('a stream that breaks at any byte puts nothing in force but what the hub once had whole', {
  timeout: 180_000,
}, async () => {
  const hub = await openLiveHub((work) => onTestFinished(work));
  const wire = await openWire(hub.server.address);
  onTestFinished(() => wire.close());
  const dir = await temporaryFolder((work) => onTestFinished(work));
  const identity = await enrollInto(dir, hub.token('staging', wire.address));
  const agent = await openLiveAgent((work) => onTestFinished(work), { dir, identity });
  const whole = new Set<string>();
  let generation = 0;
  const commit = (): void => {
    const contents = contentsOf();
    whole.add(textOf(contents));
    generation += 1;
    hub.store.commit('staging', contents);
    hub.server.publish(['staging']);
  };
  const arrived = () => vi.waitFor(() => expect(agent.inForce.at(-1)?.generation).toBe(generation), patience);
  commit();
  await arrived();
  wire.mend();
  commit();
  await arrived();
  const bytesOfOne = wire.passed;
  expect(bytesOfOne).toBeGreaterThan(200_000);

  const cuts = 12;
  for (let cut = 0; cut < cuts; cut += 1) {
    wire.breakAfter(1 + Math.floor((bytesOfOne * cut) / cuts));
    commit();
    // The agent has heard all that it will, and dials again.
    await vi.waitFor(() => expect(wire.refused).toBeGreaterThan(0), patience);
    expect(agent.inForce.every((set) => whole.has(textOfSet(set)))).toBe(true);
    const kept = await agent.state.readDesired();
    const digests = [...(kept?.head.entries.values() ?? [])];
    expect(digests).toHaveLength(names.length);
    expect((await agent.state.readBlobs(digests)).size).toBe(names.length);
    wire.mend();
    await arrived();
  }
  expect(agent.inForce.at(-1)?.generation).toBe(cuts + 2);
});
