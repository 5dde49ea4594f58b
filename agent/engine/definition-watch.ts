import { guardProblem } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatGroupKind } from '../../core/object-ref.ts';
import { isBuiltInGroup } from '../../core/scope.ts';
import type { KeptDocuments } from '../observe/kept-documents.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { Watch } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

type Services = Pick<EngineServices, 'catalog' | 'guard' | 'kube' | 'log' | 'works'>;

/** A definition as it was seen last. */
export interface KeptDefinition {
  /** Its uid and generation: the API server counts the changes of its spec. */
  readonly seen: string;
}

const definitions = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' };

/**
 * Tells when a CustomResourceDefinition of a kind in use changed: its schema, defaults, conversion or versions, whoever
 * owns it. It watches their metadata alone, and only while an application has objects of a custom kind and the guard lets
 * definitions be seen; without that right the sweep finds out in its own time.
 */
export class DefinitionWatch {
  readonly #services: Services;
  readonly #kept: KeptDocuments<KeptDefinition>;
  readonly #onChanged: (groupKind: string) => void;
  readonly #seen = new Map<string, string>();
  #watch: Watch | undefined;
  #isClosed = false;

  constructor(
    services: Services,
    kept: KeptDocuments<KeptDefinition>,
    onChanged: (groupKind: string) => void,
  ) {
    this.#services = services;
    this.#kept = kept;
    this.#onChanged = onChanged;
  }

  /** What applications have may be of other kinds now. */
  desiredChanged(): void {
    if (this.#isClosed) return;
    const { works } = this.#services;
    if (!works().some(({ ref }) => !isBuiltInGroup(ref.group))) {
      this.#end();
      return;
    }
    if (this.#watch === undefined) this.#begin();
    for (const [name, seen] of this.#seen) this.#keep(name, seen);
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  #begin(): void {
    const { catalog, guard, kube } = this.#services;
    const found = resolveKind(catalog.discovered, definitions.group, definitions.kind);
    const problem = guardProblem(guard, { ...definitions, namespace: '', name: 'any' });
    if (found.type !== 'served' || problem !== undefined) return;
    this.#watch = kube.watch(
      found.resource,
      { form: 'metadata' },
      {
        onSynced: (live) => this.#drop(live),
        onObject: (object) => this.#note(object),
        onDeleted: ({ metadata }) => this.#forget(metadata.name ?? ''),
        onProblem: (failure) => {
          if (failure === undefined) return;
          this.#services.log.warn({ error: failure.message }, 'definitions of custom kinds are not watched');
          // Who may not see them is not told by asking again; the next desired state is time enough.
          if (failure.status === 403) this.#end();
        },
      },
    );
  }

  #end(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#seen.clear();
  }

  #note({ metadata }: KubeObject): void {
    const { name = '', uid = '', generation = 0 } = metadata;
    const seen = `${uid}/${generation}`;
    const before = this.#seen.get(name) ?? this.#kept.get(name)?.seen;
    this.#seen.set(name, seen);
    if (before === seen) return;
    const kinds = this.#keep(name, seen);
    if (before !== undefined) for (const kind of kinds) this.#onChanged(kind);
  }

  /** Remembers the definition of a kind in use. Returns the kinds in use that it defines. */
  #keep(name: string, seen: string): readonly string[] {
    const kinds = this.#kindsOf(name);
    if (kinds.length > 0 && this.#kept.get(name)?.seen !== seen) this.#kept.set(name, { seen });
    return kinds;
  }

  #kindsOf(name: string): readonly string[] {
    const { catalog, works } = this.#services;
    const isDefined = (group: string, kind: string): boolean => {
      const resources = catalog.discovered.byKind.get(`${group}/${kind}`) ?? [];
      return resources.some((resource) => `${resource.plural}.${resource.group}` === name);
    };
    const group = name.slice(name.indexOf('.') + 1);
    const inUse = new Set(works().flatMap(({ ref }) => (ref.group === group ? [formatGroupKind(ref)] : [])));
    return [...inUse].filter((each) => isDefined(group, each.slice(group.length + 1)));
  }

  #forget(name: string): void {
    this.#seen.delete(name);
    this.#kept.delete(name);
  }

  /** What was deleted while nobody watched. `live` has keys `/name`. */
  #drop(live: ReadonlySet<string>): void {
    for (const [name] of this.#kept.entries()) if (!live.has(`/${name}`)) this.#forget(name);
  }
}
