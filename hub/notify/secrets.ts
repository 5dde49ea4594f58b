import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../core/problem.ts';
import type { NotificationDocument, ReceiverTarget, SecretRef } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';

/** A secret's text without the line break at its end, or why there is none. */
export type SecretRead =
  | { readonly type: 'found'; readonly value: string }
  | { readonly type: 'missing'; readonly why: string; readonly remedy: string };

export type ReadSecret = (ref: SecretRef) => SecretRead;

/** Secrets as files of a folder, as Kubernetes mounts them. Read at each use, so that they may be replaced. */
export function secretsOf(dir: string | undefined): ReadSecret {
  return ({ file }) => {
    if (dir === undefined) {
      return {
        type: 'missing',
        why: `the hub has no folder of secrets to read ${file} from`,
        remedy: 'Start it with --notification-secrets DIR',
      };
    }
    const remedy = 'Put it into the Secret that is mounted there, or into the folder';
    try {
      const value = readFileSync(join(dir, file), 'utf8').replace(/\r?\n$/, '');
      if (value.trim() !== '') return { type: 'found', value };
      return { type: 'missing', why: `the secret ${file} in ${dir} is empty`, remedy };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'is missing' : `can't be read (${code ?? 'unknown error'})`;
      return { type: 'missing', why: `the secret ${file} in ${dir} ${why}`, remedy };
    }
  };
}

/** Secrets that Notifications name and that aren't there, each at its line. */
export function secretProblems(
  documents: Iterable<NotificationDocument>,
  readSecret: ReadSecret,
): readonly Problem[] {
  return [...documents].flatMap((document) =>
    document.receivers.flatMap(({ name, target }, index) =>
      Object.entries(secretRefs(target)).flatMap(([member, ref]) => {
        const read = readSecret(ref);
        if (read.type === 'found') return [];
        const field = `spec.receivers[${index}].${target.type}.${member}.file`;
        return {
          code: 'missing-secret',
          message: `The receiver ${name} of Notification ${document.name} can't send: ${read.why}`,
          location: fieldLocation(document, field),
          field,
          remedy: read.remedy,
        };
      }),
    ),
  );
}

/** The secrets of a target, by the fields that name them. */
function secretRefs(target: ReceiverTarget): Readonly<Record<string, SecretRef>> {
  switch (target.type) {
    case 'pagerDuty':
      return { routingKeyFrom: target.routingKey };
    case 'slack':
      return { urlFrom: target.url };
    case 'alertmanager':
    case 'webhook':
      return {
        ...(typeof target.url === 'string' ? {} : { urlFrom: target.url }),
        ...(target.token === undefined ? {} : { tokenFrom: target.token }),
        ...(target.type === 'webhook' ? { secretFrom: target.secret } : {}),
      };
  }
}
