import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { packText, unpackText } from '../../core/packed-text.ts';
import type { PreparedObject } from './prepared-object.ts';

/** Characters that are packed together: more would make each reading dearer, fewer would pack worse. */
const blockSize = 16 * 1024;

/**
 * The same objects with their manifests packed: of ten thousand objects hardly one is being compared or written, so that
 * the others need not lie about as objects. Each reading of `object` is a new one.
 */
export function packObjects(
  objects: ReadonlyMap<string, PreparedObject>,
): ReadonlyMap<string, PreparedObject> {
  const packed = new Map<string, PreparedObject>();
  let waiting: { readonly prepared: PreparedObject; readonly text: string }[] = [];
  let size = 0;
  const pack = (): void => {
    const block = new Block(waiting.map(({ text }) => text).join(''));
    let start = 0;
    for (const { prepared, text } of waiting) {
      packed.set(prepared.key, new PackedObject(prepared, block, start, start + text.length));
      start += text.length;
    }
    waiting = [];
    size = 0;
  };
  for (const prepared of objects.values()) {
    const text = writeJson(prepared.object as Json);
    waiting.push({ prepared, text });
    size += text.length;
    if (size >= blockSize) pack();
  }
  if (waiting.length > 0) pack();
  return packed;
}

/** Manifests that are packed together. What was read stays as long as the garbage collector leaves it: often the next is wanted at once. */
class Block {
  readonly #packed: Uint8Array;
  #read: WeakRef<{ readonly text: string }> | undefined;

  constructor(text: string) {
    this.#packed = packText(text);
  }

  read(start: number, end: number): KubeObject {
    let read = this.#read?.deref();
    if (read === undefined) {
      read = { text: unpackText(this.#packed) };
      this.#read = new WeakRef(read);
    }
    return parseJson(read.text.slice(start, end)) as KubeObject;
  }
}

/** A class for its getter alone: one of an object literal would cost each object more than its manifest does. */
class PackedObject implements PreparedObject {
  readonly key: PreparedObject['key'];
  readonly ref: PreparedObject['ref'];
  readonly apiVersion: PreparedObject['apiVersion'];
  readonly annotations: PreparedObject['annotations'];
  readonly digest: PreparedObject['digest'];
  readonly wave: PreparedObject['wave'];
  readonly protections: PreparedObject['protections'];
  readonly unvalidated?: true;
  readonly ignored?: NonNullable<PreparedObject['ignored']>;
  readonly #block: Block;
  readonly #start: number;
  readonly #end: number;

  constructor(prepared: PreparedObject, block: Block, start: number, end: number) {
    this.key = prepared.key;
    this.ref = prepared.ref;
    this.apiVersion = prepared.apiVersion;
    this.annotations = prepared.annotations;
    this.digest = prepared.digest;
    this.wave = prepared.wave;
    this.protections = prepared.protections;
    if (prepared.unvalidated !== undefined) this.unvalidated = prepared.unvalidated;
    if (prepared.ignored !== undefined) this.ignored = prepared.ignored;
    this.#block = block;
    this.#start = start;
    this.#end = end;
  }

  get object(): KubeObject {
    return this.#block.read(this.#start, this.#end);
  }
}
