import { SharedTexts } from '../observe/shared-texts.ts';
import type { Baseline } from '../ports.ts';

/** Baselines of alike objects name the same fields: of ten thousand some hundred differ. */
export function compactBaseline(): (baseline: Baseline) => Baseline {
  const texts = new SharedTexts();
  return ({ application, fields, version, ownedAt, ...own }) => ({
    ...own,
    application: texts.share(application),
    fields: texts.share(fields),
    ...(version === undefined ? {} : { version: texts.share(version) }),
    ...(ownedAt === undefined ? {} : { ownedAt: texts.share(ownedAt) }),
  });
}
