import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';

const fleet: Readonly<Record<string, string>> = {
  'fleet/fleet.yaml': `
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: {name: test}
spec:
  environments: [{name: prod}]
`,
  'fleet/prod.yaml': `
apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec: {environment: prod}
`,
  'fleet/shop.yaml': `
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shop}
spec:
  sourceRepos: [https://git.example/fleet.git]
  destinations: [{name: prod, namespace: shop}]
`,
  'app.yaml': `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: shop
  source: {repoURL: https://git.example/fleet.git, targetRevision: main, path: web}
  destination: {name: prod, namespace: shop}
`,
  'web/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {key: value}
`,
};

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function validate(
  changes: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CliResult> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-validate-test-'));
  folders.push(dir);
  for (const [path, text] of Object.entries({ ...fleet, ...changes })) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return runCli(['validate', dir, ...args]);
}

test('a good fleet exits with 0 and says what was rendered', async () => {
  const result = await validate({});
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toContain('ok    argocd/web on prod: 1 object\n');
});

test('a problem exits with 1 and names file and line', async () => {
  const { code, stdout } = await validate({ 'app.yaml': `${fleet['app.yaml']}  sources: [\n` });
  expect(code).toBe(1);
  expect(stdout).toMatch(/app\.yaml:\d+: /);
});

test('a source that can not be read exits with 1 as well', async () => {
  const { code, stdout } = await validate({ 'web/config.yaml': 'kind: [\n' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/fail {2}argocd\/web on prod: web\/config\.yaml:\d+: /);
});

test('a refusal alone exits with 2 and names the rule', async () => {
  const app = fleet['app.yaml']?.replace('namespace: shop}', 'namespace: kube-system}') ?? '';
  const { code, stdout } = await validate({ 'app.yaml': app });
  expect(code).toBe(2);
  expect(stdout).toMatch(/argocd\/web on prod refused: .*kube-system.*fleet\/shop\.yaml:\d+/);
});

test('the same comes as JSON for scripts', async () => {
  const { stdout } = await validate({}, '-o', 'json', '--repo', 'https://git.example/other.git');
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [],
    applications: [{ application: 'argocd/web', cluster: 'prod', result: { type: 'not-checked' } }],
  });
});

test('a folder that is not there is one clear line', async () => {
  const result = await runCli(['validate', '/nonexistent/fleet']);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^fairlead: [^\n]*\/nonexistent\/fleet[^\n]*\n$/);
});

test('a secret that a Notification names and that is missing is a problem, where the folder is given', async () => {
  const notification = `
apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: {name: platform}
spec:
  triggers: [{type: drift}]
  receivers:
    - name: chat
      slack: {urlFrom: {file: slack-url}}
`;
  const files = { 'fleet/notification.yaml': notification };
  expect(await validate(files)).toMatchObject({ code: 0 });
  const secrets = await mkdtemp(join(tmpdir(), 'fairlead-secrets-'));
  folders.push(secrets);
  const missing = await validate(files, '--notification-secrets', secrets);
  expect(missing.code).toBe(1);
  expect(missing.stdout).toContain(
    "fleet/notification.yaml:9: The receiver chat of Notification platform can't send: the secret slack-url",
  );
  await writeFile(join(secrets, 'slack-url'), 'https://hooks.slack.com/services/x');
  expect(await validate(files, '--notification-secrets', secrets)).toMatchObject({ code: 0 });
});
