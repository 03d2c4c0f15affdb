import assert from 'node:assert/strict';
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { usesColor } from '../../src/commands/colors.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = join(root, 'dist/src/cli.js');

function evensr(args: string[], options: SpawnSyncOptions = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    ...options,
  });
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

/** Every command, `[]` being evensr itself, found through the lists in --help. */
function allCommands(path: string[] = []): { path: string[]; help: string }[] {
  const { status, stdout } = evensr([...path, '--help']);
  assert.equal(status, 0, path.join(' '));
  const list = stdout.match(/\nCommands:\n((?: {2,}.*\n)+)/)?.[1] ?? '';
  const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1] as string);
  const below = names
    .filter((name) => name !== 'help')
    .flatMap((name) => allCommands([...path, name]));
  return [{ path, help: stdout }, ...below];
}

const commands = allCommands();

describe('every command', () => {
  it('is found', () => {
    const found = commands.map(({ path }) => path.join(' '));
    for (const name of ['doctor', 'data check', 'config explain'])
      assert.ok(found.includes(name), name);
  });

  for (const { path, help } of commands) {
    const name = ['evensr', ...path].join(' ');

    it(`${name} --help has a description and an example of itself`, () => {
      assert.match(help, new RegExp(`^Usage: ${name}`));
      const example = help.split('\nExample')[1] ?? '';
      assert.ok(example.includes(`\n  ${name} `), `no example: ${help}`);
    });
  }
});

