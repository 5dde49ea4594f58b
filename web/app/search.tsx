import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type KeyboardEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { useFoundApplications, useOverview } from '../api/queries.ts';
import { applicationLink, clusterLink, listLink } from '../parts/links.ts';
import { type Tone, ToneIcon } from '../parts/tone.tsx';
import { goKeys } from './use-keys.ts';

interface Hit {
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  readonly about?: string;
  readonly tone?: Tone;
}

const maxClusters = 5;
const maxApplications = 8;

/** Searches applications, clusters and pages by name, owner, path and sentence. */
export function Search({ close }: { readonly close: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [, navigate] = useLocation();
  const hits = useHits(text.trim());
  const chosen = Math.min(at, hits.length - 1);

  function open(hit: Hit | undefined): void {
    if (hit === undefined) return;
    close();
    navigate(hit.path);
  }
  function onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') open(hits[chosen]);
    else if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
    else return;
    event.preventDefault();
  }

  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      lockScroll={false}
      size="lg"
      transitionProps={{ duration: 0 }}
      title="Search everything"
    >
      <TextInput
        data-autofocus
        autoFocus
        aria-label="Search everything"
        placeholder="Application, cluster, owner, path, or words of the sentence"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="hits"
        aria-activedescendant={hits.length === 0 ? undefined : `hit-${chosen}`}
        value={text}
        onKeyDown={onKey}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div id="hits" role="listbox" aria-label="Found" className="hits">
        {hits.map((hit, index) => (
          <div
            key={hit.path}
            id={`hit-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onMouseDown={() => open(hit)}
          >
            {hit.tone === undefined ? <span className="icon" /> : <ToneIcon tone={hit.tone} />}
            <span className="name">{hit.name}</span>
            <span className="quiet">{hit.kind}</span>
            {hit.about === undefined ? '' : <span className="about">{hit.about}</span>}
          </div>
        ))}
      </div>
      {text.trim() !== '' && hits.length === 0 ? <p className="quiet">Nothing has these words.</p> : ''}
    </Modal>
  );
}

function useHits(text: string): readonly Hit[] {
  const [settled] = useDebouncedValue(text, 120);
  const { data: found } = useFoundApplications(settled);
  const { data: overview } = useOverview();
  const wanted = text.toLowerCase();
  const pages = goKeys
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .map(({ path, name }): Hit => ({ path, kind: 'page', name }));
  if (text === '') return pages;
  const clusters = (overview?.environments ?? [])
    .flatMap((environment) => environment.clusters)
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .slice(0, maxClusters)
    .map(({ name, state }): Hit => ({ path: clusterLink(name), kind: 'cluster', name, tone: state }));
  // Who types a name means it, before words of a sentence.
  const named = (found?.items ?? []).toSorted(
    (left, right) => Number(right.application.includes(wanted)) - Number(left.application.includes(wanted)),
  );
  const applications = named.slice(0, maxApplications).map(
    ({ application, tone, sentence }): Hit => ({
      path: applicationLink(application),
      kind: 'application',
      name: application,
      about: sentence,
      tone,
    }),
  );
  const more = (found?.total ?? 0) - applications.length;
  const all =
    more > 0 ? [{ path: listLink({ text }), kind: 'list', name: `All ${found?.total} applications` }] : [];
  return [...clusters, ...applications, ...all, ...pages];
}
