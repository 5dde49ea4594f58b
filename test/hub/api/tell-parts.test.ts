import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tellParts } from '../../../hub/api/tell-parts.ts';

let server: Server | undefined;
let reader: Socket | undefined;

afterEach(() => {
  reader?.destroy();
  server?.closeAllConnections();
  server?.close();
});

/** Parts without end, counted as they are taken. */
function endless(): { readonly parts: AsyncIterator<Uint8Array>; taken(): number } {
  let taken = 0;
  const parts: AsyncIterator<Uint8Array> = {
    next() {
      taken += 1;
      return Promise.resolve({ done: false, value: Buffer.alloc(65_536, 'x') });
    },
  };
  return { parts, taken: () => taken };
}

/** Somebody who asks and takes nothing of the answer. */
async function openReader(tell: (response: ServerResponse) => Promise<void>): Promise<void> {
  const opened = createServer((_request, response) => void tell(response));
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  reader = connect((opened.address() as AddressInfo).port, '127.0.0.1');
  reader.write('GET / HTTP/1.1\r\nhost: hub\r\n\r\n');
  reader.pause();
}

const errorLine = (caught: unknown): string => String(caught);

test('a reader that takes nothing is let go, and nothing more is asked for it', async () => {
  const { parts, taken } = endless();
  let response: ServerResponse | undefined;
  let ended = false;
  await openReader(async (opened) => {
    response = opened;
    await tellParts(opened, await parts.next(), parts, { errorLine, stallMs: 200 });
    ended = true;
  });

  await expect.poll(() => ended).toBe(true);

  expect(response?.destroyed).toBe(true);
  const then = taken();
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken()).toBe(then);
});

test('a reader that goes ends the telling at once', async () => {
  const { parts } = endless();
  let response: ServerResponse | undefined;
  let ended = false;
  await openReader(async (opened) => {
    response = opened;
    await tellParts(opened, await parts.next(), parts, { errorLine, stallMs: 3_600_000 });
    ended = true;
  });
  await expect.poll(() => response?.writableNeedDrain).toBe(true);

  reader?.destroy();

  await expect.poll(() => ended).toBe(true);
});
