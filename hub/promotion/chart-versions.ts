import { isMap, isSeq } from 'yaml';
import type { TextFile } from './candidate.ts';
import { placesOf, replaceText } from './scalar-text.ts';
import { nodeAt, readYamlFile, type TextEdit, textAt } from './yaml-file.ts';

/** A chart that another chart is made of. */
export interface ChartDependency {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
  readonly repository: string;
}

export interface VersionMove {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly edit: TextEdit;
}

/** `dependencies` of a Chart.yaml, in their order. */
export function dependenciesOf(chart: TextFile): readonly ChartDependency[] {
  const file = readYamlFile(chart.text);
  const list = nodeAt(file?.roots[0], ['dependencies']);
  if (file === undefined || !isSeq(list)) return [];
  return list.items.filter(isMap).map((item) => {
    const at = (key: string) => textAt(file, item, [key]) ?? '';
    return { name: at('name'), alias: at('alias'), version: at('version'), repository: at('repository') };
  });
}

/** The versions that differ, of dependencies that both charts have, as edits of the target's Chart.yaml. */
export function versionMoves(source: TextFile, target: TextFile): readonly VersionMove[] {
  const wanted = dependenciesOf(source);
  const file = readYamlFile(target.text);
  const list = nodeAt(file?.roots[0], ['dependencies']);
  if (file === undefined || !isSeq(list)) return [];
  return dependenciesOf(target).flatMap((dependency, index) => {
    const { name, alias, version: before } = dependency;
    const after = wanted.find((each) => each.name === name && each.alias === alias)?.version;
    if (after === undefined || after === before) return [];
    const place = placesOf(file, nodeAt(list.items.filter(isMap)[index], ['version'])).at(-1);
    const edit = place === undefined ? undefined : replaceText(file, place, after);
    return edit === undefined ? [] : [{ name, before, after, edit }];
  });
}

/** Whether two charts are made of the same, so that one's Chart.lock is the other's too. */
export function sameDependencies(
  left: readonly ChartDependency[],
  right: readonly ChartDependency[],
): boolean {
  const text = (all: readonly ChartDependency[]) => JSON.stringify(all);
  return text(left) === text(right);
}
