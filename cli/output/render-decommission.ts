import { displayRef, formatRef } from '../../core/object-ref.ts';
import type { Schemas } from '../client/open-client.ts';

type Preview = Schemas['DecommissionPreview'];
type Objects = NonNullable<Schemas['Operation']['request']['objects']>;

/** What would end with a cluster, and each way to end it; for the one that was chosen, exactly what would go. */
export function renderDecommission(preview: Preview, choice: Objects | undefined): string {
  const { cluster, connected, applications } = preview;
  const what = `${count(applications.length, 'application')} with ${count(objectsOf(preview).length, 'object')}`;
  const contact = connected
    ? []
    : [`The agent of ${cluster} is not connected: objects can be deleted or released only once it is.`, ''];
  const ways = choice === undefined ? (['delete', 'release', 'abandon'] as const) : [choice];
  return [
    `${cluster} runs ${what}. Nothing was changed.`,
    '',
    ...listed(preview, choice),
    ...contact,
    choice === undefined ? 'Choose what becomes of them:' : 'To do it:',
    ...ways.flatMap((way) => describeWay(way, cluster, what)),
  ].join('\n');
}

/** As the agent reported last; what it finds in its inventory then is what counts. */
function listed(preview: Preview, choice: Objects | undefined): readonly string[] {
  const { applications } = preview;
  if (applications.length === 0) return [];
  const lines = applications.flatMap(({ application, objects, left }) => {
    const staying = new Set(left.map(formatRef));
    const note = (key: string): string =>
      staying.has(key) ? ' (is never deleted so: left without our marks)' : '';
    const names = choice === 'delete' ? objects : [];
    return [
      `${application}: ${count(objects.length, 'object')}`,
      ...names.map((ref) => `  ${displayRef(ref)}${note(formatRef(ref))}`),
    ];
  });
  return [...lines, ''];
}

function objectsOf({ applications }: Preview) {
  return applications.flatMap(({ objects }) => objects);
}

const deeds: Readonly<Record<Objects, { readonly option: string; readonly says: (what: string) => string }>> =
  {
    delete: { option: '--delete-objects', says: (what) => `deletes the ${what} from the cluster` },
    release: { option: '--release', says: (what) => `leaves the ${what} as they are, without our marks` },
    abandon: {
      option: '--abandon',
      says: () => 'ends it at the hub alone: what is on the cluster stays, with our marks and its agent',
    },
  };

function describeWay(way: Objects, cluster: string, what: string): readonly string[] {
  const { option, says } = deeds[way];
  return [`  fairlead cluster decommission ${cluster} ${option} --yes ${cluster}`, `      ${says(what)}`];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
