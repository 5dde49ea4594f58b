import fc from 'fast-check';
import { normalizeObject } from '../../agent/plan/normalize-object.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import type { Mode } from '../../core/mode.ts';
import { formatRef } from '../../core/object-ref.ts';
import {
  fieldManager,
  ownerOf,
  partOf,
  partOfLabel,
  trackingAnnotation,
  trackingId,
} from '../../core/tracking.ts';
import { KubeClient, KubeError } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { nameOf } from '../support/kubectl.ts';
import { memoryState } from '../support/memory-state.ts';
import { type Case, disagreement } from './agree.ts';
import { customDefinitions } from './custom-specimens.ts';
import { askTruth, type Truth } from './oracle.ts';
import { describeEdit, type Edit, type Round, randomManifest, randomRound } from './random-edits.ts';
import { type Subject, sendEdit, type Version } from './send-edit.ts';
import { manifestOf, type Specimen } from './specimen.ts';
import { specimens } from './specimens.ts';
import { Tide } from './tide.ts';

export interface ArenaOptions {
  readonly access: ClusterAccess;
  readonly seed: number;
  readonly rounds: number;
  /** Of each round. */
  readonly edits: number;
  readonly mode: Mode;
}

/** What was tried, and every object of which the engine told something else than the API server. */
export interface Outcome {
  readonly sent: number;
  readonly refused: number;
  /** Looks at one object. */
  readonly judged: number;
  /** Of those, what the API server said. */
  readonly truths: Readonly<Record<Truth['type'], number>>;
  readonly faults: readonly string[];
}

interface Player {
  readonly subject: Subject;
  /** What was written since it was last as Git says. */
  history: Version[];
  /** Every edit since then, for a report. */
  edits: string[];
}

/** Two objects of each kind under one engine, edited by others for some rounds; ends at the first round with a fault. */
export async function runArena(options: ArenaOptions): Promise<Outcome> {
  const arena = new Arena(options);
  try {
    await arena.open();
    return await arena.play();
  } finally {
    await arena.close();
  }
}

class Arena {
  readonly #options: ArenaOptions;
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #application: string;
  readonly #tide: Tide;
  #rig: EngineRig | undefined;
  #players: readonly Player[] = [];
  #syncs = 0;
  #sent = 0;
  #refused = 0;
  readonly #truths = { missing: 0, unowned: 0, refused: 0, same: 0, changed: 0 };

  constructor(options: ArenaOptions) {
    this.#options = options;
    this.#namespace = `differ-${options.seed}-${options.mode}`;
    this.#application = `differ-${options.seed}`;
    this.#client = new KubeClient(options.access, { userAgent: 'differ', fieldManager: 'differ' });
    this.#tide = new Tide(specimens, this.#namespace, `tide-${options.seed}-${options.mode}`);
  }

