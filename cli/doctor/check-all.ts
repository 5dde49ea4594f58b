import { AppError } from '../../core/error.ts';
import { type Client, openClient, unwrap } from '../client/open-client.ts';
import { localViewer, viewerQuery } from '../output/moment.ts';
import type { Settings } from '../settings.ts';
import { type Check, fail, ok } from './check.ts';
import { checkApplications, checkClusters, checkReadiness, checkStatus, checkVersion } from './check-hub.ts';
import { checkConfigFile, checkTransport } from './check-local.ts';
import { checkNotifications } from './check-notifications.ts';

/** From here to the clusters. Once one step fails, those behind it can't be tried. */
export async function checkAll(readSettings: () => Promise<Settings>): Promise<readonly Check[]> {
  const settings = await readSettings().catch((error: unknown) => AppError.from(error));
  if (settings instanceof AppError) {
    return [fail('configuration', `${settings.subject ?? ''} ${settings.message}`.trim(), settings.remedy)];
  }
  const checks: Check[] = [checkConfigFile(settings), checkTransport(settings)];
  const client = openClient(settings);
  const reached = await checkReachable(client, settings);
  checks.push(reached);
  if (reached.status === 'fail') return checks;
  checks.push(...(await checkReadiness(client)));
  const token = await checkToken(client, settings);
  checks.push(token);
  if (token.status === 'fail') return checks;
  const status = await unwrap(client.GET('/api/v1/status'));
  const params = { query: viewerQuery(localViewer()) };
  const clusters = await unwrap(client.GET('/api/v1/clusters', { params }));
  const applications = await unwrap(client.GET('/api/v1/applications', { params }));
  const notifications = await unwrap(client.GET('/api/v1/notifications'));
  checks.push(
    checkVersion(status),
    ...checkStatus(status),
    ...checkClusters(clusters.items),
    checkApplications(applications.items),
    ...checkNotifications(notifications.items),
  );
  return checks;
}

async function checkReachable(client: Client, settings: Settings): Promise<Check> {
  try {
    await unwrap(client.GET('/healthz'));
    return ok('hub', `${settings.server} answers (address from ${settings.serverFrom})`);
  } catch (error) {
    const { message, remedy } = AppError.from(error);
    return fail('hub', `${message} (address from ${settings.serverFrom})`, remedy);
  }
}

async function checkToken(client: Client, settings: Settings): Promise<Check> {
  if (settings.token === undefined) {
    return fail(
      'token',
      'none was found',
      'Set FAIRLEAD_TOKEN to the token that the hub printed at its first start',
    );
  }
  try {
    await unwrap(client.GET('/api/v1/projects'));
    return ok('token', `accepted (from ${settings.tokenFrom})`);
  } catch (error) {
    const { code, message, remedy } = AppError.from(error);
    // Anything else shows that the token itself was taken.
    if (code !== 'unauthenticated' && code !== 'denied')
      return ok('token', `accepted (from ${settings.tokenFrom})`);
    return fail('token', `${message} (from ${settings.tokenFrom})`, remedy);
  }
}
