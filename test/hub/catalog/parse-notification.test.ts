import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';
import { catalogOf, foldTexts, goodTexts } from './catalog-texts.ts';

const text = `apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: {name: platform}
spec:
  triggers:
    - type: drift
    - {type: degraded, for: 10m, severity: critical}
  match:
    projects: [shop]
    environments: [prod]
    clusters: ['prod-*']
    owners: [team-payments]
    severities: [critical]
  receivers:
    - name: alertmanager
      alertmanager: {url: 'http://alertmanager:9093', tokenFrom: {file: alertmanager-token}}
      watchdog: 1m
    - name: on-call
      pagerDuty: {routingKeyFrom: {file: pagerduty-key}}
    - name: chat
      slack: {urlFrom: {file: slack-url}}
    - name: audit
      webhook: {url: 'https://audit.example.com/in', secretFrom: {file: audit-secret}}
`;

function parse(source: string, path = 'fleet/a.yaml') {
  const { documents, problems } = parseFile(path, 'oid', source, 'fleet');
  return { document: documents[0], problems: problems.map(formatProblem) };
}

describe('Notification', () => {
  it('says who is told of what, and by which receivers', () => {
    expect(parse(text)).toMatchObject({
      problems: [],
      document: {
        kind: 'Notification',
        name: 'platform',
        triggers: [{ type: 'drift' }, { type: 'degraded', forMs: 600_000, severity: 'critical' }],
        match: { projects: ['shop'], clusters: ['prod-*'], severities: ['critical'] },
        receivers: [
          {
            name: 'alertmanager',
            watchdogMs: 60_000,
            target: {
              type: 'alertmanager',
              url: 'http://alertmanager:9093',
              token: { file: 'alertmanager-token' },
            },
          },
          {
            name: 'on-call',
            target: {
              type: 'pagerDuty',
              url: 'https://events.pagerduty.com',
              routingKey: { file: 'pagerduty-key' },
            },
          },
          { name: 'chat', target: { type: 'slack', url: { file: 'slack-url' } } },
          {
            name: 'audit',
            target: {
              type: 'webhook',
              url: 'https://audit.example.com/in',
              secret: { file: 'audit-secret' },
            },
          },
        ],
      },
    });
  });

  it.each([
    [
      'type: drift',
      'type: drft',
      'fleet/a.yaml:6: There is no trigger "drft" (spec.triggers[0].type). Did you mean drift?',
    ],
    ['type: drift', 'kind: drift', 'There is no field kind here'],
    ['type: degraded', 'type: drift', 'drift stands twice among the triggers'],
    ['for: 10m', 'for: ten', 'for can\'t be "ten" (spec.triggers[1].for). Write a duration'],
    ['for: 10m', 'for: 10', 'for must be a string'],
    ['severity: critical', 'severity: criticl', 'Did you mean critical?'],
    ['severities: [critical]', 'severities: [urgent]', 'There is no severity "urgent"'],
    ['owners', 'owner', 'Did you mean owners?'],
    ["['prod-*']", "['prod-[']", "isn't a valid pattern and would match nothing"],
    ['receivers:', 'recievers:', 'Did you mean receivers?'],
    ['slack: {', 'slak: {', 'Did you mean slack?'],
    [
      'slack: {urlFrom: {file: slack-url}}',
      'slack: {url: "https://hooks.slack.com/x"}',
      'Write urlFrom: {file: NAME}',
    ],
    ['file: slack-url', 'file: ../token', "isn't the name of a file in the hub's folder of secrets"],
    ['{file: slack-url}', '{fil: slack-url}', 'Did you mean file?'],
    ['{routingKeyFrom: {file: pagerduty-key}}', '{}', 'The field routingKeyFrom is missing'],
    [
      "url: 'http://alertmanager:9093'",
      "url: 'alertmanager:9093'",
      "The url isn't the address of a receiver",
    ],
    ["url: 'http://alertmanager:9093', ", '', 'The field url is missing'],
    [
      "'https://audit.example.com/in'",
      "'https://me:pw@audit.example.com'",
      'The address holds a user or a password',
    ],
    [', secretFrom: {file: audit-secret}', '', 'The field secretFrom is missing'],
    ["{url: 'https://audit", "{urlFrom: {file: a}, url: 'https://audit", 'The address is given in two ways'],
    ['watchdog: 1m', 'watchdog: 1s', 'Write a duration of at least 10s'],
    ['name: chat', 'name: on-call', 'on-call stands twice among the receivers'],
    ['name: chat', 'watchdog: 1m', "slack can't watch for a message that doesn't come"],
    ['      slack: {urlFrom: {file: slack-url}}\n', '', 'The receiver says not where to send'],
    ['      slack: {', '      webhook: {}\n      slack: {', 'A receiver sends to one place'],
    ['kind: Notification', 'kind: Notificaton', 'Did you mean Notification?'],
  ])('%s → %s is a problem', (from, to, problem) => {
    expect(text).toContain(from);
    expect(parse(text.replace(from, to)).problems.join('\n')).toContain(problem);
  });

  it.each(['triggers', 'receivers'])('without %s it would be of no use', (list) => {
    const source = `apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: {name: a}
spec:
  triggers: ${list === 'triggers' ? '[]' : '[{type: drift}]'}
  receivers: ${list === 'receivers' ? '[]' : '[{name: a, alertmanager: {url: "http://a"}}]'}
`;
    expect(parse(source).problems.join()).toContain(`The list ${list} is empty`);
  });

  it('counts only below the protected path', () => {
    expect(parse(text, 'applications/a.yaml').problems.join()).toContain('counts only below fleet/');
  });

  it('keeps its last good version while its file has a problem', () => {
    const path = 'fleet/notifications.yaml';
    const before = foldTexts({ ...goodTexts, [path]: text });
    const after = foldTexts({ ...goodTexts, [path]: text.replace('drift', 'drft') }, before);
    const file = after.find((each) => each.path === path);
    expect(file).toMatchObject({ stale: true, documents: [{ name: 'platform' }] });
    expect(file?.problems).toHaveLength(1);
  });

  it('of two with one name the first file counts, and the other is a problem', () => {
    const catalog = catalogOf({ ...goodTexts, 'fleet/a.yaml': text, 'fleet/b.yaml': text });
    expect(catalog.notifications.get('platform')?.location.file).toBe('fleet/a.yaml');
    expect(catalog.problems.map(formatProblem).join()).toContain('so the one at fleet/a.yaml:1 counts');
  });
});
