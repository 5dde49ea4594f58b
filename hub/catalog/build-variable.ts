import { addProblem, type Fields } from './fields.ts';

/** Argo CD puts the values of its build environment here; the text itself would be applied instead. */
export function checkBuildVariable(fields: Fields, name: string, text: string): void {
  const variable = /\$\{?((?:ARGOCD_APP|KUBE)_[A-Z_0-9]+)/.exec(text)?.[1];
  if (variable === undefined) return;
  addProblem(fields, name, {
    code: 'unsupported-field',
    message: `The variable ${variable} of Argo CD's build environment isn't filled in yet`,
    remedy: 'Write the value itself',
  });
}
