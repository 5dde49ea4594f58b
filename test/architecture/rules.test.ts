import { describe, expect, test } from 'vitest';
import { blank } from './blank.ts';
import { checkCycles } from './check-cycles.ts';
import { checkLayers } from './check-layers.ts';
import { checkPackages } from './check-packages.ts';
import { checkBans, checkPurity, checkShape } from './check-text.ts';
import { type Finding, formatFindings } from './finding.ts';
import { type SourceFile, scanSource } from './source-file.ts';

type Check = (file: SourceFile) => readonly Finding[];

/** What a check says about one file, without reasons. */
function found(check: Check, path: string, source: string): readonly string[] {
  return check(scanSource(path, source)).map((finding) => finding.what);
}

describe('layers', () => {
  const refused: Record<string, readonly [string, string]> = {
    'core knows nobody': ['core/mode.ts', '../proto/codec/encode.ts'],
    'the wire knows no decider': ['proto/codec/encode.ts', '../../hub/session/step.ts'],
    'the hub doesn’t know the agent': ['hub/loop.ts', '../agent/plan/plan.ts'],
    'the agent doesn’t know the hub': ['agent/context.ts', '../hub/catalog/catalog.ts'],
    'a decider knows no edge': ['hub/resolve/resolve.ts', '../store/store.ts'],
    'a decider knows no shell': ['agent/plan/plan.ts', '../loop.ts'],
    'a decider knows nothing downstream': ['hub/catalog/parse.ts', '../resolve/resolve.ts'],
    'a decider knows no wire': ['hub/session/step.ts', '../../proto/codec/encode.ts'],
    'edges don’t know each other': ['hub/api/server.ts', '../store/store.ts'],
    'edges don’t know the shell': ['agent/apply/apply.ts', '../context.ts'],
    'only streams know the wire': ['hub/api/server.ts', '../../proto/codec/encode.ts'],
    'edges don’t ask deciders of the other side': ['agent/apply/apply.ts', '../../hub/drift/fold.ts'],
    'the CLI doesn’t know the hub’s inside': ['cli/app-list.ts', '../hub/store/store.ts'],
    'the CLI loads the hub only where it runs it': ['cli/main.ts', '../hub/main.ts'],
    'the product doesn’t know the tests': ['core/mode.ts', '../test/support/git-repo.ts'],
    'the product doesn’t know the demo': ['cli/main.ts', '../demo/main.ts'],
    'the demo doesn’t know the tests': ['demo/main.ts', '../test/core/json.test.ts'],
    'nobody knows the scripts': ['bench/main.ts', '../scripts/run.ts'],
  };
  test.each(Object.entries(refused))('%s', (_, [path, specifier]) => {
    expect(found(checkLayers, path, `import { x } from '${specifier}';\n`)).toHaveLength(1);
  });

  const allowed: Record<string, readonly [string, string]> = {
    'a file knows its own layer': ['hub/git/a.ts', "import { x } from './b.ts';"],
    'a decider knows what lies upstream': ['hub/drift/fold.ts', "import { x } from '../catalog/catalog.ts';"],
    'a decider knows the types of ports': ['hub/desired/a.ts', "import type { Tree } from '../ports.ts';"],
    'an edge asks a decider of its side': ['agent/apply/apply.ts', "import { plan } from '../plan/plan.ts';"],
    'an edge knows types marked one by one': [
      'agent/apply/a.ts',
      "import { type A, type B } from '../plan/plan.ts';",
    ],
    'the shell knows its side': ['hub/loop.ts', "import { x } from './store/store.ts';"],
    'streams know the wire': [
      'agent/stream/a.ts',
      "import { x } from '../../proto/gen/fairlead/session/v1/session.ts';",
    ],
    'the CLI starts the hub lazily': ['cli/main.ts', "const { main } = await import('../hub/main.ts');"],
    'the CLI validates offline': ['cli/validate.ts', "import { validate } from '../hub/validate.ts';"],
    'tests know everything': ['test/hub/a.test.ts', "import { x } from '../../demo/main.ts';"],
    'the demo starts control planes': [
      'demo/main.ts',
      "import { x } from '../test/clusters/control-plane.ts';",
    ],
  };
  test.each(Object.entries(allowed))('%s', (_, [path, source]) => {
    expect(found(checkLayers, path, `${source}\n`)).toEqual([]);
  });

  test('a type and a value in one import count as a value', () => {
    const source = "import { type Tree, readTree } from '../ports.ts';\n";
    expect(found(checkLayers, 'hub/desired/a.ts', source)).toEqual([
      '(hub/desired) imports hub/ports.ts (hub/ports) (only its types may be imported)',
    ]);
  });

  test('each folder has a layer', () => {
    expect(found(checkLayers, 'hub/misc/helper.ts', '')).toEqual(['lies in no layer']);
  });

  test('imports name the .ts file', () => {
    expect(found(checkLayers, 'core/a.ts', "import { b } from './b.js';\n")).toEqual(['imports ./b.js']);
    expect(found(checkLayers, 'core/a.ts', "import { b } from './folder';\n")).toEqual(['imports ./folder']);
  });
});

