import { LAYERS, type Layer } from './rules.ts';

/** Whether a path lies at a place: `folder/`, `folder/*` or a file. */
export function isAt(path: string, place: string): boolean {
  if (place.endsWith('/*')) return path.slice(0, path.lastIndexOf('/') + 1) === place.slice(0, -1);
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}

/** The layer of a file; the most specific place wins. `undefined`: it lies in none. */
export function layerOf(path: string): Layer | undefined {
  const fitting = LAYERS.filter((layer) => isAt(path, layer.at));
  return fitting.sort((left, right) => precision(right.at) - precision(left.at))[0];
}

function precision(place: string): number {
  if (place.endsWith('/*')) return 0;
  return place.endsWith('/') ? place.length : 1000;
}
