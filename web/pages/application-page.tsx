import { Link } from 'wouter';
import { authorName, commitName } from '../../core/commit.ts';
import { displayRef, formatRef } from '../../core/object-ref.ts';
import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../api/client.ts';
import { useApplication } from '../api/queries.ts';
import { subjectOf, syncWords } from '../parts/application-row.tsx';
import { AttemptSection } from '../parts/attempt-section.tsx';
import { Command } from '../parts/command.tsx';
import { CommandsSection } from '../parts/commands-section.tsx';
import { DiffSection } from '../parts/diff-section.tsx';
import { ExplainSection } from '../parts/explain-section.tsx';
import { Facts } from '../parts/facts.tsx';
import { GatesSection } from '../parts/gates-section.tsx';
import { Headline } from '../parts/headline.tsx';
import { HistorySection } from '../parts/history-section.tsx';
import { clusterLink, listLink } from '../parts/links.ts';
import { LiveSection } from '../parts/live-section.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Notice } from '../parts/notice.tsx';
import { ObjectChange } from '../parts/object-change.tsx';
import { ObjectsSection } from '../parts/objects-section.tsx';
import { OrphansSection } from '../parts/orphans-section.tsx';
import { ProblemList } from '../parts/problem-list.tsx';
import { shellWords } from '../parts/shell-words.ts';
import { Toned, toneOfHealth, toneOfSync } from '../parts/tone.tsx';
import { useTitle } from '../parts/use-title.ts';
import { writerText } from '../parts/writer-text.ts';

type Application = Schemas['Application'];

/** What is wrong, who did it, what do I do? `name` is the application's key, `namespace/name`. */
export function ApplicationPage({ name }: { readonly name: string }) {
  useTitle(name);
  const query = useApplication(name);
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link href="/applications">Applications</Link> / <span className="name">{name}</span>
      </nav>
      <Loaded of={query}>{(app) => <Sections app={app} />}</Loaded>
    </>
  );
}

function Sections({ app }: { readonly app: Application }) {
  return (
    <>
      <Headline tone={app.tone} sentence={app.sentence} subject={subjectOf(app)} />
      <div className="with-aside">
        <div className="main-column">
          <OperatingNote note={app.note} />
          <GatesSection app={app} />
          <Problems app={app} />
          <Failures failures={app.failures} title="Failed to apply" tone="broken" />
          <Failures failures={app.warnings ?? []} title="Worth mending" tone="attention" />
          <AttemptSection attempt={app.attempt} />
          <Drifts drifts={app.drifts} />
          <ExplainSection application={app.application} />
          <DiffSection application={app.application} objects={app.objects.length} />
          <ObjectsSection objects={app.objects} namespace={app.namespace} />
          <OrphansSection application={app.application} project={app.project} />
          <LiveSection application={app.application} />
          <HistorySection application={app.application} />
        </div>
        <aside aria-label="About this application">
          <ApplicationFacts app={app} />
          <CommandsSection app={app} />
        </aside>
      </div>
    </>
  );
}

function ApplicationFacts({ app }: { readonly app: Application }) {
  const { commit, owner, health } = app;
  return (
    <Facts
      facts={[
        [
          'Sync',
          <Toned key="sync" tone={toneOfSync(app)}>
            {syncWords(app)}
          </Toned>,
        ],
        [
          'Health',
          <Toned key="health" tone={toneOfHealth(health.status)}>
            {health.status}
            {health.message === '' ? '' : `: ${health.message}`}
          </Toned>,
        ],
        ['Mode', app.mode],
        [
          'Owner',
          owner === undefined ? undefined : (
            <Link key="owner" href={listLink({ owner })} className="name">
              {owner}
            </Link>
          ),
        ],
        [
          'Cluster',
          app.cluster === '' ? (
            'none that is known'
          ) : (
            <Link key="cluster" href={clusterLink(app.cluster)} className="name">
              {app.cluster}
            </Link>
          ),
        ],
        [
          'Environment',
          app.environment === '' ? undefined : (
            <Link key="environment" href={listLink({ environment: app.environment })} className="name">
              {app.environment}
            </Link>
          ),
        ],
        [
          'Namespace',
          <span key="namespace" className="name">
            {app.namespace}
          </span>,
        ],
        [
          'Project',
          <Link key="project" href={listLink({ project: app.project })} className="name">
            {app.project}
          </Link>,
        ],
        [
          'Commit',
          commit === undefined ? undefined : (
            <>
              <code>{commitName(commit)}</code> <span className="name">{commit.subject}</span>,{' '}
              <span className="name">{authorName(commit)}</span>, <Moment at={commit.committedAt} />
            </>
          ),
        ],
        [
          'Applied',
          app.appliedAt === undefined ? 'never whole' : <Moment key="applied" at={app.appliedAt} />,
        ],
        [
          'Complete',
          app.unfinished !== undefined ? (
            `no: ${app.unfinished}`
          ) : app.completedAt === undefined ? undefined : (
            <Moment key="complete" at={app.completedAt} />
          ),
        ],
        [app.sources.length === 1 ? 'Source' : 'Sources', <Sources key="sources" sources={app.sources} />],
        ...(app.info ?? []).map(({ name, value }): [string, React.ReactNode] => [
          name,
          <Info key={name} value={value} />,
        ]),
        [
          'Document',
          <code key="document" className="name">
            {formatLocation(app.location)}
          </code>,
        ],
      ]}
    />
  );
}

