import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { formatError } from '../../core/error.ts';
import { listenError } from '../../core/listen-error.ts';

const listener = { what: 'the API', address: '127.0.0.1:80', flag: '--api-listen' };

/** How this system really says no. */
function failureOf(port: number, host: string): Promise<unknown> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

test('a port that is taken says so, and which setting to change', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as { port: number };
  const error = await failureOf(port, '127.0.0.1');
  await new Promise((resolve) => holder.close(resolve));
  expect(formatError(listenError(error, listener))).toBe(
    "127.0.0.1:80: the API can't listen here: another process does already. End it, or choose another port (--api-listen)",
  );
});

test('an address of another machine, and a cause in words only', async () => {
  expect(listenError(await failureOf(0, '192.0.2.1'), listener).message).toContain('no such address');
  const words = new Error(
    'No address added out of total 1 resolved errors: [listen EADDRINUSE: 127.0.0.1:80]',
  );
  expect(listenError(words, listener).message).toContain('another process does already');
  expect(listenError(new Error('unheard of'), listener)).toMatchObject({
    message: "the API can't listen here: unheard of",
    remedy: 'Choose another address (--api-listen)',
  });
});
