import { digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { Problem } from '../../core/problem.ts';
import type { Signer, Source } from '../catalog/documents.ts';
import type { Commit, GitPort, SignaturePort } from '../ports.ts';
import type { Assignment } from '../resolve/assignment.ts';
import {
  judgeSignature,
  type SignatureRule,
  type SignatureVerdict,
  signatureRuleOf,
} from '../resolve/signature-rule.ts';

/** Verdicts that are kept; the oldest goes first. */
const maxVerdicts = 20_000;

/** A source, and the commit that its revision names. */
interface SourceCommit {
  readonly source: Pick<Source, 'type' | 'repoURL'>;
  readonly commit: Pick<Commit, 'id'>;
}

/** Whether the commits that applications name are signed as their projects want it. Each is verified once for one set of keys. */
export class SignatureCheck {
  readonly #git: Pick<GitPort, 'readCommit'>;
  readonly #signatures: SignaturePort;
  readonly #verdicts = new Map<string, Promise<SignatureVerdict>>();
  readonly #signerSets = new WeakMap<readonly Signer[], string>();

  constructor(git: Pick<GitPort, 'readCommit'>, signatures: SignaturePort) {
    this.#git = git;
    this.#signatures = signatures;
  }

  /** Why commits aren't taken for an application; none where they are, or where nobody asks for a signature. */
  async check(
    { project, signers = [] }: Pick<Assignment, 'project' | 'signers'>,
    sources: readonly SourceCommit[],
  ): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    for (const { source, commit } of sources) {
      // A chart is no commit: what it is pinned to is its digest.
      if (source.type === 'chart') continue;
      const { repoURL } = source;
      const rule = signatureRuleOf(project, signers, repoURL);
      if (rule === undefined) continue;
      const verdict = await this.#verdict(rule, repoURL, commit.id);
      const problem = judgeSignature(rule, verdict, { id: commit.id, repoURL });
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  #verdict({ signers }: SignatureRule, repoURL: string, commit: string): Promise<SignatureVerdict> {
    const key = `${commit}\n${this.#setOf(signers)}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = this.#verify(signers, repoURL, commit);
    this.#verdicts.set(key, verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > maxVerdicts && oldest !== undefined) this.#verdicts.delete(oldest);
    // What couldn't be told may be told next time.
    void verdict.then(({ type }) => {
      if (type === 'unverified') this.#verdicts.delete(key);
    });
    return verdict;
  }

  async #verify(signers: readonly Signer[], repoURL: string, commit: string): Promise<SignatureVerdict> {
    try {
      return await this.#signatures.verify(await this.#git.readCommit(repoURL, commit), signers);
    } catch (error) {
      const { message } = AppError.from(error);
      return { type: 'unverified', reason: message, remedy: 'The hub tries again at the next pass' };
    }
  }

  #setOf(signers: readonly Signer[]): string {
    const known = this.#signerSets.get(signers) ?? digest(JSON.stringify(signers));
    this.#signerSets.set(signers, known);
    return known;
  }
}
