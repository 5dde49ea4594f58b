import { commitName } from '../../core/commit.ts';
import { displayRef } from '../../core/object-ref.ts';
import { formatLocation, formatProblem } from '../../core/problem.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { showMoment } from './moment.ts';
import { renderAttempt } from './render-attempt.ts';
import { renderChange } from './render-drift.ts';
import { heading, type Style, toned } from './style.ts';
import { formatFields, formatTable } from './table.ts';

type Application = Schemas['Application'];

/** One application for people: its sentence, what it is, then what is wrong, last what it consists of. */
export function renderApplication(app: Application, style: Style, viewer: Viewer): string {
  const sections = [
    toned(style, app.tone, app.sentence),
    renderFields(app, viewer),
    section(
      style,
      'Info',
      (app.info ?? []).map(({ name, value }) => `${name}: ${value}`),
    ),
    section(style, 'Sync', renderAttempt(app)),
    section(
      style,
      'Gates',
      app.gates.map((gate) => renderGate(gate, viewer)),
    ),
    section(style, 'Problems', otherProblems(app).map(formatProblem)),
    section(style, 'Failures', app.failures.map(renderFailure)),
    section(style, 'Warnings', (app.warnings ?? []).map(renderFailure)),
    section(
      style,
      'Drifts',
      app.drifts.map((drift) => renderChange(drift, style, viewer)),
    ),
    renderObjects(app, style),
    section(style, 'Next', nextSteps(app)),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function renderFailure({ ref, code, message, remedy }: Application['failures'][number]): string {
  const advice = remedy === undefined ? '' : `. ${remedy}`;
  return `${displayRef(ref)}: ${message} (${code})${advice}`;
}

/** A gate says its reason once; the problem behind it would say it again. */
function otherProblems(app: Application): Application['problems'] {
  return app.problems.filter(({ message }) => !app.gates.some(({ reason }) => reason === message));
}

/** Why it counts so, unless a gate below says it. */
function renderBecause({ because, gates }: Application): string {
  if (because === undefined) return '';
  const gate = gates.find(({ reason }) => because.endsWith(`: ${reason}`));
  return `: ${gate === undefined ? because : because.slice(0, -gate.reason.length - 2)}`;
}

function renderFields(app: Application, viewer: Viewer): string {
  const because = renderBecause(app);
  const health = app.health.message === '' ? '' : `: ${app.health.message}`;
  const environment = app.environment === '' ? '' : `, environment ${app.environment}`;
  return formatFields([
    ['Application', app.application],
    ['Project', app.project],
    ['Owner', app.owner],
    ['Cluster', app.cluster === '' ? 'none that is known' : `${app.cluster}${environment}`],
    ['Namespace', app.namespace],
    ['Mode', app.mode],
    ['Sync', `${app.sync}${because}`],
    ['Health', `${app.health.status}${health}`],
    ...app.sources.flatMap((source) => renderSource(source, viewer)),
    ['Applied', showMoment(app.appliedAt, viewer)],
    [
      'Complete',
      app.unfinished === undefined ? showMoment(app.completedAt, viewer) : `no: ${app.unfinished}`,
    ],
    ['Document', formatLocation(app.location)],
  ]);
}

function renderSource(
  { name, ref, repoURL, chart, targetRevision, resolved, path, commit }: Application['sources'][number],
  viewer: Viewer,
): readonly (readonly [string, string | undefined])[] {
  const title = name === undefined ? 'Source' : `Source ${name}`;
  const place = path === undefined ? `for values ($${ref})` : (chart ?? path);
  return [
    [title, `${repoURL} ${targetRevision}${resolved === undefined ? '' : ` (${resolved})`} ${place}`],
    [
      'Commit',
      commit &&
        `${commitName(commit)} ${commit.subject}, ${commit.author}, ${showMoment(commit.committedAt, viewer)}`,
    ],
  ];
}

function renderGate(gate: Schemas['Gate'], viewer: Viewer): string {
  const until = gate.until === undefined ? '' : ` until ${showMoment(gate.until, viewer)}`;
  const owner = gate.owner === undefined ? '' : ` by ${gate.owner}`;
  const where = gate.location === undefined ? '' : ` (${formatLocation(gate.location)})`;
  return `${gate.kind}${owner}${until}: ${gate.reason}${where}. ${gate.remedy}${renderHeld(gate)}`;
}

/** Each object that a person would let go, so that nobody confirms what they haven't seen. */
function renderHeld({ kind, objects = [] }: Schemas['Gate']): string {
  if (kind !== 'brake') return '';
  return objects.map((ref) => `\n  ${displayRef(ref)}`).join('');
}

function renderObjects(app: Application, style: Style): string {
  if (app.objects.length === 0) return '';
  const rows = app.objects.map(({ ref, sync, health, verdict }) => [
    displayRef(ref),
    verdict === undefined ? sync : `${sync} (${verdict})`,
    health?.status ?? '',
    health?.message ?? '',
  ]);
  return formatTable(['OBJECT', 'SYNC', 'HEALTH', 'REASON'], rows, style);
}

function nextSteps(app: Application): readonly string[] {
  const [drift] = app.drifts;
  const steps = drift === undefined ? [] : [`fairlead drift show ${drift.id}`];
  if (app.sync === 'OutOfSync' && app.digest !== undefined && app.gates.length === 0) {
    steps.push(`fairlead app diff ${app.application}`, `fairlead app sync ${app.application}`);
  }
  return steps;
}

function section(style: Style, title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return [heading(style, title), ...lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`)].join('\n');
}
