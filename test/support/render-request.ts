import type { Manifest } from '../../core/kube-object.ts';
import { formatProblem } from '../../core/problem.ts';
import type { RenderPort, RenderRequest, RenderResult, SourceTree } from '../../hub/ports.ts';

/** A request with everything a test doesn't care about filled in. */
export function renderRequest(source: SourceTree, change: Partial<RenderRequest> = {}): RenderRequest {
  return {
    applicationName: 'web',
    namespace: 'payments',
    path: 'app',
    tool: { type: 'detect' },
    source,
    capabilities: undefined,
    origin: { file: 'apps/web.yaml', line: 9 },
    ...change,
  };
}

/** Prepares and renders in one go. */
export async function renderNow(render: RenderPort, request: RenderRequest): Promise<RenderResult> {
  const prepared = await render.prepare(request);
  return prepared.type === 'ready' ? prepared.render() : prepared;
}

/** What was rendered; fails with the problems where there are some. */
export function manifestsOf(result: RenderResult): readonly Manifest[] {
  if (result.type === 'problems') throw new Error(problemTexts(result).join('\n'));
  return result.manifests;
}

/** Problems as people see them. */
export function problemTexts(result: RenderResult): readonly string[] {
  return result.type === 'problems' ? result.problems.map(formatProblem) : [];
}