describe('usage errors', () => {
  const cases: [args: string[], message: RegExp][] = [
    [['doctro'], /E_USAGE: unknown command 'doctro' \(Did you mean doctor\?\) - see evensr --help/],
    [['data', 'chekc'], /\(Did you mean check\?\) - see evensr data --help/],
    [['doctor', '--verbos'], /unknown option '--verbos' \(Did you mean --verbose\?\)/],
    [['doctor', 'more'], /too many arguments/],
    [
      ['config', 'explain', 'lr'],
      /lr is not a key of the configuration - did you mean training\.learningRate\?/,
    ],
    [
      ['config', 'explain', '--markdwn'],
      /unknown option '--markdwn' .* - see evensr config explain --help/,
    ],
    [[], /E_USAGE: evensr needs a command - see evensr --help/],
    [['data'], /E_USAGE: evensr data needs a command - see evensr data --help/],
    [['help', 'doctro'], /E_USAGE: there is no command doctro - see evensr --help/],
    [['data', 'help', 'chekc'], /E_USAGE: there is no command chekc - see evensr data --help/],
  ];
  for (const [args, message] of cases) {
    it(`evensr ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = evensr(args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.equal(stdout, '');
    });
  }
});

describe('mistakes in a configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-cli-'));
  const file = join(folder, 'run.yaml');
  after(() => rmSync(folder, { recursive: true }));

  it('are listed with their places, one line each, and as JSON', () => {
    writeFileSync(file, 'images: {train: gt}\ntraining:\n  lrate: 1\n  steps: "4"\n');
    const { status, stdout, stderr } = evensr(['train', file, '--print-config', '--json']);
    assert.equal(status, 2);
    const [first, second, ...more] = stderr.trimEnd().split('\n');
    const place = `evensr: E_CONFIG: ${file}`;
    const unknown = 'training.lrate is not a key - did you mean training.learningRate?';
    assert.equal(first, `${place}:3:3: ${unknown}`);
    assert.ok(second?.startsWith(`${place}:4:10: training.steps: expected an integer`));
    assert.deepEqual(more, []);
    const { error } = JSON.parse(stdout) as { error: { code: string; details: string[] } };
    assert.equal(error.code, 'E_CONFIG');
    assert.equal(error.details.length, 1);
  });

  it('of --set name the argument', () => {
    writeFileSync(file, 'images: {train: gt}\n');
    const { status, stderr } = evensr([
      'train',
      file,
      '--print-config',
      '--set',
      'training.stesp=3',
    ]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /--set training\.stesp=3: training\.stesp is not a key - did you mean training\.steps\?/,
    );
  });

  it('are none when it is right: --print-config shows every key and where the photographs are', () => {
    const args = ['train', file, '--print-config', '--set', 'training.steps=7'];
    const { status, stdout } = evensr(args);
    assert.equal(status, 0);
    assert.ok(stdout.includes(`train: ${join(folder, 'gt')}\n`));
    assert.match(stdout, /^ {2}steps: 7$/m);
    const own = evensr([...args, '--images', 'my photos', '--json'], { cwd: folder });
    const config = JSON.parse(own.stdout) as { images: { train: string } };
    assert.equal(config.images.train, join(realpathSync(folder), 'my photos'));
  });
});

describe('output', () => {
  it('with --json is one document on stdout and nothing else', () => {
    const { stdout, stderr } = evensr(['doctor', '--json']);
    assert.equal(stderr, '');
    assert.ok((JSON.parse(stdout) as { cpu: { threads: number } }).cpu.threads >= 1);
  });

  /** One JSON document on stdout with the code, and messages of one line each on stderr. */
  function failsAsJson(args: string[], status: number, code: string, env = process.env): void {
    const name = `evensr ${args.join(' ')}`;
    const result = evensr([...args, '--json'], { env });
    assert.equal(result.status, status, `${name}: ${result.stderr}`);
    const { error } = JSON.parse(result.stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, code, name);
    assert.ok(error.message.length > 0, name);
    assert.ok(result.stderr.startsWith(`evensr: ${code}: `) || args.length === 0, result.stderr);
  }

  it('with --json is JSON also when an option is wrong, whatever the command', () => {
    for (const { path } of commands) failsAsJson([...path, '--wrong'], 2, 'E_USAGE');
    failsAsJson(['tasks', '--scale', 'x'], 2, 'E_USAGE');
    failsAsJson([], 2, 'E_USAGE');
  });

  it('with --json is JSON also when what a command works on is not there', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'evensr-absent-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const absent = join(folder, 'no', 'thing');
    failsAsJson(['data', 'check', absent], 3, 'E_DATA_MISSING');
    failsAsJson(['data', 'pack', absent], 3, 'E_DATA_MISSING');
    failsAsJson(['tasks', '--config', absent], 2, 'E_CONFIG');
    failsAsJson(['tasks', 'measure', absent], 2, 'E_RUN');
    failsAsJson(['config', 'explain', absent], 2, 'E_USAGE');
    failsAsJson(['degrade', '-i', absent, '-o', absent], 3, 'E_DATA_MISSING');
    failsAsJson(['train', absent], 2, 'E_CONFIG');
    failsAsJson(['train', '-o', absent, '--resume'], 2, 'E_CONFIG');
    failsAsJson(['evaluate', '-i', absent, '-m', absent], 9, 'E_MODEL');
    failsAsJson(['evaluate', '-i', absent, '-m', `${cli}/below`], 9, 'E_MODEL');
    const bare = { XDG_CACHE_HOME: join(folder, 'cache'), PATH: absent };
    failsAsJson(['data', 'fetch-samples'], 3, 'E_SAMPLES_TOOLS', bare);
    failsAsJson(['demo', '-o', absent], 3, 'E_SAMPLES_TOOLS', bare);
  });

  it('ends quietly when the reader goes away', () => {
    const command = '("$0" "$1" config schema; echo "exit $?" >&2) | true';
    const { stderr } = spawnSync('sh', ['-c', command, process.execPath, cli], {
      encoding: 'utf8',
    });
    assert.equal(stderr, 'exit 0\n');
  });

  it('that meets a full disk is E_DISK with exit code 5', () => {
    const command = '"$0" "$1" config schema > /dev/full';
    const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, cli], {
      encoding: 'utf8',
    });
    assert.equal(status, 5);
    assert.match(stderr, /^evensr: E_DISK: ENOSPC/);
  });

  it('has colours on terminals, and elsewhere only when forced', () => {
    const terminal = { isTTY: true };
    assert.equal(usesColor(terminal, {}), true);
    assert.equal(usesColor(terminal, { NO_COLOR: '1' }), false);
    assert.equal(usesColor(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }), false);
    assert.equal(usesColor(terminal, { TERM: 'dumb' }), false);
    assert.equal(usesColor({}, { CI: 'true' }), false);
    assert.equal(usesColor({}, { FORCE_COLOR: '1' }), true);
    const forced = evensr(['doctro'], { env: { FORCE_COLOR: '1' } }).stderr;
    assert.ok(forced.startsWith('\u001b[31mevensr: E_USAGE:'));
    assert.ok(evensr(['doctro'], { env: {} }).stderr.startsWith('evensr: E_USAGE:'));
  });
});

describe('poor surroundings', () => {
  it('no environment, locale C and a folder that nobody can write to are enough', () => {
    const { status, stdout, stderr } = evensr(['doctor', '--json'], {
      env: { LC_ALL: 'C' },
      cwd: '/proc',
    });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    JSON.parse(stdout);
  });

  it('a folder for output that cannot be made is E_DISK and keeps nobody waiting', () => {
    const config = join(root, 'configs/demo.yaml');
    // In /proc Node's own recursive mkdir never returns.
    const args = ['train', config, '--images', join(root, 'configs')];
    const { status, stderr } = evensr(args, { cwd: '/proc', timeout: 60_000 });
    assert.equal(status, 5, stderr);
    assert.match(stderr, /^evensr: E_DISK: runs cannot be made \(ENOENT\)/m);
  });

  it('a user that the system does not know has a cache below the temporary folder', (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can become somebody else');
    const folder = mkdtempSync(join(tmpdir(), 'evensr-nobody-'));
    t.after(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o777);
    const user = ['--reuid=64321', '--regid=64321', '--clear-groups'];
    const images = join(root, 'test/fixtures');
    const command = [...user, process.execPath, cli, 'data', 'pack', images, '--json'];
    const env = { TMPDIR: folder, PATH: process.env.PATH };
    const { stdout, stderr, error } = spawnSync('setpriv', command, { encoding: 'utf8', env });
    if (error || /MODULE_NOT_FOUND|EACCES/.test(stderr)) return t.skip('setpriv cannot run it');
    const found = JSON.parse(stdout) as { error: { code: string } };
    // There are no photographs there; the cache was looked for before.
    assert.equal(found.error.code, 'E_DATA_EMPTY', stderr);
  });

  it('an addon that is missing or old is E_ADDON with the command that builds it', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'evensr-no-addon-'));
    try {
      await cp(join(root, 'dist/src'), join(copy, 'dist/src'), { recursive: true });
      await cp(join(root, 'package.json'), join(copy, 'package.json'));
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      const run = (...args: string[]) =>
        spawnSync(process.execPath, [join(copy, 'dist/src/cli.js'), ...args], { encoding: 'utf8' });
      const failed = run('doctor', '--json');
      assert.equal(failed.status, 2);
      assert.match(failed.stderr, /^evensr: E_ADDON: .* - build it with: npm run setup\n$/);
      assert.equal(
        (JSON.parse(failed.stdout) as { error: { code: string } }).error.code,
        'E_ADDON',
      );
      assert.equal(run('--help').status, 0);
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.equal(run('--version').stdout, `${version}\n`);
      // One of another layout would misread every recipe.
      const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
      manifest.imports['#addon'] = './addon.cjs';
      writeFileSync(join(copy, 'package.json'), JSON.stringify(manifest));
      writeFileSync(
        join(copy, 'addon.cjs'),
        'exports.recipeLayout = () => ({ bytes: 8, fields: [] }); exports.info = () => ({});',
      );
      const old = run('doctor');
      assert.equal(old.status, 2);
      assert.match(
        old.stderr,
        /^evensr: E_ADDON: .*recipe differs: it has "8 bytes.* - build it again with: npm run setup\n$/,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});
