import type { Finding } from './finding.ts';
import { layerOf } from './layers.ts';
import type { Layer } from './rules.ts';
import type { Import, SourceFile } from './source-file.ts';

/** Finds files without a layer, and imports that a layer isn't allowed. */
export function checkLayers(file: SourceFile): readonly Finding[] {
  const layer = layerOf(file.path);
  if (layer === undefined) {
    return [
      {
        file: file.path,
        what: 'lies in no layer',
        why: 'each folder has one place in the data flow, which says what it may import',
        instead: 'use a folder that is there, or add the layer to test/architecture/rules.ts',
      },
    ];
  }
  return file.imports.flatMap((each) => checkImport(file.path, layer, each));
}

function checkImport(
  file: string,
  layer: Layer,
  { path, kind, line, specifier }: Import,
): readonly Finding[] {
  if (path === undefined) return [];
  // A style sheet is what a page is made of, as its markup is; the bundler takes both.
  if (layer.name === 'web' && path.startsWith('web/') && path.endsWith('.css')) return [];
  const finding = { file, line };
  if (!path.endsWith('.ts') && !path.endsWith('.tsx')) {
    return [
      {
        ...finding,
        what: `imports ${specifier}`,
        why: 'Node runs the sources as they are, and finds a file by its whole name only',
        instead: 'name the .ts file itself, never a folder or a compiled file',
      },
    ];
  }
  const target = layerOf(path);
  if (target === undefined || isAllowed(layer, target, kind)) return [];
  const { why, instead } = target.name.startsWith('test') || isOutside(target) ? OUTSIDE_TARGET : layer;
  const values = layer.imports.includes(`type ${target.name}`) ? ' (only its types may be imported)' : '';
  return [{ ...finding, what: `(${layer.name}) imports ${path} (${target.name})${values}`, why, instead }];
}

const OUTSIDE_TARGET = {
  why: 'what tries, measures or shows the product isn’t there where the product runs',
  instead: 'move the code into the product, and let the test import it from there',
};

function isOutside(layer: Layer): boolean {
  return ['demo', 'bench', 'scripts'].includes(layer.name);
}

function isAllowed(layer: Layer, target: Layer, kind: Import['kind']): boolean {
  if (layer.name === target.name || layer.imports.includes(target.name)) return true;
  if (kind === 'types') return layer.imports.includes(`type ${target.name}`);
  return kind === 'lazy' && layer.imports.includes(`lazy ${target.name}`);
}
