import { AppError } from '../../core/error.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { didYouMean } from '../catalog/did-you-mean.ts';
import { accessResources, accessVerbs } from '../catalog/policy-line.ts';
import { readAccess } from './access.ts';
import { decide, type Grounds } from './decide.ts';
import { describeVerdict, nameOf } from './describe.ts';
import { objectsOf } from './objects.ts';
import { administratorName, type Subject } from './subject.ts';

/** `fairlead access can WHO VERB RESOURCE [OBJECT]`. */
export interface AccessQuestion {
  readonly who: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly resource: string;
  readonly object?: string;
}

export interface AccessAnswer {
  readonly allowed: boolean;
  readonly sentence: string;
  readonly who: string;
  readonly groups: readonly string[];
  /** The line that decided; absent where none allows it, and for the administrator. */
  readonly by?: Grounds;
}

/** Throws AppError `invalid` for a resource or a verb that policies don't know: "no" would be misleading. */
export function answerAccess(catalog: Catalog | undefined, asked: AccessQuestion): AccessAnswer {
  const { who, groups, verb, resource, object } = asked;
  const [first = ''] = verb.split('/');
  if (!accessResources.includes(resource)) throw unknownWord('resource', resource, accessResources);
  if (!accessVerbs.includes(first)) throw unknownWord('verb', verb, accessVerbs);
  const subject: Subject =
    who === administratorName ? { type: 'administrator' } : { type: 'person', name: who, groups };
  const access = readAccess(catalog);
  const question = { verb, resource, objects: objectsOf(resource, object, catalog) };
  const verdict = decide(access, subject, question);
  return {
    allowed: verdict.type === 'allowed',
    sentence: describeVerdict(access, subject, question, verdict),
    who: nameOf(subject),
    groups,
    ...(verdict.by === undefined || verdict.by === 'administrator' ? {} : { by: verdict.by }),
  };
}

function unknownWord(what: 'resource' | 'verb', word: string, known: readonly string[]): AppError {
  return new AppError('invalid', `there is no ${what} ${word}`, {
    remedy: didYouMean(word, known) ?? `Known are ${known.join(', ')}`,
  });
}
