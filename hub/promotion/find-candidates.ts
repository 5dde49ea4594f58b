import { parseImage } from '../resolve/image-reference.ts';
import type { Candidate, ImageStep, TargetSource } from './candidate.ts';
import { fieldCandidates } from './field-candidates.ts';
import { entryCandidates, newEntryCandidates, newOptionCandidates } from './kustomize-candidates.ts';
import type { ImageChange } from './match-images.ts';
import { valueCandidates } from './value-candidates.ts';
import { applyEdits, readYamlFile } from './yaml-file.ts';

/**
 * Every place where a target's own files may say what a container runs, the likeliest first. None of them is certain:
 * what it really does shows when it is rendered.
 */
export function findCandidates(source: TargetSource, change: ImageChange): readonly Candidate[] {
  const step: ImageStep = { before: parseImage(change.before), after: parseImage(change.after) };
  const texts = new Map([...source.files, source.document].map(({ file, text }) => [file, text]));
  return listCandidates(source, step, change).filter(({ file, edits }) => staysYaml(texts.get(file), edits));
}

function listCandidates(source: TargetSource, step: ImageStep, change: ImageChange): readonly Candidate[] {
  switch (source.tool) {
    case 'directory':
      return fieldCandidates(source.files, change);
    case 'helm':
      return valueCandidates(source, step);
    case 'kustomize':
      return [
        ...entryCandidates(source, step),
        ...fieldCandidates(source.files, change),
        ...newEntryCandidates(source, step),
        ...newOptionCandidates(source, step),
      ];
  }
}

/** An edit that breaks the file's syntax is none. */
function staysYaml(text: string | undefined, edits: Candidate['edits']): boolean {
  const edited = text === undefined ? undefined : applyEdits(text, edits);
  return edited !== undefined && edited !== text && readYamlFile(edited) !== undefined;
}
