import { AppError } from '../../core/error.ts';
import type { HostPort } from '../ports.ts';
import type { OpenedPullRequest, PullRequest } from '../promotion/pull-request.ts';
import { askHost, type HostAnswer, type HostCall, hostWords } from './ask-host.ts';
import { findRepository } from './find-repository.ts';
import type { FoundPullRequest, GitHost } from './git-host.ts';
import { hostKinds } from './host-kinds.ts';

export interface OpenHostsOptions {
  readonly hosts: readonly GitHost[];
  /** Longest wait for one answer, ms; 15,000 where absent. */
  readonly timeoutMs?: number;
  readonly clock: { now(): Date };
}

/** Hosts refuse longer ones (GitHub: 65,536 characters, 256 in a title). */
const longestText = 60_000;
const longestTitle = 250;
/** Of a list that the host can't narrow to one branch. */
const maxPages = 20;
const pageSize = 50;

/** Pull requests on GitHub, GitLab, Gitea and Forgejo. */
export function openHosts(options: OpenHostsOptions): HostPort {
  return {
    async openPullRequest(repoURL, wanted, signal) {
      const repository = findRepository(repoURL, options.hosts);
      if (repository === undefined) return { type: 'not-configured' };
      const kind = hostKinds[repository.type];
      if (repository.token === undefined) {
        return { type: 'not-configured', compareURL: kind.compareURL(repository.page, wanted) };
      }
      const token = repository.token.read();
      const { clock, timeoutMs = 15_000 } = options;
      const call = { kind, repository, token, timeoutMs, clock, signal };
      return open(call, {
        ...wanted,
        title: wanted.title.slice(0, longestTitle),
        text: wanted.text.slice(0, longestText),
      });
    },
    compareURL(repoURL, branches) {
      const repository = findRepository(repoURL, options.hosts);
      if (repository === undefined) return undefined;
      return hostKinds[repository.type].compareURL(repository.page, branches);
    },
  };
}

/** Creates first: in most cases that is all. Any answer but a yes may mean that it is there already. */
async function open(call: HostCall, wanted: PullRequest): Promise<OpenedPullRequest> {
  const { url, body } = call.kind.create(call.repository, wanted);
  let answer: HostAnswer;
  try {
    answer = await askHost(call, url, body);
  } catch (error) {
    const failure = AppError.from(error);
    if (failure.code !== 'unavailable') throw failure;
    return existing(call, wanted, failure);
  }
  const created = call.kind.parse(answer.body);
  if (answer.status < 300 && created !== undefined) {
    return { type: 'opened', url: created.url, number: created.number };
  }
  return existing(call, wanted, notOpened(call, answer));
}

/** The open pull request of these branches, else the failure given. */
async function existing(call: HostCall, wanted: PullRequest, failure: AppError): Promise<OpenedPullRequest> {
  const found = await find(call, wanted).catch((error: unknown) => {
    if (AppError.from(error).code === 'cancelled') throw error;
    // What went wrong first says more.
    return undefined;
  });
  if (found === undefined) throw failure;
  return { type: 'exists', url: found.url, number: found.number };
}

async function find(call: HostCall, wanted: PullRequest): Promise<FoundPullRequest | undefined> {
  for (let page = 1; page <= maxPages; page += 1) {
    const { body } = await askHost(call, call.kind.list(call.repository, wanted, page));
    const items = Array.isArray(body) ? body : [];
    const found = items
      .map((item) => call.kind.parse(item))
      .find((item) => item?.branch === wanted.branch && item.base === wanted.base);
    if (found !== undefined) return found;
    if (items.length < pageSize) return undefined;
  }
  return undefined;
}

function notOpened({ repository, token }: HostCall, answer: HostAnswer): AppError {
  const subject = `${new URL(repository.api).origin} for ${repository.path}`;
  if (answer.status < 300) {
    return new AppError('unavailable', 'its answer is not the one of a Git host of this type', {
      subject,
      remedy: 'Check `type` and `api` of this host in the list of Git hosts',
    });
  }
  return new AppError(
    'invalid',
    `it refuses the pull request (${answer.status}: ${hostWords(answer, token)})`,
    {
      subject,
      remedy: 'Open it by hand, or do what it says and ask again',
    },
  );
}
