import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { ClusterAccess } from './kubeconfig.ts';
import { ManagedProcess } from './managed-process.ts';
import { freePorts } from './ports.ts';
import type { Reaper } from './reaper.ts';

/** What an API server needs to start. */
export interface ApiServerOptions {
  /** Name of the cluster; also its prefix in etcd. */
  readonly name: string;
  /** Path of the kube-apiserver binary. */
  readonly command: string;
  readonly etcdUrl: string;
  /** Folder for keys, certificates and the log, of this cluster alone. */
  readonly dir: string;
  /**
   * Whether something makes the `default` ServiceAccount of every namespace.
   * Where nothing does, the admission plugin that asks for it is off.
   */
  readonly serviceAccounts: 'made' | 'absent';
  /** `requests`: each request, without its contents, is a line of `auditLog`. Default: none is noted down. */
  readonly audit?: 'requests';
  readonly reaper: Reaper;
}

const readyLimitMs = 120_000;
const attempts = 3;
const portTaken = 'address already in use';

/** One kube-apiserver. Its address, keys and data stay the same when it is started again. */
export class ApiServer {
  readonly name: string;
  readonly #options: ApiServerOptions;
  readonly #token = randomUUID();
  #port = 0;
  #process: ManagedProcess | undefined;

  constructor(options: ApiServerOptions) {
    this.name = options.name;
    this.#options = options;
    mkdirSync(options.dir, { recursive: true });
    writeFileSync(this.#file('tokens.csv'), `${this.#token},admin,admin,"system:masters"\n`);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(this.serviceAccountKeyFile, privateKey.export({ type: 'sec1', format: 'pem' }));
  }

  /** Key that signs the tokens of ServiceAccounts. */
  get serviceAccountKeyFile(): string {
    return this.#file('service-account.key');
  }

  /** Its serving certificate, made by the first start. */
  get certificate(): { readonly certFile: string; readonly keyFile: string } {
    return { certFile: this.#file('apiserver.crt'), keyFile: this.#file('apiserver.key') };
  }

  /** The file that its requests are noted down in, where that was asked for. */
  get auditLog(): string {
    return this.#file('audit.log');
  }

  /** How to reach it as an administrator, once it was started. */
  get access(): ClusterAccess {
    const server = `https://127.0.0.1:${this.#port}`;
    return { name: this.name, server, caPem: this.#readCa(), token: this.#token };
  }

  /** The process of the last start. */
  get process(): ManagedProcess | undefined {
    return this.#process;
  }

  /**
   * Starts it and waits until it is ready: the first time on a free port, later
   * on the same one.
   *
   * @throws Error with its last log lines, where it doesn't become ready.
   */
  async start(): Promise<void> {
    if (this.#process?.isRunning) return;
    const isFirst = this.#port === 0;
    for (let attempt = 1; ; attempt += 1) {
      if (isFirst) this.#port = (await freePorts(1))[0] ?? 0;
      const process = this.#spawn();
      this.#process = process;
      try {
        await process.waitUntilReady(() => this.#isReady(), readyLimitMs);
        return;
      } catch (error) {
        await process.kill();
        const clash = process.lastLines().includes(portTaken);
        if (!clash || attempt === attempts) throw error;
      }
    }
  }

  /** Ends it; open watches are cut. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** Stops it and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  #spawn(): ManagedProcess {
    const { name, command, dir, reaper } = this.#options;
    return new ManagedProcess({
      name: `${name}-kube-apiserver`,
      command,
      args: this.#args(),
      dir,
      reaper,
    });
  }

  #args(): readonly string[] {
    const { name, etcdUrl, dir, serviceAccounts, audit } = this.#options;
    const key = this.serviceAccountKeyFile;
    return [
      `--etcd-servers=${etcdUrl}`,
      `--etcd-prefix=/${name}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.#port}`,
      `--cert-dir=${dir}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${this.#file('tokens.csv')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged=true',
      // A loopback address is no valid endpoint of the `kubernetes` service.
      '--endpoint-reconciler-type=none',
      ...(serviceAccounts === 'absent' ? ['--disable-admission-plugins=ServiceAccount'] : []),
      ...(audit === undefined ? [] : this.#auditArgs()),
    ];
  }

  #auditArgs(): readonly string[] {
    const policy = this.#file('audit-policy.json');
    const rules = [{ level: 'Metadata', omitStages: ['RequestReceived'] }];
    writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
    return [`--audit-policy-file=${policy}`, `--audit-log-path=${this.auditLog}`];
  }

  #file(name: string): string {
    return join(this.#options.dir, name);
  }

  /** The server writes its own certificate first and then the authority's. */
  #readCa(): string {
    const pem = readFileSync(this.certificate.certFile, 'utf8');
    return pem.slice(pem.lastIndexOf('-----BEGIN CERTIFICATE-----'));
  }

  #isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const ready = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path: '/readyz',
          headers: { authorization: `Bearer ${this.#token}` },
          // The certificate is made during the start and isn't known before it.
          rejectUnauthorized: false,
          agent: false,
          timeout: 2_000,
        },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      );
      ready.on('timeout', () => ready.destroy());
      ready.on('error', () => resolve(false));
      ready.end();
    });
  }
}
