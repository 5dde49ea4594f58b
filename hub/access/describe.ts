import { formatLocation } from '../../core/problem.ts';
import type { Access } from './access.ts';
import type { Grounds, Question, Verdict } from './decide.ts';
import { administratorName, type Subject } from './subject.ts';

export function nameOf(subject: Subject): string {
  return subject.type === 'administrator' ? administratorName : subject.name;
}

/** `sync applications payments/web`, as a line of a policy says it. */
export function describeQuestion({ verb, resource, objects: [object = '*'] }: Question): string {
  return `${verb} ${resource} ${object}`;
}

/** The answer in a sentence, with the line that decided. */
export function describeVerdict(
  access: Access,
  subject: Subject,
  question: Question,
  verdict: Verdict,
): string {
  const who = nameOf(subject);
  const what = describeQuestion(question);
  if (verdict.type === 'allowed') return `${who} may ${what}: ${because(verdict.by)}`;
  if (verdict.by !== undefined) return `${who} may not ${what}: ${because(verdict.by)}`;
  const nothing = access.policies === 'none' ? ', and the fleet has no AccessPolicy' : '';
  return `${who} may not ${what}: nothing allows it${nothing}`;
}

function because(by: 'administrator' | Grounds): string {
  if (by === 'administrator') return 'the admin token may everything';
  const place = by.location === undefined ? 'built in' : formatLocation(by.location);
  const way = by.via.length > 1 ? ` (${by.via.join(' → ')})` : '';
  return `${place}: ${by.text}${way}`;
}
