import fc from 'fast-check';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import { normalizeObject } from '../../agent/plan/normalize-object.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import type { Drift } from '../../core/drift.ts';
import { openGuard } from '../../core/guard.ts';
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
import { judgeCourse } from './account.ts';
import { type Case, disagreement } from './agree.ts';
import { Chronicle } from './chronicle.ts';
import { customDefinitions } from './custom-specimens.ts';
import { Deeds } from './deeds.ts';
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
  /** Writes of the engine that put something right, and of those, the ones that somebody was quicker than. */
  readonly heals: number;
  readonly outrun: number;
  readonly faults: readonly string[];
}

/** How far the engine's clock goes ahead between two rounds: many edits of one object in a row are no fight then. */
const apartMs = 10 * 60_000;

interface Player {
  readonly subject: Subject;
  /** What was written since it was last as Git says. */
  history: Version[];
  /** Every edit since then, for a report. */
  edits: string[];
  truth: Truth['type'];
  /** A sync that was asked for met another application's mark, or a refusal: it goes on once that is gone. */
  isPending: boolean;
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
  #heals = 0;
  #outrun = 0;
  #aheadMs = 0;
  #eventsJudged = 0;
  #chronicle: Chronicle | undefined;
  readonly #deeds = new Deeds((key) => this.#openDrift(key));
  /** Versions that were made by an edit. */
  readonly #edited = new Set<string>();
  readonly #truths = { missing: 0, unowned: 0, refused: 0, same: 0, changed: 0 };

  constructor(options: ArenaOptions) {
    this.#options = options;
    this.#namespace = `differ-${options.seed}-${options.mode}`;
    this.#application = this.#namespace;
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
      truth: 'same',
      isPending: false,
    }));
    const { server, caPem, token } = access;
    const connection = await openConnection({ type: 'explicit', server, caPem, token });
    this.#chronicle = new Chronicle(openKube(connection));
    await this.#chronicle.open(specimens, this.#namespace);
    this.#rig = await engineRig(
      access,
      memoryState(),
      (kube) => this.#deeds.between(this.#tide.between(kube)),
      openGuard,
      { now: () => new Date(Date.now() + this.#aheadMs) },
    );
    const desired = this.#desired(git.map(({ object }) => object));
    if (!isObserved) await this.#rig.untilApplied(desired);
    else this.#rig.want(desired);
    await this.#settled();
    await this.#forget();
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    await this.#chronicle?.close();
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
    return {
      sent: this.#sent,
      refused: this.#refused,
      judged,
      truths: this.#truths,
      heals: this.#heals,
      outrun: this.#outrun,
      faults,
    };
  }

  async #playRound(round: Round): Promise<readonly string[]> {
    const byTarget = Map.groupBy(round.edits, ({ target }) => target);
    await Promise.all([...byTarget].map(([target, edits]) => this.#edit(target, edits)));
    await this.#settled();
    const faults = [...(await this.#judgeCourses()), ...(await this.#judge())];
    this.#aheadMs += apartMs;
    if (faults.length > 0 || round.end === 'left' || this.#options.mode === 'observe') return faults;
    await this.#sync();
    await this.#settled();
    const left = await this.#judge();
    for (const player of this.#players) player.isPending = player.truth !== 'same';
    await this.#forget();
    return left;
  }

  /** The edits of one object, one after another. */
  async #edit(target: number, edits: readonly Edit[]): Promise<void> {
    const player = this.#players[target];
    if (player === undefined) return;
    for (const edit of edits) {
      try {
        const versions = await sendEdit(this.#client, player.subject, edit);
        player.history.push(...versions);
        for (const { object, writer } of versions) {
          // After a scale the object was read, and may be the engine's by then.
          if (writer.subresource !== 'scale') this.#edited.add(object?.metadata.resourceVersion ?? '');
        }
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

  /** What was written and told on the way here. */
  async #judgeCourses(): Promise<readonly string[]> {
    const events = this.#rig?.drifts(this.#application).slice(this.#eventsJudged) ?? [];
    const faults: string[] = [];
    await this.#caughtUp();
    for (const player of this.#players) {
      const key = formatRef(refOf(player.subject.git));
      const account = judgeCourse({
        entries: this.#chronicle?.entriesOf(key) ?? [],
        events: events.filter(({ drift }) => formatRef(drift.ref) === key),
        deedOf: ({ type, object }) => {
          const isEdited = this.#edited.has(object.metadata.resourceVersion ?? '');
          return type === 'gone' || isEdited ? undefined : this.#deeds.of(object);
        },
      });
      this.#heals += account.heals;
      this.#outrun += account.outrun;
      const isUnasked = account.heals > 0 && this.#options.mode !== 'heal' && !player.isPending;
      const unasked = isUnasked ? ['the engine changed it, and nobody asked for that'] : [];
      const found = [...account.faults, ...unasked].map((fault) => `${key}: ${fault}`);
      if (found.length > 0) faults.push(...found, ...player.edits.map((edit) => `  ${edit}`));
    }
    await this.#forget();
    return faults;
  }

  /** The chronicle has all that was written. */
  async #caughtUp(): Promise<void> {
    for (const player of this.#players) {
      const live = await this.#live(player);
      const key = formatRef(refOf(player.subject.git));
      await this.#chronicle?.reaches(key, live?.metadata.resourceVersion);
    }
  }

  /** What came before is judged, and so is what a sync wrote. */
  async #forget(): Promise<void> {
    await this.#caughtUp();
    this.#eventsJudged = this.#rig?.drifts(this.#application).length ?? 0;
    for (const { subject } of this.#players) this.#chronicle?.forget(formatRef(refOf(subject.git)));
  }

  #openDrift(key: string): Drift | undefined {
    const last = this.#rig?.drifts(this.#application).findLast(({ drift }) => formatRef(drift.ref) === key);
    return last === undefined || last.change === 'closed' ? undefined : last.drift;
  }

  async #judgeOne(player: Player): Promise<string | undefined> {
    const { git, marked: ours } = player.subject;
    const live = await this.#live(player);
    // What is only observed is compared with our marks once somebody has put those on it.
    const isOurs = live !== undefined && ownerOf(live, refOf(git)) === this.#key;
    const truth = await askTruth(this.#client, this.#key, isOurs ? ours : git, live);
    this.#truths[truth.type] += 1;
    player.truth = truth.type;
    const key = formatRef(refOf(git));
    const status = this.#rig?.status(this.#application);
    const drift = status?.drifts.find(({ ref }) => formatRef(ref) === key);
    const isFailed = status?.failures.some(({ ref }) => formatRef(ref) === key) ?? false;
    const { mode } = this.#options;
    const ownership: Case['ownership'] = mode === 'observe' ? 'left' : 'own';
    // Whose the engine's own writes are, no edit says.
    const history = mode === 'heal' ? [] : player.history;
    const isHealed = mode === 'heal' && !this.#isResting(key);
    const isLeft = isHealed && (truth.type === 'missing' || truth.type === 'changed');
    const fault = isLeft
      ? `it is ${truth.type}, and neither healed nor rests`
      : disagreement({ truth, told: { drift, isFailed }, ownership, history });
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

  /** Healed so often in a row that it is left alone for a while. */
  #isResting(key: string): boolean {
    const gates = this.#rig?.status(this.#application)?.gates ?? [];
    return gates.some((gate) => gate.id === `fight ${key}`);
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
      await waitUntil(`${specimen.kind} is served`, () => this.#isValid(probe).catch(() => false), {
        limitMs: 60_000,
        everyMs: 50,
      });
    }
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
