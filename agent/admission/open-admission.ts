import { randomBytes } from 'node:crypto';
import type { Digest } from '../../core/digest.ts';
import { stringAt } from '../../core/json.ts';
import { readReview } from '../plan/admission-fact.ts';
import type { ApiResource, KubePort, PeoplePort } from '../ports.ts';
import { FactBook } from './fact-book.ts';
import { openReviews } from './open-reviews.ts';
import { WebhookKeeper } from './webhook-keeper.ts';

export interface AdmissionOptions {
  /** Not behind the guard: the webhook configuration is the agent's own, whatever else it may touch. */
  readonly kube: Pick<KubePort, 'get' | 'jsonPatch' | 'create'>;
  readonly listen: { readonly host: string; readonly port: number };
  /** Of the ValidatingWebhookConfiguration that is the agent's. */
  readonly webhook: string;
  /** The one that live objects are sealed with. */
  readonly seal: (text: string) => Digest;
  readonly now: () => Date;
  readonly onProblem: (problem: string | undefined) => void;
}

export interface Admission {
  readonly port: number;
  readonly people: PeoplePort;
  close(): Promise<void>;
}

const selfReviews: ApiResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  verbs: [],
};

/** Takes the API server's admission reviews, and remembers for a while who asked for which write. Throws AppError where the address can't be listened on. */
export async function openAdmission(options: AdmissionOptions): Promise<Admission> {
  const { kube, listen, webhook, seal, now, onProblem } = options;
  const book = new FactBook(() => now().getTime());
  // The API server alone is told it, so that nobody else who reaches the port can make up who wrote.
  const path = `/reviews/${randomBytes(24).toString('base64url')}`;
  const self = await ownName(kube);
  const reviews = await openReviews({
    listen,
    path,
    read: (body) => readReview(body, self, seal),
    onFact: (fact) => book.add(fact),
  });
  const keeper = new WebhookKeeper({
    kube,
    name: webhook,
    path,
    now,
    onCertificate: (certificate) => reviews.serve(certificate),
    onProblem,
  });
  return {
    port: reviews.port,
    people: book,
    async close() {
      keeper.close();
      await reviews.close();
    },
  };
}

/** Whom the API server takes this agent for; where it doesn't say so, its own writes are remembered too, which does no harm. */
async function ownName(kube: AdmissionOptions['kube']): Promise<string | undefined> {
  const { group, version, kind } = selfReviews;
  const answer = await kube.create(selfReviews, { apiVersion: `${group}/${version}`, kind, metadata: {} });
  return answer.type === 'ok' ? stringAt(answer.object, 'status', 'userInfo', 'username') : undefined;
}