  async open(): Promise<void> {
    const { access, mode } = this.#options;
    await this.#client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } });
    for (const definition of customDefinitions) await this.#client.apply(definition);
    await this.#servesCustomKinds();
    await this.#tide.create(this.#client);
    const git = await this.#manifests();
    const isObserved = mode === 'observe';
    if (isObserved) await Promise.all(git.map(({ object }) => this.#client.create(object)));
    this.#players = git.map(({ specimen, object }) => ({
      subject: {
        specimen,
        git: isObserved ? normalizeObject(object) : marked(object, this.#key),
        marked: marked(object, this.#key),
      },
      history: [],
      edits: [],
    }));
    this.#rig = await engineRig(access, memoryState(), this.#tide.between);
    const desired = this.#desired(git.map(({ object }) => object));
    if (!isObserved) await this.#rig.untilApplied(desired);
    else this.#rig.want(desired);
    await this.#settled();
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#client.close();
  }

  async play(): Promise<Outcome> {
    const { seed, rounds, edits } = this.#options;
    const kinds = this.#players.map(({ subject }) => subject.specimen);
    const plan = fc.sample(randomRound(kinds, edits), { seed, numRuns: rounds });
    let faults = await this.#judge();
    for (const round of plan) {
      if (faults.length > 0) break;
      faults = await this.#playRound(round);
    }
    const judged = Object.values(this.#truths).reduce((sum, count) => sum + count, 0);
    return { sent: this.#sent, refused: this.#refused, judged, truths: this.#truths, faults };
  }

  async #playRound(round: Round): Promise<readonly string[]> {
    const byTarget = Map.groupBy(round.edits, ({ target }) => target);
    await Promise.all([...byTarget].map(([target, edits]) => this.#edit(target, edits)));
    await this.#settled();
    const faults = await this.#judge();
    if (faults.length > 0 || round.end === 'left' || this.#options.mode === 'observe') return faults;
    await this.#sync();
    await this.#settled();
    return this.#judge();
  }

  /** The edits of one object, one after another. */
  async #edit(target: number, edits: readonly Edit[]): Promise<void> {
    const player = this.#players[target];
    if (player === undefined) return;
    for (const edit of edits) {
      try {
        const versions = await sendEdit(this.#client, player.subject, edit);
        player.history.push(...versions);
        const version = versions.at(-1)?.object?.metadata.resourceVersion ?? 'gone';
        player.edits.push(describeEdit(edit, version));
        this.#sent += 1;
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        this.#refused += 1;
        player.edits.push(describeEdit(edit, `${error.status} ${error.message.slice(0, 160)}`));
      }
    }
  }

  /** Every event has come, nothing is left to do, and nothing was written meanwhile. */
  async #settled(): Promise<void> {
    for (let before = ''; ; ) {
      await this.#tide.passed(this.#client);
      await this.#rig?.engine.whenIdle();
      const found = await Promise.all(this.#players.map((player) => this.#live(player)));
      const now = found.map((live) => live?.metadata.resourceVersion ?? 'gone').join(' ');
      if (now === before) return;
      before = now;
    }
  }

  async #judge(): Promise<readonly string[]> {
    const faults = await Promise.all(this.#players.map((player) => this.#judgeOne(player)));
    return faults.filter((fault) => fault !== undefined);
  }

  async #judgeOne(player: Player): Promise<string | undefined> {
    const { git, marked: ours } = player.subject;
    const live = await this.#live(player);
    // What is only observed is compared with our marks once somebody has put those on it.
    const isOurs = live !== undefined && ownerOf(live, refOf(git)) === this.#key;
    const truth = await askTruth(this.#client, this.#key, isOurs ? ours : git, live);
    this.#truths[truth.type] += 1;
    const key = formatRef(refOf(git));
    const status = this.#rig?.status(this.#application);
    const drift = status?.drifts.find(({ ref }) => formatRef(ref) === key);
    const isFailed = status?.failures.some(({ ref }) => formatRef(ref) === key) ?? false;
    const ownership: Case['ownership'] = this.#options.mode === 'observe' ? 'left' : 'own';
    const fault = disagreement({ truth, told: { drift, isFailed }, ownership, history: player.history });
    if (fault === undefined) {
      if (truth.type === 'same') {
        const writer = { manager: fieldManager, operation: 'Apply', subresource: '' } as const;
        player.history = [{ writer, object: truth.live }];
        player.edits = [];
      }
      return undefined;
    }
    const parts = [`${key}: ${fault}`, ...player.edits.map((edit) => `  ${edit}`)];
    const told = `  told ${JSON.stringify({ drift, failures: status?.failures.filter(({ ref }) => formatRef(ref) === key) })}`;
    return [...parts, `  Git ${JSON.stringify(git)}`, `  live ${JSON.stringify(live)}`, told].join('\n');
  }

  async #sync(): Promise<void> {
    const rig = this.#rig;
    this.#syncs += 1;
    const id = `sync-${this.#syncs}`;
    const application = this.#key;
    rig?.engine.runOperation({ id, application, request: { type: 'sync' }, requestedBy: 'test' });
    const isEnded = () => ['Succeeded', 'Failed'].includes(rig?.result(id)?.phase ?? '');
    await waitUntil('the sync has ended', isEnded, {
      limitMs: 60_000,
      everyMs: 5,
      detail: () => JSON.stringify(rig?.status(this.#application), undefined, 1),
    });
  }

  get #key(): string {
    return `apps/${this.#application}`;
  }

  async #live({ subject }: Player): Promise<KubeObject | undefined> {
    return (await this.#client.find(nameOf(subject.git))) as KubeObject | undefined;
  }

  #desired(objects: readonly KubeObject[]): DesiredApplication {
    const options = { mode: this.#options.mode, prune: false, namespace: this.#namespace };
    return wantedApplication(this.#application, objects, options);
  }

  /** Two of each kind, as the API server takes them: what chance makes of a manifest isn't always valid. */
  async #manifests(): Promise<readonly { readonly specimen: Specimen; readonly object: KubeObject }[]> {
    const wanted = specimens.flatMap((specimen) => [0, 1].map((index) => ({ specimen, index })));
    return Promise.all(
      wanted.map(async ({ specimen, index }) => {
        const { seed, mode } = this.#options;
        const name = `${specimen.kind.toLowerCase()}-${seed}-${mode}-${index}`;
        const candidates = fc.sample(randomManifest(specimen, name, this.#namespace), {
          seed: seed * 2 + index,
          numRuns: 12,
        });
        for (const object of candidates) if (await this.#isValid(object)) return { specimen, object };
        return { specimen, object: manifestOf(specimen, name, this.#namespace) };
      }),
    );
  }

  async #isValid(object: KubeObject): Promise<boolean> {
    const path = `${await this.#client.path(nameOf(object))}?fieldManager=differ&dryRun=All&fieldValidation=Strict`;
    try {
      await this.#client.request('PATCH', path, object, 'application/apply-patch+yaml');
      return true;
    } catch (error) {
      if (error instanceof KubeError) return false;
      throw error;
    }
  }

  async #servesCustomKinds(): Promise<void> {
    const kinds = specimens.filter(({ patches }) => patches === 'plain');
    for (const specimen of kinds) {
      const probe = manifestOf(specimen, 'probe', this.#namespace);
      await waitUntil(`${specimen.kind} is served`, () => this.#canApply(probe), {
        limitMs: 60_000,
        everyMs: 50,
      });
    }
  }

  async #canApply(object: KubeObject): Promise<boolean> {
    return this.#isValid(object).catch(() => false);
  }
}

/** What is applied of what Git says. */
function marked(object: KubeObject, application: string): KubeObject {
  const { metadata, ...rest } = normalizeObject(object);
  return {
    ...rest,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [partOfLabel]: partOf(application) },
      annotations: { ...metadata.annotations, [trackingAnnotation]: trackingId(application, refOf(object)) },
    },
  };
}
