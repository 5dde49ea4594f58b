import type { Catalog } from '../catalog/catalog.ts';
import type { FleetConfig } from '../fleet-files.ts';
import type { GitPort, RenderPort, StorePort } from '../ports.ts';
import type { PromotionNews } from '../promotion/describe.ts';
import type { Side } from '../promotion/match-images.ts';
import type { Resolution } from '../resolve/assignment.ts';
import type { PinnedTarget } from './move-pin.ts';
import type { FileContents } from './overlay-tree.ts';
import type { PromotionSource } from './promotion-source.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

export interface DraftDeps {
  readonly git: GitPort;
  readonly render: RenderPort;
  readonly store: StorePort;
  readonly fleet: FleetConfig;
  /** Of the last pass. */
  catalog(): Catalog | undefined;
  resolution(): Resolution;
}

/** What a promotion writes, from which commit, and how it is told. */
export interface Draft {
  readonly news: PromotionNews;
  readonly workspace: Workspace;
  /** Empty where the target runs all of it already. */
  readonly files: FileContents;
  /** Values of the targets' Secrets. */
  readonly secrets: ReadonlySet<string>;
}

/** One promotion under way. */
export interface PromotionSession {
  readonly deps: DraftDeps;
  readonly workspaces: Workspaces;
  readonly fleet: Workspace;
  readonly sources: readonly [PromotionSource, ...PromotionSource[]];
  readonly side: Side;
  readonly news: PromotionNews;
  readonly signal: AbortSignal | undefined;
}

/** A target before it is read. */
export interface PromotionPlace extends PinnedTarget {
  readonly workspace: Workspace | undefined;
}
