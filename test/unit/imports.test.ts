import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * Who may import whom (ARCHITECTURE.md). `from` is a folder or file; what it imports from this
 * project must begin with one of `may`. Packages and Node modules are allowed unless `pure` lists the
 * only ones.
 */
interface Rule {
  from: string;
  may: string[];
  pure?: string[];
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

const upperFolders = [
  ...[
    'data',
    'image',
    'train',
    'evaluate',
    'infer',
    'batch',
    'dataset',
    'report',
    'bench',
    'study',
  ],
];

const typescriptRules: Rule[] = [
  { from: 'src/errors.ts', may: [], pure: [] },
  { from: 'src/rng.ts', may: ['src/errors.ts'], pure: [] },
  { from: 'src/native.ts', may: ['src/native/', 'src/errors.ts', 'src/degradation/pack.ts'] },
  { from: 'src/device-name.ts', may: [], pure: [] },
  { from: 'src/device.ts', may: ['src/native.ts', 'src/device-name.ts', 'src/errors.ts'] },
  { from: 'src/native/', may: ['src/native/'], pure: [] },
  {
    from: 'src/degradation/',
    may: ['src/degradation/', 'src/errors.ts', 'src/rng.ts'],
    pure: [],
  },
  { from: 'src/balance/', may: ['src/balance/', 'src/errors.ts', 'src/rng.ts'], pure: [] },
  {
    from: 'src/network/',
    may: ['src/network/', 'src/errors.ts', 'src/rng.ts'],
    pure: ['protobufjs', '@node-rs/crc32'],
  },
  ...upperFolders.map((folder) => ({
    from: `src/${folder}/`,
    may: [
      ...upperFolders.map((name) => `src/${name}/`),
      ...['src/degradation/', 'src/balance/', 'src/network/'],
      ...['src/errors.ts', 'src/rng.ts', 'src/native.ts', 'src/device.ts', 'src/device-name.ts'],
    ],
  })),
  { from: 'src/commands/', may: ['src/'] },
];

const core = ['tensor.h', 'error.h', 'parallel.h', 'batch.h', 'clones.h', 'math/'];
const backends = ['degrade_backend.h', 'network_backend.h'];
const nativeRules: Rule[] = [
  { from: 'native/math/', may: ['math/'] },
  { from: 'native/degrade/', may: ['degrade/', ...core, ...backends] },
  { from: 'native/nn/', may: ['nn/', ...core, ...backends] },
  {
    from: 'native/cpu/',
    may: ['cpu/', 'degrade/recipe.h', 'degrade/kernels.h', ...core, ...backends],
  },
  { from: 'native/infer/', may: ['infer/', ...core, ...backends] },
  { from: 'native/io/', may: ['io/', ...core] },
];

interface Import {
  file: string;
  line: number;
  target: string;
}

function filesBelow(folder: string, endings: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const importLines: [RegExp, RegExp][] = [
  [/\.ts$/, /(?:^\s*(?:import|export)\b.*?from\s*|^\}\s*from\s*|\bimport\()'([^']+)'/],
  [/\.(cc|h)$/, /^#include "([^"]+)"/],
];

/** Import lines of one file; TypeScript's relative ones resolved against the project's root. */
function importsOf(name: string, text: string): Import[] {
  const pattern = importLines.find(([ending]) => ending.test(name))?.[1];
  if (!pattern) return [];
  return text.split('\n').flatMap((content, index) => {
    const target = pattern.exec(content)?.[1];
    if (!target) return [];
    const local = target.startsWith('.') ? join(name, '..', target) : target;
    return [{ file: name, line: index + 1, target: local }];
  });
}

function offences(rules: Rule[], imports: Import[]): string[] {
  return imports.flatMap(({ file, line, target }) => {
    const rule = rules.find((candidate) => file.startsWith(candidate.from));
    if (!rule) return [];
    const isProject = target.startsWith('src/') || file.startsWith('native/');
    const allowed = isProject
      ? rule.may.some((start) => target.startsWith(start))
      : (rule.pure?.includes(target) ?? true);
    return allowed ? [] : [`${file}:${line} must not import ${target}`];
  });
}

function allImports(folder: string, endings: RegExp): Import[] {
  return filesBelow(join(root, folder), endings).flatMap((path) =>
    importsOf(relative(root, path), readFileSync(path, 'utf8')),
  );
}

describe('import rules', () => {
  it('hold in src/', () => {
    const imports = allImports('src', /\.ts$/);
    assert.ok(imports.length > 10, 'the scan found the import lines');
    assert.deepEqual(offences(typescriptRules, imports), []);
  });

  it('hold in native/', () => {
    const imports = allImports('native', /\.(cc|h)$/);
    assert.ok(imports.length > 10, 'the scan found the include lines');
    assert.deepEqual(offences(nativeRules, imports), []);
  });

  it('name the line that breaks them', () => {
    const text = "import { join } from 'node:path';\nimport {\n  a,\n} from '../native.ts';\n";
    assert.deepEqual(offences(typescriptRules, importsOf('src/balance/bad.ts', text)), [
      'src/balance/bad.ts:1 must not import node:path',
      'src/balance/bad.ts:4 must not import src/native.ts',
    ]);
    const read = "import protobuf from 'protobufjs';\nimport { readFileSync } from 'node:fs';\n";
    assert.deepEqual(offences(typescriptRules, importsOf('src/network/bad.ts', read)), [
      'src/network/bad.ts:2 must not import node:fs',
    ]);
    const include = '#include <vector>\n#include "cpu/conv.h"\n';
    assert.deepEqual(offences(nativeRules, importsOf('native/nn/bad.cc', include)), [
      'native/nn/bad.cc:2 must not import cpu/conv.h',
    ]);
  });

  it('let only commands print', () => {
    const printing = filesBelow(join(root, 'src'), /\.ts$/)
      .filter((path) => !/src\/(commands\/|cli\.ts)/.test(path))
      .filter((path) => /\bconsole\.|process\.(stdout|stderr)/.test(readFileSync(path, 'utf8')));
    assert.deepEqual(printing, []);
  });

  it('let one file load the addon, and one include node-addon-api', () => {
    const holding = (folder: string, endings: RegExp, pattern: RegExp) =>
      filesBelow(join(root, folder), endings)
        .filter((path) => pattern.test(readFileSync(path, 'utf8')))
        .map((path) => relative(root, path));
    assert.deepEqual(holding('src', /\.ts$/, /'#addon'|\.node'/), ['src/native.ts']);
    const including = holding('native', /\.(cc|h)$/, /#include <(napi|node_api)/);
    assert.deepEqual(including, ['native/binding/napi_setup.h']);
  });
});
