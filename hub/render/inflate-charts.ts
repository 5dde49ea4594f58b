import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KustomizeOptions } from '../catalog/documents.ts';
import type { RenderRequest } from '../ports.ts';
import type { SandboxFolders, Tool } from './renderer.ts';

/**
 * What `kustomize build` needs to render charts of the source: a helm that only renders, and only reads what is in the
 * sandbox, whatever a kustomization makes kustomize ask it for.
 */
export async function helmArguments(
  helm: Tool,
  { source, home }: SandboxFolders,
  { kubeVersion, apiVersions }: HelmCapabilities,
): Promise<readonly string[]> {
  const command = join(home, 'helm');
  await writeFile(command, guarded(helm.command, source, home), { mode: 0o700 });
  return [
    '--enable-helm',
    '--helm-command',
    command,
    ...(kubeVersion === undefined ? [] : ['--helm-kube-version', kubeVersion]),
    ...apiVersions.flatMap((version) => ['--helm-api-versions', version]),
  ];
}

export interface HelmCapabilities {
  readonly kubeVersion: string | undefined;
  readonly apiVersions: readonly string[];
}

/** What the Application says, else what the destination's agent reported (Argo CD's rule). */
export function capabilitiesFor(
  options: KustomizeOptions,
  { capabilities }: RenderRequest,
): HelmCapabilities {
  return {
    kubeVersion: options.kubeVersion ?? capabilities?.kubernetesVersion,
    apiVersions: options.apiVersions ?? capabilities?.apiVersions ?? [],
  };
}

/** A flag may not carry a value of its own, so that every path is a word that begins with a slash. */
function guarded(command: string, source: string, home: string): string {
  return `#!/bin/sh
case $1 in
version) exec ${shellWord(command)} "$@" ;;
template) ;;
*) echo "charts are not fetched while rendering (helm $1)" >&2; exit 1 ;;
esac
for word do
  case $word in
  ${shellWord(source)}/*|${shellWord(home)}/*) case $word in */../*|*/..) ;; *) continue ;; esac ;;
  /*|*=/*|*://*|../*|*/../*|*/..|-[!-]?*|--*=*) ;;
  *) continue ;;
  esac
  echo "$word leads out of the source" >&2; exit 1
done
exec ${shellWord(command)} "$@"
`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