describe('packages', () => {
  const refused: Record<string, readonly [string, string]> = {
    'SQL outside the store': ['hub/api/server.ts', 'kysely'],
    'gRPC in a decider': ['hub/session/step.ts', '@grpc/grpc-js'],
    'YAML in core': ['core/json.ts', 'yaml'],
    'a deep import of an owned package': ['hub/loop.ts', '@kubernetes/client-node/dist/config.js'],
    'a package that nobody owns': ['hub/api/server.ts', 'left-pad'],
    'Node in a pure folder': ['hub/resolve/resolve.ts', 'node:fs'],
    'Node by its short name in a pure folder': ['core/digest.ts', 'fs/promises'],
    'hashing outside its file': ['core/mode.ts', 'node:crypto'],
  };
  test.each(Object.entries(refused))('refuses %s', (_, [path, name]) => {
    expect(found(checkPackages, path, `import { x } from '${name}';\n`)).toHaveLength(1);
    expect(found(checkPackages, path, `import '${name}';\n`)).toHaveLength(1);
    expect(found(checkPackages, path, `const x = await import('${name}');\n`)).toHaveLength(1);
    expect(found(checkPackages, path, `export { x } from '${name}';\n`)).toHaveLength(1);
  });

  const allowed: Record<string, readonly [string, string]> = {
    'its owner': ['hub/store/open.ts', 'better-sqlite3'],
    'its owner’s subfolder': ['hub/store/migrations/001-init.ts', 'kysely'],
    'one file': ['agent/main.ts', 'pino'],
    'Node in an edge': ['hub/git/clone.ts', 'node:fs/promises'],
    'hashing in its file': ['core/digest.ts', 'node:crypto'],
    'anything in a test': ['test/hub/store.test.ts', 'kysely'],
  };
  test.each(Object.entries(allowed))('allows %s', (_, [path, name]) => {
    expect(found(checkPackages, path, `import { x } from '${name}';\n`)).toEqual([]);
  });
});

describe('purity', () => {
  const impure = [
    'Date.now()',
    'new Date()',
    'new Date',
    'Date()',
    'Temporal.Now.instant()',
    'performance.now()',
    'Math.random()',
    'crypto.randomUUID()',
    'setTimeout(next, 10)',
    'setInterval(next, 10)',
    'setImmediate(next)',
    'process.env.HOME',
    'globalThis.process.pid',
    'console.log(1)',
    'fetch(url)',
    '`${Date.now()}`',
  ];
  test.each(impure)('%s is found in a pure folder, and in no other', (code) => {
    expect(found(checkPurity, 'agent/plan/plan.ts', `const x = ${code};\n`)).toHaveLength(1);
    expect(found(checkPurity, 'agent/kube/client.ts', `const x = ${code};\n`)).toEqual([]);
  });

  const pure = [
    'const x = new Date(text);',
    'const x = Date.parse(text);',
    "const x = 'Date.now()';",
    'const x = `process.env`;',
    'const x = /Math.random()/;',
    '// new Date() is the shell’s',
    '/** Like setTimeout(). */',
    'const x = item.process.name;',
    'interface Port {\n  fetch(url: string): void;\n}',
    'const x = processes[0];',
  ];
  test.each(pure)('%s is pure', (code) => {
    expect(found(checkPurity, 'core/mode.ts', `${code}\n`)).toEqual([]);
  });
});

describe('bans', () => {
  const banned = [
    'export default function main() {}',
    'export { main as default };',
    'enum Mode { Sync }',
    'export const enum Mode { Sync }',
    "vi.mock('./store.ts');",
    "vi\n  .doMock('./store.ts');",
    "export * from './mode.ts';",
  ];
  test.each(banned)('%s', (code) => {
    expect(found(checkBans, 'test/core/mode.test.ts', `${code}\n`)).toHaveLength(1);
    expect(found(checkBans, 'proto/gen/a.ts', `${code}\n`)).toEqual([]);
  });

  test('words that only look like it are fine', () => {
    expect(found(checkBans, 'core/mode.ts', '// export default\nconst text = "enum Mode {";\n')).toEqual([]);
  });
});

