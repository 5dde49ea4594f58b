import { parseValueFile } from '../../core/value-file.ts';
import type { Source } from './documents.ts';
import { absentObject, addProblem, type Fields, objectList, requiredObject } from './fields.ts';
import { parseSource } from './parse-source.ts';

/** `spec.sources`, or `spec.source` where there are none: as in Argo CD, the list wins over the single one. */
export function parseSources(spec: Fields): readonly Source[] {
  const several = objectList(spec, 'sources') ?? [];
  const sources = several.length > 0 ? several : [readSource(spec)];
  const parsed = sources.map(parseSource);
  checkRefs(sources, parsed);
  return parsed;
}

/** With something in its place, which is a problem already, the missing source isn't the mistake. */
function readSource(spec: Fields): Fields {
  const isElsewhere = spec.document.problems.some(({ field = '' }) =>
    /^spec\.source(s\b|Hydrator$)/u.test(field),
  );
  if (isElsewhere && spec.values['source'] === undefined) return absentObject(spec, 'source');
  return requiredObject(spec, 'source');
}

/** Each name stands for one repository, and value files name no other. */
function checkRefs(sources: readonly Fields[], parsed: readonly Source[]): void {
  const known = new Set<string>();
  for (const [index, { ref }] of parsed.entries()) {
    const fields = sources[index];
    if (fields === undefined || ref === undefined) continue;
    if (known.has(ref)) {
      addProblem(fields, 'ref', {
        code: 'wrong-value',
        message: `Another source is called ${ref} too`,
        remedy: 'Give each source a ref of its own',
      });
    }
    known.add(ref);
  }
  for (const [index, source] of parsed.entries()) {
    const fields = sources[index];
    if (fields !== undefined) checkUses(fields, source, known);
  }
}

function checkUses(fields: Fields, source: Source, known: ReadonlySet<string>): void {
  if (source.type === 'ref' || source.tool.type !== 'helm') return;
  for (const [index, file] of source.tool.options.valueFiles.entries()) {
    const { ref } = parseValueFile(file);
    if (ref === undefined || known.has(ref)) continue;
    const names = [...known].map((name) => `$${name}`).join(', ');
    addProblem(fields, `helm.valueFiles[${index}]`, {
      code: 'wrong-value',
      message: `No source has the ref ${ref} that the value file ${JSON.stringify(file)} names`,
      remedy:
        names === ''
          ? `Add a source with repoURL and ref: ${ref} to spec.sources`
          : `Name one of ${names}, or add a source with ref: ${ref}`,
    });
  }
}
