import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';
import { projectText } from './catalog-texts.ts';

function parse(windows: string) {
  const text = projectText('platform', `  syncWindows:\n${windows.replaceAll(/^/gm, '    ')}\n`);
  const { documents, problems } = parseFile('fleet/a.yaml', 'oid', text, 'fleet');
  const [document] = documents;
  return {
    windows: document?.kind === 'AppProject' ? document.syncWindows : undefined,
    problems: problems.map(formatProblem),
  };
}

const window = (fields: string): string => `- {kind: allow, applications: ['*'], duration: 1h, ${fields}}`;

describe('syncWindows', () => {
  it('are read as they are written', () => {
    const text = `- kind: deny
  schedule: '0 22 * * MON-FRI'
  duration: 1h30m
  timeZone: Europe/Berlin
  applications: ['*-prod']
  namespaces: [payments]
  clusters: [prod]
  manualSync: true
  andOperator: true
  description: the shop is busy`;
    expect(parse(text)).toEqual({
      problems: [],
      windows: [
        {
          kind: 'deny',
          schedule: '0 22 * * MON-FRI',
          durationMs: 5_400_000,
          timeZone: 'Europe/Berlin',
          manualSync: true,
          matches: 'all',
          applications: ['*-prod'],
          namespaces: ['payments'],
          clusters: ['prod'],
          description: 'the shop is busy',
        },
      ],
    });
  });

  it('mean UTC, any selector and no manual sync where they say nothing', () => {
    expect(parse(window("schedule: '0 22 * * *'")).windows).toMatchObject([
      { timeZone: 'UTC', matches: 'any', manualSync: false, namespaces: [], clusters: [] },
    ]);
    expect(parse('[]').windows).toBeUndefined();
  });

  it.each([
    ['5/15 * * * *', '5-59/15 * * * *'],
    ['? 1,3 * jan ?', '* 1,3 * jan *'],
    ['  0   22 * * 1-5 ', '0 22 * * 1-5'],
  ])('the schedule %j counts as %j, as Argo CD reads it', (written, read) => {
    expect(parse(window(`schedule: '${written}'`)).windows?.[0]?.schedule).toBe(read);
  });

  it('lets a sync that had begun go on only where the window says so', () => {
    const overrun = (more: string) => parse(window(`schedule: '* * * * *'${more}`)).windows?.[0]?.syncOverrun;
    expect(overrun(', syncOverrun: true')).toBe(true);
    expect(overrun(', syncOverrun: false')).toBeUndefined();
    expect(overrun('')).toBeUndefined();
  });

  it.each([
    [window("schedule: '0 22 * *'"), 'is no schedule'],
    [window("schedule: '0 0 22 * * *'"), 'is no schedule'],
    [window("schedule: '60 * * * *'"), 'is no schedule'],
    [window("schedule: '@daily'"), 'is no schedule'],
    [window("schedule: '0 0 L * *'"), 'is no schedule'],
    [window("schedule: '0 0 * * 1#2'"), 'is no schedule'],
    [window("schedule: '* * * * *', timeZone: Mars/Base"), '"Mars/Base" is no time zone'],
    [window("schedule: '* * * * *', syncOverrun: maybe"), 'syncOverrun'],
    [window("schedule: '* * * * *'").replace('duration: 1h', 'duration: 1.5h'), 'duration can\'t be "1.5h"'],
    [window("schedule: '* * * * *'").replace('duration: 1h', 'duration: 0s'), 'duration can\'t be "0s"'],
    [window("schedule: '* * * * *'").replace('kind: allow', 'kind: alow'), 'Did you mean allow?'],
    [window("schedule: '* * * * *'").replace("applications: ['*'], ", ''), 'it would mean nothing'],
    [window("schedule: '* * * * *'").replace("['*']", "['a[']"), "isn't a valid pattern"],
  ])('%s is a problem', (text, words) => {
    const { problems } = parse(text);
    expect(problems.join()).toContain(words);
    expect(problems[0]).toMatch(/^fleet\/a\.yaml:\d+: /);
  });
});
