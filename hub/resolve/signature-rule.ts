import { matchesGlob } from '../../core/glob.ts';
import { formatLocation, type Location, type Problem } from '../../core/problem.ts';
import type { ProjectDocument, SignaturePolicy, Signer } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';
import { normaliseGitUrl } from './normalise-git-url.ts';

/** Whose commits of a repository a project takes. */
export interface SignatureRule {
  readonly project: string;
  /** As the project writes them: ids and fingerprints of keys, names of signers. */
  readonly keys: readonly string[];
  /** Every key that the fleet knows, so that it can be said who signed. */
  readonly signers: readonly Signer[];
  /** Of the policy. */
  readonly location: Location;
}

/** What a commit's signature came to. */
export type SignatureVerdict =
  /** By a key of the fleet that is good now: fingerprints of a GPG key and its primary key, or `SHA256:…` of an SSH key. */
  | { readonly type: 'signed'; readonly signer: string; readonly fingerprints: readonly string[] }
  | { readonly type: 'unsigned' }
  /** `reason`: the end of a sentence about the commit. */
  | { readonly type: 'bad'; readonly reason: string }
  /** This hub can't tell. */
  | { readonly type: 'unverified'; readonly reason: string; readonly remedy: string };

/** The rule for a repository, by the first policy that names it (Argo CD: policies aren't cumulative); `undefined`: none. */
export function signatureRuleOf(
  project: ProjectDocument,
  signers: readonly Signer[],
  repoURL: string,
): SignatureRule | undefined {
  const policy = project.signatures?.find(({ repos }) => isFor(repos, repoURL));
  if (policy === undefined || policy.mode === 'none') return undefined;
  const location = fieldLocation(project, policy.field);
  return { project: project.name, keys: policy.keys, signers, location };
}

function isFor(repos: SignaturePolicy['repos'], repoURL: string): boolean {
  const url = normaliseGitUrl(repoURL);
  const hits = (pattern: string): boolean => matchesGlob(normaliseGitUrl(pattern), url, 'name');
  const denials = repos.filter((pattern) => pattern.startsWith('!'));
  const allowances = repos.filter((pattern) => !pattern.startsWith('!'));
  return !denials.some((pattern) => hits(pattern.slice(1))) && allowances.some(hits);
}

/** Why a commit isn't taken, at the policy that says so; `undefined` where it is. */
export function judgeSignature(
  rule: SignatureRule,
  verdict: SignatureVerdict,
  commit: { readonly id: string; readonly repoURL: string },
): Problem | undefined {
  if (verdict.type === 'signed' && rule.keys.some((key) => isMeant(key, verdict))) return undefined;
  const { project, location } = rule;
  const what = `commit ${commit.id.slice(0, 12)} of ${commit.repoURL}`;
  if (verdict.type === 'unverified') {
    const message = `whether ${what} is signed as project ${project} wants it can't be told: ${verdict.reason}`;
    return { code: 'signature-unverified', message, location, remedy: verdict.remedy };
  }
  return {
    code: 'signature',
    message: `${what} ${describe(verdict)}, and project ${project} takes only what is signed by ${rule.keys.join(' or ')}`,
    location,
    remedy: `Have the commit signed by one of them, or allow its signer at ${formatLocation(location)}; what runs stays at the last good commit until then`,
  };
}

function describe(verdict: Exclude<SignatureVerdict, { readonly type: 'unverified' }>): string {
  switch (verdict.type) {
    case 'unsigned':
      return "isn't signed";
    case 'bad':
      return verdict.reason;
    case 'signed':
      return `is signed by ${verdict.signer} (${verdict.fingerprints[0] ?? ''})`;
  }
}

/** Whether a project's entry means who signed: by name, by fingerprint, or by the end of one, which is a GPG key's id. */
function isMeant(
  key: string,
  { signer, fingerprints }: Extract<SignatureVerdict, { type: 'signed' }>,
): boolean {
  if (key === signer || fingerprints.includes(key)) return true;
  const id = key.toUpperCase();
  return (
    /^[0-9A-F]{16,}$/.test(id) && fingerprints.some((each) => /^[0-9A-F]+$/.test(each) && each.endsWith(id))
  );
}