describe('shape', () => {
  test('a file is limited to 400 lines, unless its header says why not', () => {
    const long = 'x;\n'.repeat(401);
    expect(found(checkShape, 'core/mode.ts', long)).toEqual(['has 401 lines, 400 are the limit']);
    expect(found(checkShape, 'core/mode.ts', 'x;\n'.repeat(400))).toEqual([]);
    expect(
      found(checkShape, 'core/mode.ts', `/** Longer than 400 lines because tables. */\n${long}`),
    ).toEqual([]);
    expect(found(checkShape, 'test/core/mode.test.ts', long)).toEqual([]);
    expect(found(checkShape, 'client/schema.ts', long)).toEqual([]);
  });

  test('a main file is limited to 60', () => {
    expect(found(checkShape, 'hub/main.ts', 'x;\n'.repeat(61))).toEqual(['has 61 lines, 60 are the limit']);
  });

  test.each(['core/fooBar.ts', 'core/FooBar.ts', 'core/foo_bar.ts', 'core/fooBar/a.ts'])(
    '%s is misnamed',
    (path) => {
      expect(found(checkShape, path, '')).toHaveLength(1);
    },
  );

  test.each(['core/foo-bar.ts', 'test/core/foo-bar.test.ts', 'hub/store/migrations/001-init.ts'])(
    '%s is fine',
    (path) => {
      expect(found(checkShape, path, '')).toEqual([]);
    },
  );
});

describe('cycles', () => {
  test('are found once, with their way, types included', () => {
    const files = [
      scanSource('core/a.ts', "import { b } from './b.ts';\n"),
      scanSource('core/b.ts', "import type { c } from './c.ts';\n"),
      scanSource('core/c.ts', "export { a } from './a.ts';\n"),
      scanSource('core/d.ts', "import { a } from './a.ts';\n"),
    ];
    expect(checkCycles(files).map((finding) => finding.what)).toEqual([
      'is part of a circle of imports: core/a.ts → core/b.ts → core/c.ts → core/a.ts',
    ]);
    expect(checkCycles(files.slice(0, 2))).toEqual([]);
  });
});

describe('the scanner', () => {
  test('finds every way to depend on a file, with its line', () => {
    const source = [
      "import a from './a.ts';",
      'import {',
      '  b,',
      '  c as d,',
      '} from "./b.ts";',
      "import * as e from './e.ts';",
      "import './f.ts';",
      "export type { G } from './g.ts';",
      "const h = await import('./h.ts');",
      "new Worker(new URL('./i.ts', import.meta.url));",
      "new URL('./go.mod', import.meta.url);",
      "// import { j } from './j.ts';",
      'const k = "import { k } from \'./k.ts\'";',
      "const l = ['from', './l.ts'];",
    ].join('\n');
    const imports = scanSource('core/x.ts', source).imports.map(
      (each) => `${each.line} ${each.kind} ${each.path}`,
    );
    expect(imports.sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))).toEqual([
      '1 value core/a.ts',
      '5 value core/b.ts',
      '6 value core/e.ts',
      '7 value core/f.ts',
      '8 types core/g.ts',
      '9 lazy core/h.ts',
      '10 value core/i.ts',
    ]);
  });

  const blanked: Record<string, readonly [string, string]> = {
    'line comments': ['a // b\nc', 'a     \nc'],
    'block comments': ['a /* b\nc */ d', 'a     \n     d'],
    strings: ["a = 'b // \\' c';", "a = '         ';"],
    'templates, without what is in their placeholders': [
      'a = `b${{ c: `d${e}` }.c}f`;',
      'a = ` ${{ c: ` ${e}` }.c} `;',
    ],
    'regular expressions': ['a = /[/]`"/g; b', 'a = /      g; b'],
    'no divisions': ['a / b / c; // d', 'a / b / c;     '],
  };
  test.each(Object.entries(blanked))('blanks %s', (_, [source, bare]) => {
    expect(blank(source).bare).toBe(bare);
  });
});

test('a finding says where, what, why and what to do instead', () => {
  const finding = {
    file: 'core/a.ts',
    line: 3,
    what: 'uses a timer',
    why: 'time is an event',
    instead: 'return a time',
  };
  expect(formatFindings([finding])).toBe(
    'core/a.ts:3 uses a timer\n    why:     time is an event\n    instead: return a time',
  );
});
