import { once } from 'node:events';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate, type ServingCertificate } from '../../../agent/admission/make-certificate.ts';
import { openReviews, type Reviews } from '../../../agent/admission/open-reviews.ts';
import { readReview, type WriteFact } from '../../../agent/plan/admission-fact.ts';
import { digest } from '../../../core/digest.ts';

const path = '/reviews/known-to-the-api-server';
const object = { metadata: { uid: 'u1', resourceVersion: '10' }, data: { token: 'hunter2' } };
const review = (more: object = {}) => ({
  request: { uid: 'r1', operation: 'DELETE', userInfo: { username: 'alice' }, oldObject: object, ...more },
});

let certificate: ServingCertificate;
let reviews: Reviews;
let facts: WriteFact[];

beforeEach(async () => {
  facts = [];
  certificate = await makeCertificate(['127.0.0.1', 'agent.example.svc'], new Date());
  reviews = await openReviews({
    listen: { host: '127.0.0.1', port: 0 },
    path,
    read: (body) => readReview(body, undefined, digest),
    onFact: (fact) => facts.push(fact),
  });
  reviews.serve(certificate);
});

afterEach(() => reviews.close());

function ask(
  body: string | Buffer,
  at = path,
  method = 'POST',
): Promise<{ status?: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: reviews.port,
      path: at,
      method,
      ca: certificate.certificate,
      agent: false,
    };
    let answered = false;
    const sent = request(options, (answer) => {
      answered = true;
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
    });
    // What is too long may be cut off once it is answered.
    sent.on('error', (error) => (answered ? undefined : reject(error)));
    sent.end(body);
  });
}

const allowed = (uid: string) => ({
  status: 200,
  body: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } },
});

async function openSocket(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: reviews.port, ca: certificate.certificate });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

describe('the server of admission reviews', () => {
  it('allows what is asked and remembers who asked', async () => {
    expect(await ask(JSON.stringify(review()))).toEqual(allowed('r1'));
    expect(facts).toEqual([{ uid: 'u1', before: '10', user: 'alice', operation: 'delete' }]);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['bytes', Buffer.from([0xff, 0xfe, 0])],
    ['a list', '[1]'],
    ['another document', '{"kind":"Pod"}'],
  ])('allows %s', async (_what, body) => {
    expect(await ask(body)).toEqual(allowed(''));
    expect(facts).toEqual([]);
  });

  it('allows a dry-run and remembers nothing of it', async () => {
    expect(await ask(JSON.stringify(review({ dryRun: true })))).toEqual(allowed('r1'));
    expect(facts).toEqual([]);
  });

  it('allows whoever asks at another path, and does not believe them', async () => {
    expect(await ask(JSON.stringify(review()), '/')).toEqual(allowed('r1'));
    expect(await ask('', '/healthz', 'GET')).toEqual(allowed(''));
    expect(facts).toEqual([]);
  });

  it('allows a body that is too large without reading it, and goes on', async () => {
    const big = JSON.stringify(review({ more: 'x'.repeat(9 * 1024 * 1024) }));
    expect(await ask(big).catch(() => 'cut off')).toSatisfy(
      (answer) => answer === 'cut off' || JSON.stringify(answer) === JSON.stringify(allowed('')),
    );
    expect(facts).toEqual([]);
    expect(await ask(JSON.stringify(review()))).toEqual(allowed('r1'));
  });

  it('ends a client that does not finish its request, and answers others meanwhile', async () => {
    const slow = await openSocket();
    const closed = once(slow, 'close');
    slow.resume();
    slow.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
    expect(await ask(JSON.stringify(review()))).toEqual(allowed('r1'));
    await closed;
    expect(facts).toHaveLength(1);
  });

  it('answers with a new certificate once it has one', async () => {
    const next = await makeCertificate(['127.0.0.1'], new Date());
    reviews.serve(next);
    await expect(ask(JSON.stringify(review()))).rejects.toThrow(/self-signed|signature/);
    certificate = next;
    expect(await ask(JSON.stringify(review()))).toEqual(allowed('r1'));
  });
});
