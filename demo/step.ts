import type { World } from './world.ts';

/** What a step may use, and what it leaves to those after it. */
export interface Story {
  readonly world: World;
  /** Takes what is being waited for and what is seen meanwhile. */
  readonly show: (text: string) => void;
  /** Commits that a later step takes back. */
  readonly commits: Map<'image' | 'refused', string>;
}

/** What a step saw. */
export interface Evidence {
  /** In one line, for the table at the end. */
  readonly seen: string;
  readonly lines: readonly string[];
}

export interface Step {
  readonly title: string;
  /** Throws StepFailure with what was expected and what was seen instead. */
  run(story: Story): Promise<Evidence>;
}
