import type { Writer } from '../../core/drift.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { partOf, partOfLabel, trackingAnnotation, trackingId } from '../../core/tracking.ts';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';
import { nameOf } from '../support/kubectl.ts';
import { appliedPart, changed, jsonPatch, mergePatch, strategicPatch } from './change-object.ts';
import { getAt, overlay, setAt } from './object-path.ts';
import type { Act, Change, Edit, Form } from './random-edits.ts';
import type { Specimen } from './specimen.ts';

/** One write as it went: the object after it, absent where it is gone, and who did it. */
export interface Version {
  readonly object?: KubeObject;
  readonly writer: Writer;
}

/** One object of the test: what Git says, and of which kind it is. */
export interface Subject {
  readonly specimen: Specimen;
  /** As it is applied, with our marks; without them where it is only observed. */
  readonly git: KubeObject;
  /** With our marks. */
  readonly marked: KubeObject;
}

const mimeTypes = {
  put: 'application/json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

interface Request {
  readonly how: keyof typeof mimeTypes;
  readonly body: Json;
  readonly subresource?: string;
  readonly force?: false;
}

/** Carries out one edit by real requests. Throws KubeError where the API server refuses one. */
export async function sendEdit(
  client: KubeClient,
  subject: Subject,
  edit: Edit,
): Promise<readonly Version[]> {
  const sender = new Sender(client, subject, edit.writer);
  await sender.act(edit.act);
  return sender.versions;
}

class Sender {
  readonly #client: KubeClient;
  readonly #subject: Subject;
  readonly #manager: string;
  readonly versions: Version[] = [];

  constructor(client: KubeClient, subject: Subject, manager: string) {
    this.#client = client;
    this.#subject = subject;
    this.#manager = manager;
  }

  async act(act: Act): Promise<void> {
    switch (act.type) {
      case 'change':
        return this.#change(act.form, act.change);
      case 'there-and-back':
        return this.#thereAndBack(act.form, act.change);
      case 'scale':
        return this.#scale(act.by, act.replicas);
      case 'status':
        return this.#write({
          how: 'merge',
          body: { status: this.#subject.specimen.status },
          subresource: 'status',
        });
      case 'wipe':
        return this.#write({ how: 'merge', body: { metadata: { managedFields: [{}] } } });
      case 'marks':
        return this.#write({ how: 'merge', body: { metadata: this.#marks(act.to) } });
      case 'restore':
        return this.#restore(act.by);
      case 'delete':
        return this.#delete();
      case 'recreate':
        await this.#delete();
        return this.#create(act);
    }
  }

  async #change(form: Form, change: Change): Promise<void> {
    const live = await this.#read();
    await this.#write(requestOf(form, live, changed(live, change), change));
  }

  async #thereAndBack(form: Form, change: Change): Promise<void> {
    const live = await this.#read();
    await this.#write(requestOf(form, live, changed(live, change), change));
    const there = await this.#read();
    const value = getAt(live, change.path);
    const back: Change =
      value === undefined ? { type: 'unset', path: change.path } : { type: 'set', path: change.path, value };
    const how = form === 'strategic' && change.type !== 'set' ? 'put' : form;
    await this.#write(requestOf(how, there, setAt(there, change.path, value) as KubeObject, back));
  }

  /** A patch as kubectl sends it, or a replacement as autoscalers do. */
  async #scale(by: 'patch' | 'put', replicas: number): Promise<void> {
    if (by === 'patch')
      return this.#write({ how: 'merge', body: { spec: { replicas } }, subresource: 'scale' });
    const scale = await this.#client.request('GET', `${await this.#path()}/scale`);
    await this.#write({ how: 'put', body: { ...scale, spec: { replicas } }, subresource: 'scale' });
  }

  #marks(to: Extract<Act, { type: 'marks' }>['to']): Json {
    const { git, marked } = this.#subject;
    const isObserved = git.metadata.labels?.[partOfLabel] === undefined;
    switch (to) {
      case 'no-label':
        // Where it has none, somebody puts ours on.
        return isObserved ? marksOf(marked) : { labels: { [partOfLabel]: null } };
      case 'no-tracking':
        return { annotations: { [trackingAnnotation]: null } };
      case 'copied':
        return {
          annotations: { [trackingAnnotation]: `${marked.metadata.annotations?.[trackingAnnotation]}-copy` },
        };
      case 'another-application':
        return {
          labels: { [partOfLabel]: partOf('apps/another') },
          annotations: { [trackingAnnotation]: trackingId('apps/another', refOf(git)) },
        };
    }
  }

  async #restore(by: 'put' | 'apply'): Promise<void> {
    const { git } = this.#subject;
    if (by === 'apply') return this.#write({ how: 'apply', body: git });
    const body = overlay(await this.#read(), git);
    await this.#write({ how: 'put', body });
  }

  /** Whoever holds it back lets go too, as controllers do that don't run here. */
  async #delete(): Promise<void> {
    const name = nameOf(this.#subject.git);
    await this.#client.delete(name);
    const left = await this.#client.find(name);
    if (left !== undefined) {
      await this.#client.patch(name, { metadata: { finalizers: null } }).catch(ignoreGone);
    }
    this.#note(undefined, '');
  }

  async #create(act: Extract<Act, { type: 'recreate' }>): Promise<void> {
    const { git } = this.#subject;
    const wanted = changed(git, act.change);
    const object = act.marks === 'with' ? wanted : withoutMarks(wanted);
    if (act.by === 'apply') return this.#write({ how: 'apply', body: object });
    const collection = (await this.#path()).replace(/\/[^/]+$/, '');
    const query = `?fieldManager=${this.#manager}`;
    const made = await this.#client.request('POST', `${collection}${query}`, object);
    this.#note(made as KubeObject, '');
  }

  async #write({ how, body, subresource, force }: Request): Promise<void> {
    const path = `${await this.#path()}${subresource === undefined ? '' : `/${subresource}`}`;
    const forced = how === 'apply' ? `&force=${force ?? true}` : '';
    const query = `?fieldManager=${this.#manager}${forced}`;
    const answer = await this.#client.request(
      how === 'put' ? 'PUT' : 'PATCH',
      `${path}${query}`,
      body,
      mimeTypes[how],
    );
    const object = subresource === 'scale' ? await this.#read() : (answer as KubeObject);
    this.#note(object, subresource ?? '', how === 'apply' ? 'Apply' : 'Update');
  }

  #note(
    object: KubeObject | undefined,
    subresource: string,
    operation: Writer['operation'] = 'Update',
  ): void {
    const writer: Writer = { manager: this.#manager, operation, subresource };
    this.versions.push({ writer, ...(object === undefined ? {} : { object }) });
  }

  #path(): Promise<string> {
    return this.#client.path(nameOf(this.#subject.git));
  }

  async #read(): Promise<KubeObject> {
    return (await this.#client.get(nameOf(this.#subject.git))) as KubeObject;
  }
}

