import { describe, expect, it } from 'vitest';
import { Debouncer } from '../../../agent/observe/debounce.ts';
import { KeptDocuments } from '../../../agent/observe/kept-documents.ts';
import { WatchSet } from '../../../agent/observe/watch-set.ts';
import type { ApiResource, KubePort, WatchHandler } from '../../../agent/ports.ts';
import { AppError } from '../../../core/error.ts';
import { memoryState } from '../../support/memory-state.ts';

/** Time that passes when a test says so. */
function fakeClock() {
  let nowMs = 1_000_000;
  let timers: { readonly at: number; readonly fire: () => void }[] = [];
  return {
    now: () => new Date(nowMs),
    setTimer(ms: number, fire: () => void) {
      const timer = { at: nowMs + ms, fire };
      timers.push(timer);
      return {
        cancel() {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
    pass(ms: number) {
      nowMs += ms;
      const due = timers.filter((timer) => timer.at <= nowMs);
      timers = timers.filter((timer) => timer.at > nowMs);
      for (const timer of due) timer.fire();
    },
  };
}

describe('Debouncer', () => {
  it('runs the first at once, and of repeats only the last when it is quiet', () => {
    const clock = fakeClock();
    const debouncer = new Debouncer(clock);
    const ran: number[] = [];
    for (const index of [1, 2, 3]) debouncer.run('a', () => ran.push(index));
    debouncer.run('b', () => ran.push(10));
    expect(ran).toEqual([1, 10]);
    clock.pass(499);
    expect(ran).toEqual([1, 10]);
    clock.pass(1);
    expect(ran).toEqual([1, 10, 3]);
    clock.pass(500);
    debouncer.run('a', () => ran.push(4));
    expect(ran).toEqual([1, 10, 3, 4]);
  });

  it('runs at the latest after five seconds, however often it is asked', () => {
    const clock = fakeClock();
    const debouncer = new Debouncer(clock);
    let runs = 0;
    for (let passed = 0; passed <= 5_400; passed += 300) {
      debouncer.run('a', () => {
        runs += 1;
      });
      clock.pass(300);
    }
    expect(runs).toBe(2);
  });
});

describe('WatchSet', () => {
  const resource: ApiResource = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
    verbs: [],
  };

  it('keeps nobody waiting for a watch that was closed or replaced', async () => {
    const handlers: WatchHandler[] = [];
    const kube = {
      watch(_resource: ApiResource, _options: object, handler: WatchHandler) {
        handlers.push(handler);
        return { close: () => undefined };
      },
    } as unknown as KubePort;
    const nothing = () => undefined;
    const watches = new WatchSet(kube, {
      onObject: nothing,
      onDeleted: nothing,
      onSynced: nothing,
      onProblem: nothing,
    });
    watches.use([{ resource, scope: 'ours', namespace: '' }]);
    let isReady = false;
    const ready = watches.ready(resource, 'shop').then(() => {
      isReady = true;
    });
    watches.use([{ resource, scope: 'all', namespace: '' }]);
    await new Promise(setImmediate);
    expect(isReady).toBe(false);
    handlers[1]?.onSynced(new Set(), '1');
    await ready;
    watches.use([]);
    watches.use([{ resource, scope: 'ours', namespace: '' }]);
    const closed = watches.ready(resource, 'shop');
    watches.close();
    await closed;
  });

  it('watches each namespace on its own where they are named, and waits for the one that is asked for', async () => {
    const opened = new Map<string | undefined, WatchHandler>();
    const kube = {
      watch(_resource: ApiResource, { namespace }: { namespace?: string }, handler: WatchHandler) {
        opened.set(namespace, handler);
        return { close: () => undefined };
      },
    } as unknown as KubePort;
    const synced: string[] = [];
    const watches = new WatchSet(kube, {
      onObject: () => undefined,
      onDeleted: () => undefined,
      onSynced: (_resource, namespace) => void synced.push(namespace),
      onProblem: () => undefined,
    });
    watches.use(['shop', 'payments'].map((namespace) => ({ resource, scope: 'ours', namespace }) as const));
    expect([...opened.keys()]).toEqual(['shop', 'payments']);
    opened.get('shop')?.onSynced(new Set(), '1');
    await watches.ready(resource, 'shop');
    expect(synced).toEqual(['shop']);
    expect(watches.isSettled(resource, 'payments')).toBe(false);
    opened.get('payments')?.onProblem({ status: 403, reason: 'Forbidden', message: 'no', causes: [] });
    await watches.ready(resource, 'payments');
    expect(watches.problems()).toEqual(["can't watch configmaps in namespace payments: no"]);
    watches.close();
  });
});

describe('KeptDocuments', () => {
  const open = (state: ReturnType<typeof memoryState>, clock: ReturnType<typeof fakeClock>) =>
    new KeptDocuments<{ value: number }>({
      state,
      name: 'kept',
      shards: 4,
      setTimer: clock.setTimer,
      onError: () => undefined,
    });

  it('writes the changes of a second at once, and only what changed', async () => {
    const state = memoryState();
    const clock = fakeClock();
    const documents = open(state, clock);
    documents.set('a', { value: 1 });
    documents.set('a', { value: 2 });
    expect(state.documents.size).toBe(0);
    clock.pass(1_001);
    await documents.flush();
    expect([...state.documents.values()]).toEqual([{ a: { value: 2 } }]);
  });

  it('waits longer for more changes the more it keeps, up to ten seconds', async () => {
    const waits: number[] = [];
    const setTimer = (ms: number) => {
      waits.push(ms);
      return { cancel: () => undefined };
    };
    const documents = open(memoryState(), { ...fakeClock(), setTimer });
    for (const count of [1, 1_000, 20_000]) {
      for (let value = 0; value < count; value += 1) documents.set(`key-${value}`, { value });
      await documents.flush();
      documents.set('key-0', { value: -1 });
      await documents.flush();
    }
    expect(waits.map(Math.round)).toEqual([1_001, 1_001, 1_001, 1_500, 1_500, 10_000]);
  });

  it('writes again what the disk did not take', async () => {
    const state = memoryState();
    const clock = fakeClock();
    const { saveDocument } = state;
    const documents = open(state, clock);
    documents.set('a', { value: 1 });
    state.saveDocument = async () => {
      throw new Error('no space left');
    };
    await documents.flush();
    state.saveDocument = saveDocument;
    clock.pass(1_000);
    await documents.flush();
    expect([...state.documents.values()]).toEqual([{ a: { value: 1 } }]);
  });

  it('tells who has to rely on it that the disk did not take it, and keeps it later', async () => {
    const state = memoryState();
    const { saveDocument } = state;
    const documents = open(state, fakeClock());
    state.saveDocument = async () => {
      throw new AppError('unavailable', 'the disk is full');
    };
    documents.set('a', { value: 1 });
    await expect(documents.keep()).rejects.toThrow('the disk is full');
    state.saveDocument = saveDocument;
    await documents.keep();
    expect([...state.documents.values()]).toEqual([{ a: { value: 1 } }]);
  });

  it('is kept only once it outlives the node, also what was written to the disk before; and asks for nothing twice', async () => {
    const state = memoryState();
    const clock = fakeClock();
    const secured: string[][] = [];
    let isDown = true;
    state.secureDocuments = async (names) => {
      if (isDown) throw new AppError('unavailable', 'no answer');
      secured.push([...names]);
    };
    const documents = open(state, clock);
    documents.set('a', { value: 1 });
    await documents.flush();
    await expect(documents.keep()).rejects.toThrow('no answer');
    isDown = false;
    await documents.keep();
    await documents.keep();
    expect(secured).toEqual([[...state.documents.keys()]]);
  });

  it('finds again what an earlier process kept, and forgets what was deleted', async () => {
    const state = memoryState();
    const clock = fakeClock();
    const first = open(state, clock);
    for (const key of ['a', 'b', 'c']) first.set(key, { value: key.charCodeAt(0) });
    first.delete('b');
    await first.flush();
    const second = open(state, clock);
    await second.read();
    expect(['a', 'b', 'c'].map((key) => second.get(key)?.value)).toEqual([97, undefined, 99]);
  });
});