/** Of several, each says its commit: the one above is the first's. */
function Sources({ sources }: { readonly sources: Application['sources'] }) {
  return sources.map(({ name, ref, repoURL, chart, targetRevision, resolved, path, commit }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: sources are told apart by their order alone
    <div key={index} className="name">
      {name === undefined ? '' : `${name}: `}
      {repoURL} {targetRevision} {resolved === undefined ? '' : `(${resolved}) `}
      {chart ?? path ?? `for values ($${ref})`}
      {sources.length === 1 || commit === undefined ? '' : ` at ${commitName(commit)}`}
    </div>
  ));
}

/** An address can be followed. */
function Info({ value }: { readonly value: string }) {
  if (!/^https?:\/\//u.test(value)) return <span className="name">{value}</span>;
  return (
    <a href={value} className="name" rel="noreferrer">
      {value}
    </a>
  );
}

/** What its owners wrote for whoever looks here at night. */
function OperatingNote({ note }: { readonly note: string | undefined }) {
  if (note === undefined) return '';
  return (
    <section aria-labelledby="note">
      <h2 id="note">Operating note</h2>
      <p className="operating-note name">{note}</p>
    </section>
  );
}

/** A gate says its reason once; the problem behind it would say it again. */
function Problems({ app: { problems, gates } }: { readonly app: Application }) {
  const others = problems.filter(({ message }) => !gates.some(({ reason }) => reason === message));
  if (others.length === 0) return '';
  return (
    <section aria-labelledby="problems">
      <h2 id="problems">Problems in Git</h2>
      <ProblemList problems={others} />
    </section>
  );
}

function Failures({
  failures,
  title,
  tone,
}: {
  readonly failures: Application['failures'];
  readonly title: string;
  readonly tone: 'broken' | 'attention';
}) {
  const id = tone === 'broken' ? 'failures' : 'warnings';
  if (failures.length === 0) return '';
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {failures.map(({ ref, code, message, remedy }) => (
        <Notice key={formatRef(ref)} tone={tone}>
          <p>
            <b className="name">{displayRef(ref)}</b>: <span className="name">{message}</span>{' '}
            <span className="quiet">({code})</span>
          </p>
          {remedy === undefined ? '' : <p className="quiet">{remedy}</p>}
        </Notice>
      ))}
    </section>
  );
}

function Drifts({ drifts }: { readonly drifts: Application['drifts'] }) {
  if (drifts.length === 0) return '';
  return (
    <section aria-labelledby="drift">
      <h2 id="drift">
        Drift <span className="quiet">{drifts.length} open</span>
      </h2>
      {drifts.map((drift) => (
        <ObjectChange key={drift.id} change={drift}>
          <p className="about-drift">
            by <b className="name">{writerText(drift)}</b>
            {drift.writtenAt === undefined ? (
              ''
            ) : (
              <>
                , written <Moment at={drift.writtenAt} />
              </>
            )}
            , seen <Moment at={drift.observedAt} />
          </p>
          <Command text={shellWords('fairlead', 'drift', 'show', drift.id)} />
        </ObjectChange>
      ))}
    </section>
  );
}
