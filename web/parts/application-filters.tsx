import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { type ApplicationFilter, useOverview } from '../api/queries.ts';

type Field = keyof ApplicationFilter;

const causes = ['failed', 'drifted', 'gated', 'silent', 'frozen', 'applying', 'not-applied', 'not-reported'];
const healths = ['Degraded', 'Missing', 'Unknown', 'Progressing', 'Suspended', 'Healthy'];
const groups = ['environment', 'cluster', 'project', 'owner'];
/** Filters that links set and that have no field of their own here. */
const linkOnly: readonly Field[] = ['tone', 'sync', 'drifts'];

function fieldsOf(filter: ApplicationFilter): readonly Field[] {
  return Object.keys(filter) as Field[];
}

/** Filters of the list, kept in the address. */
export function ApplicationFilters({ filter }: { readonly filter: ApplicationFilter }) {
  const [, setParams] = useSearchParams();
  const { data: overview } = useOverview();
  const environments = overview?.environments ?? [];
  const clusters = environments.flatMap((environment) => environment.clusters.map(({ name }) => name));

  function set(field: Field, value: string | undefined): void {
    setParams(
      (before) => {
        const params = new URLSearchParams(before);
        if (value === undefined || value === '') params.delete(field);
        else params.set(field, value);
        return params;
      },
      { replace: true },
    );
  }
  const chosen = (field: Field, values: readonly string[], none?: string) => (
    <Choice
      label={field}
      value={filter[field]}
      values={values}
      none={none ?? 'all'}
      choose={(value) => set(field, value)}
    />
  );

  return (
    <search className="filters" aria-label="Filters">
      <TextFilter text={filter.text ?? ''} change={(text) => set('text', text)} />
      {chosen(
        'environment',
        environments.map(({ name }) => name).filter((name) => name !== ''),
      )}
      {chosen('cluster', clusters)}
      {chosen('project', overview?.projects ?? [])}
      {chosen('owner', overview?.owners ?? [])}
      {chosen('cause', causes)}
      {chosen('health', healths)}
      {chosen('group', groups, 'flat')}
      {fieldsOf(filter)
        .filter((field) => linkOnly.includes(field) || filter[field] === '')
        .map((field) => (
          <Button
            key={field}
            size="compact-sm"
            variant="light"
            onClick={() => set(field, undefined)}
            aria-label={`Remove the filter ${field}: ${filter[field]}`}
          >
            {field}: {filter[field] || 'none'} ×
          </Button>
        ))}
      {Object.keys(filter).length > 1 ? (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          onClick={() => setParams(new URLSearchParams(), { replace: true })}
        >
          Clear all
        </Button>
      ) : (
        ''
      )}
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly values: readonly string[];
  /** The word for no choice. */
  readonly none: string;
  choose(value: string | undefined): void;
}

/** A value that an address gives stands among the choices, whether or not the fleet knows it. */
function Choice({ label, value, values, none, choose }: ChoiceProps) {
  const all = value === undefined || value === '' || values.includes(value) ? values : [value, ...values];
  return (
    <NativeSelect
      label={label}
      size="xs"
      value={value ?? ''}
      data={[{ value: '', label: none }, ...all.map((each) => ({ value: each, label: each }))]}
      onChange={(event) => choose(event.currentTarget.value)}
    />
  );
}

const typingMs = 200;

function TextFilter({ text, change }: { readonly text: string; readonly change: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const told = useRef(text);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    change(next);
  }, typingMs);
  // The address may change by going back, too; what is being typed isn't taken away.
  useEffect(() => {
    if (text !== told.current) setTyped(text);
    told.current = text;
  }, [text]);
  return (
    <TextInput
      label="text"
      size="xs"
      type="search"
      placeholder="name, owner, path, words"
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}
