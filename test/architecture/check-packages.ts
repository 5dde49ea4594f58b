import { isBuiltin } from 'node:module';
import type { Finding } from './finding.ts';
import { isAt, layerOf } from './layers.ts';
import { PACKAGE_OWNERS } from './package-owners.ts';
import { OUTSIDE_LAYERS, PURE_NODE_MODULES } from './rules.ts';
import type { SourceFile } from './source-file.ts';

/** Finds packages outside the folder that owns them, and modules of Node in pure files. */
export function checkPackages(file: SourceFile): readonly Finding[] {
  const layer = layerOf(file.path);
  if (layer === undefined || OUTSIDE_LAYERS.includes(layer.name)) return [];
  return file.imports.flatMap(({ specifier, path, line }): readonly Finding[] => {
    if (path !== undefined) return [];
    const place = { file: file.path, line };
    if (isBuiltin(specifier)) {
      return layer.pure && !isPureModule(file.path, specifier) ? [nodeInPure(place, specifier)] : [];
    }
    return checkOwner(place, packageOf(specifier));
  });
}

function isPureModule(file: string, module: string): boolean {
  return PURE_NODE_MODULES.some((each) => each.file === file && each.modules.includes(module));
}

function nodeInPure(place: { file: string; line: number }, module: string): Finding {
  return {
    ...place,
    what: `imports ${module}, and its folder is pure`,
    why: 'pure code runs anywhere and in any order, which is what makes it testable without a machine around it',
    instead: 'do the input or output in an edge and pass the result in',
  };
}

function checkOwner(place: { file: string; line: number }, name: string): readonly Finding[] {
  const entry = PACKAGE_OWNERS.find((each) => each.package === name);
  if (entry === undefined) {
    return [
      {
        ...place,
        what: `imports ${name}, which has no owner`,
        why: 'a package is used in one place, so that it can be judged, updated and replaced there',
        instead:
          'add it to PACKAGE_OWNERS in test/architecture/package-owners.ts with the folder that owns it',
      },
    ];
  }
  if (entry.owners.some((owner) => isAt(place.file, owner))) return [];
  return [
    {
      ...place,
      what: `imports ${name}, which belongs to ${entry.owners.join(', ')}`,
      why: entry.why,
      instead: `use what ${entry.owners[0]} offers, through a port`,
    },
  ];
}

/** `@scope/name/deep` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
