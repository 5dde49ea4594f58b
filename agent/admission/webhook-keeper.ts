import { planWebhook, webhookHosts } from '../plan/plan-webhook.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { makeCertificate, type ServingCertificate } from './make-certificate.ts';

const configurations: ApiResource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
  verbs: [],
};

/** A new one of this name, or one that somebody wrote over, is noticed within this time. */
const checkMs = 5 * 60_000;
const retryMs = 30_000;

export interface WebhookKeeperOptions {
  readonly kube: Pick<KubePort, 'get' | 'jsonPatch'>;
  /** Of the ValidatingWebhookConfiguration. */
  readonly name: string;
  readonly path: string;
  readonly now: () => Date;
  readonly onCertificate: (certificate: ServingCertificate) => void;
  /** Why nobody is heard of; `undefined` once nothing is in the way. */
  readonly onProblem: (problem: string | undefined) => void;
}

/**
 * Keeps one webhook configuration such that the API server trusts this process and asks it at its own path. The certificate is made for
 * the names that the configuration has, and renewed before it ends.
 */
export class WebhookKeeper {
  readonly #options: WebhookKeeperOptions;
  #certificate: ServingCertificate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WebhookKeeperOptions) {
    this.#options = options;
    void this.#check();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #check(): Promise<void> {
    const problem = await this.#keep().catch((error: unknown) => String(error));
    if (this.#isClosed) return;
    this.#options.onProblem(
      problem && `who changes objects isn't known, since admission reviews can't be had: ${problem}`,
    );
    this.#timer = setTimeout(() => void this.#check(), problem === undefined ? checkMs : retryMs);
  }

  async #keep(): Promise<string | undefined> {
    const { kube, name, path, now, onCertificate } = this.#options;
    const ref = { group: configurations.group, kind: configurations.kind, namespace: '', name };
    const found = await kube.get(configurations, ref);
    if (found.type === 'failed') return explain(name, 'read', found.failure);
    const certificate = await this.#certificateFor(webhookHosts(found.object), now());
    const steps = planWebhook(found.object, certificate.certificate, path);
    if (steps.length > 0) {
      const written = await kube.jsonPatch(configurations, ref, steps, { manager: 'fairlead-admission' });
      if (written.type === 'failed') return explain(name, 'patched', written.failure);
    }
    if (this.#isClosed || certificate === this.#certificate) return undefined;
    this.#certificate = certificate;
    onCertificate(certificate);
    return undefined;
  }

  async #certificateFor(hosts: readonly string[], now: Date): Promise<ServingCertificate> {
    const known = this.#certificate;
    const isGood = known !== undefined && known.renewAt > now && known.hosts.join() === hosts.join();
    return isGood ? known : makeCertificate(hosts, now);
  }
}

function explain(name: string, what: 'read' | 'patched', { status, message }: KubeFailure): string {
  return `ValidatingWebhookConfiguration ${name} can't be ${what}: ${message} (${status})`;
}
