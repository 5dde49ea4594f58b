import type { Digest } from '../../core/digest.ts';
import type { Guard } from '../../core/guard.ts';
import type { Log } from '../../core/log.ts';
import type { ResourceIndex } from '../plan/resource-index.ts';
import type { RootObject } from '../plan/resource-tree.ts';
import type { KubePort } from '../ports.ts';

export interface InspectClock {
  now(): Date;
  setTimer(ms: number, fire: () => void): { cancel(): void };
}

/** What the engine knows, and an answer begins with. */
export interface InspectedApplications {
  /** The objects of an application; `undefined` where it isn't one of this cluster. */
  objectsOf(application: string): readonly RootObject[] | undefined;
  /** What the API server serves. */
  served(): ResourceIndex;
}

export interface InspectorOptions {
  /** Behind the guard. */
  readonly kube: KubePort;
  readonly applications: InspectedApplications;
  readonly guard: Guard;
  /** The keyed hash that masks values of Secrets. */
  readonly seal: (text: string) => Digest;
  readonly clock: InspectClock;
  readonly log: Log;
}
