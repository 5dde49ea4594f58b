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