function marksOf({ metadata: { labels, annotations } }: KubeObject): Json {
  return {
    labels: { [partOfLabel]: labels?.[partOfLabel] ?? null },
    annotations: { [trackingAnnotation]: annotations?.[trackingAnnotation] ?? null },
  };
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof KubeError) || error.status !== 404) throw error;
}

function requestOf(form: Form, live: KubeObject, after: KubeObject, change: Change): Request {
  switch (form) {
    case 'put':
      return { how: 'put', body: after };
    case 'merge':
      return { how: 'merge', body: mergePatch(live, after) };
    case 'json':
      return { how: 'json', body: jsonPatch(live, after) };
    case 'strategic':
      return { how: 'strategic', body: strategicPatch(live, change) };
    case 'apply':
      return { how: 'apply', body: named(live, appliedPart(live, change)) };
    case 'apply-yields':
      return { how: 'apply', body: named(live, appliedPart(live, change)), force: false };
    case 'apply-whole':
      return { how: 'apply', body: withoutServerMembers(after) };
  }
}

function named(live: KubeObject, part: Json): Json {
  const { name, namespace } = live.metadata;
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return overlay({ apiVersion: live.apiVersion, kind: live.kind, metadata }, part);
}

function withoutServerMembers({ status: _status, metadata, ...rest }: KubeObject): Json {
  const {
    managedFields: _m,
    resourceVersion: _r,
    uid: _u,
    generation: _g,
    creationTimestamp: _c,
    ...kept
  } = metadata;
  return { ...rest, metadata: kept };
}

function withoutMarks(object: KubeObject): KubeObject {
  const bare = setAt(object, ['metadata', 'labels', partOfLabel], undefined);
  const found = setAt(bare, ['metadata', 'annotations', trackingAnnotation], undefined);
  return (isJsonObject(found) ? found : object) as KubeObject;
}
