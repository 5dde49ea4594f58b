import { decodeDesired, type HeldApplication } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { Head } from '../../core/head.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { packText, unpackBytes } from '../../core/packed-text.ts';
import type { DesiredSet } from '../ports.ts';

/** Decoded applications by digest, so that a generation costs what changed in it. */
export class DecodedDesired {
  #known = new Map<Digest, HeldApplication>();

  /** Takes what the disk has and answers the digests of what could be read. */
  prime(blobs: ReadonlyMap<Digest, Uint8Array>): ReadonlySet<Digest> {
    for (const [digest, bytes] of blobs) {
      try {
        this.#known.set(digest, read(bytes));
      } catch {
        // Whoever asked learns it from the digest that is missing.
      }
    }
    return new Set(this.#known.keys());
  }

  /**
   * What the engine is told. Throws AppError `unsupported` where a content can't be read, `internal` where one is
   * neither given nor known.
   */
  assemble(head: Head, blobs: ReadonlyMap<Digest, Uint8Array>): DesiredSet {
    const known = new Map<Digest, HeldApplication>();
    const applications = new Map<string, { digest: Digest; desired: HeldApplication }>();
    for (const [application, digest] of head.entries) {
      const desired = known.get(digest) ?? this.#known.get(digest) ?? decode(application, blobs.get(digest));
      known.set(digest, desired);
      applications.set(application, { digest, desired });
    }
    this.#known = known;
    return { generation: head.generation, applications };
  }
}

function decode(application: string, bytes: Uint8Array | undefined): HeldApplication {
  if (bytes === undefined)
    throw new AppError('internal', 'a content is neither received nor stored', { subject: application });
  try {
    return read(bytes);
  } catch (cause) {
    throw new AppError('unsupported', "its desired state can't be read by this agent", {
      subject: application,
      remedy: 'Upgrade the agent to the version of the hub',
      cause,
    });
  }
}

/** Manifests are wanted when they are prepared, and then hardly ever again: until then they stay packed. */
function read(bytes: Uint8Array): HeldApplication {
  return { ...decodeDesired(bytes), manifests: new PackedManifests(bytes) };
}

class PackedManifests implements Iterable<Manifest> {
  readonly #packed: Uint8Array;

  /** @param bytes of the application whose manifests they are */
  constructor(bytes: Uint8Array) {
    this.#packed = packText(bytes);
  }

  [Symbol.iterator](): Iterator<Manifest> {
    return decodeDesired(unpackBytes(this.#packed)).manifests[Symbol.iterator]();
  }
}
