import { clusterSpecimens } from './cluster-specimens.ts';
import { configSpecimens } from './config-specimens.ts';
import { customSpecimens } from './custom-specimens.ts';
import type { Specimen } from './specimen.ts';
import { workloadSpecimens } from './workload-specimens.ts';

/** Every kind of the differential test. */
export const specimens: readonly Specimen[] = [
  ...workloadSpecimens,
  ...configSpecimens,
  ...clusterSpecimens,
  ...customSpecimens,
];
