import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { fetchSamplesTelling } from '../../src/commands/data-samples.ts';
import { Output } from '../../src/commands/output.ts';
import { ownerOf } from '../../src/data/lock.ts';
import { fetchSamples, planSamples } from '../../src/data/samples/fetch.ts';
import { prepareSamples } from '../../src/data/samples/prepare.ts';
import {
  expectedCounts,
  type SampleSet,
  sampleFolder,
  sampleSets,
  samplesRoot,
  tablesOf,
} from '../../src/data/samples/sets.ts';
import { type SampleTable, samplesOf } from '../../src/data/samples/table.ts';
import { photo, picture, temporaryFolder } from '../data-corpus.ts';

/** Stand-ins for apt and dpkg that serve the folders below REPO, and note what was asked of them. */
const fakeTools = (repo: string) => ({
  'apt-get': `[ "$1" = indextargets ] && { /bin/cat ${repo}/archives 2> /dev/null; exit 0; }
    for name; do :; done
    echo "$1 $name" >> ${repo}/log
    [ "$1" = download ] || exit 0
    [ -d ${repo}/$name ] || { echo "E: no $name" >&2; exit 100; }
    echo $name > $name.deb`,
  'apt-cache': `shift 2
    for name; do
      [ -d ${repo}/$name ] && [ ! -e ${repo}/$name/unknown ] && printf 'Package: %s\\nVersion: 9-1\\nSize: 1000\\n\\n' $name
    done
    exit 0`,
  'apt-helper': `while [ $# -gt 3 ]; do shift; done
    echo "archive $1 $3" >> ${repo}/log
    case $1 in */good/*) ;; *) echo 'E: 404' >&2; exit 100;; esac
    name=\${1##*/}
    echo \${name%%_*} > $2`,
  'dpkg-deb': `[ "$1" = -f ] && { echo 9-1; exit 0; }
    read name < $2
    /bin/cp -r ${repo}/$name/. $3`,
});

interface FakeArchive {
  repo: string;
  log(): string[];
}

/** A cache of its own and a PATH with nothing but the stand-ins, until the test is over. */
function sandbox(t: TestContext): FakeArchive {
  const folder = temporaryFolder(t);
  const [repo, bin] = [join(folder, 'repo'), join(folder, 'bin')];
  mkdirSync(repo);
  mkdirSync(bin);
  for (const [name, text] of Object.entries(fakeTools(repo)))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const before = { PATH: process.env.PATH, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };
  t.after(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  process.env.PATH = bin;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const log = () =>
    existsSync(join(repo, 'log')) ? readFileSync(join(repo, 'log'), 'utf8').trim().split('\n') : [];
  return { repo, log };
}

/** Fills the stand-in archive with pictures under the names that the test set asks for. */
async function stock(archive: FakeArchive, packages?: string[]): Promise<void> {
  const picked = await picture(1, 200, 150).jpeg().toBuffer();
  for (const table of tablesOf('test')) {
    if (packages && !packages.includes(table.package)) continue;
    for (const sample of samplesOf(table)) {
      const path = join(archive.repo, table.package, sample.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, picked);
    }
  }
}

describe('tables of sample photographs', () => {
  it('hold the numbers that were chosen', () => {
    assert.deepEqual(expectedCounts('full'), { train: 373, validation: 12, heldout: 24 });
    assert.deepEqual(expectedCounts('demo'), { train: 248, validation: 12, heldout: 24 });
    assert.deepEqual(expectedCounts('test'), { train: 5, validation: 1, heldout: 6 });
    assert.deepEqual(expectedCounts('study'), { train: 362, validation: 23, heldout: 133 });
    const bytes = (set: SampleSet) =>
      tablesOf(set).reduce((sum, table) => sum + table.downloadBytes, 0);
    assert.ok(bytes('test') < 31e6 && bytes('demo') < 215e6 && bytes('full') < 430e6);
    assert.ok(bytes('study') < 660e6);
  });

  it('never share a package between training and held-out', () => {
    for (const set of sampleSets) {
      for (const table of tablesOf(set)) {
        const roles = new Set(samplesOf(table).map((sample) => sample.role === 'heldout'));
        assert.equal(roles.size, 1, table.package);
      }
    }
  });

  it('name every photograph once, with a factor and a hash', () => {
    for (const table of tablesOf('study')) {
      const samples = samplesOf(table);
      assert.equal(new Set(samples.map((sample) => sample.file)).size, samples.length);
      assert.equal(new Set(samples.map((sample) => sample.sha256)).size, samples.length);
      for (const { role, factor, softness, sha256, path } of samples) {
        assert.match(role, /^(train|validation|heldout)$/);
        assert.ok(Number.isInteger(factor) && factor >= 1 && factor <= 8, path);
        assert.ok(softness > 15 && softness < (role === 'train' ? 44 : 60), path);
        assert.match(sha256, /^[0-9a-f]{64}$/);
      }
    }
  });
});

describe('further held-out photographs', () => {
  const [further, others] = [true, false].map((are) =>
    tablesOf('study').filter((table) => tablesOf('full').includes(table) !== are),
  ) as [SampleTable[], SampleTable[]];

  it('are no others, and sharp: none is softer than the softest of the first ones', () => {
    const known = new Set(others.flatMap(samplesOf).map((sample) => sample.sha256));
    const samples = further.flatMap(samplesOf);
    assert.equal(samples.length, 109);
    assert.equal(new Set(samples.map((sample) => sample.sha256)).size, 109);
    for (const { role, softness, sha256, path } of samples)
      assert.ok(role === 'heldout' && softness <= 38 && !known.has(sha256), path);
  });

  it('are listed in docs/photographs.md', () => {
    const text = readFileSync('docs/photographs.md', 'utf8');
    for (const { package: name, version } of further)
      assert.ok(text.includes(`| \`${name}\` ${version} |`), name);
  });
});

describe('preparing samples', () => {
  it('reduces, crops to multiples of 24, and knows the source by its hash', async (t) => {
    const folder = temporaryFolder(t);
    const [root, out] = [join(folder, 'root'), join(folder, 'out')];
    mkdirSync(join(root, 'usr'), { recursive: true });
    mkdirSync(out);
    const source = await picture(1, 230, 120).png().toBuffer();
    const jpeg = await picture(1, 230, 120).jpeg().toBuffer();
    writeFileSync(join(root, 'usr/whole.png'), source);
    writeFileSync(join(root, 'usr/half.jpg'), jpeg);
    writeFileSync(join(root, 'usr/bad.png'), 'no picture');
    const sha = createHash('sha256').update(source).digest('hex');
    const table: SampleTable = {
      package: 'p',
      version: '1',
      downloadBytes: 1,
      deb: { path: 'pool/p_1_all.deb', sha256: '0'.repeat(64) },
      licence: 'CC0',
      folder: 'usr',
      rows: `
train 1 30.00 ${sha} whole.png
heldout 2 31.00 ${'0'.repeat(64)} half.jpg
train 1 30.00 ${sha} bad.png
train 1 30.00 ${sha} gone.png
`,
    };
    const { entries, missing } = await prepareSamples(root, { table, version: '2', out }, () => {});
    assert.deepEqual(
      entries.map(({ file, width, height, verified, softness }) => [
        file,
        width,
        height,
        verified,
        softness,
      ]),
      [
        ['whole.png', 216, 120, true, 30],
        ['half.png', 96, 48, false, undefined],
      ],
    );
    assert.deepEqual(
      missing.map(({ path }) => path),
      ['usr/bad.png', 'usr/gone.png'],
    );
    const raw = (image: Sharp) => image.removeAlpha().raw().toBuffer();
    const whole = await raw(sharp(join(out, 'whole.png')));
    const { pixels } = photo(1, 230, 120);
    for (const row of [0, 119])
      assert.ok(
        whole
          .subarray(row * 216 * 3, (row + 1) * 216 * 3)
          .equals(pixels.subarray(row * 230 * 3, row * 230 * 3 + 216 * 3)),
      );
    // The JPEG decoder must not do the reduction itself: it would not be Lanczos.
    const decoded = await sharp(jpeg).png().toBuffer();
    const half = sharp(decoded).resize(115, 60, { fit: 'fill', kernel: 'lanczos3' });
    const corner = { left: 0, top: 0, width: 96, height: 48 };
    const expected = await raw(sharp(await half.png().toBuffer()).extract(corner));
    assert.ok((await raw(sharp(join(out, 'half.png')))).equals(expected));
  });
});

describe('fetching samples', () => {
  it('fills the folders of a set once and then needs neither apt nor network', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const plans: number[] = [];
    const fetched = await fetchSamples('test', { onPlan: (plan) => plans.push(plan.bytes) });
    assert.deepEqual(plans, [3000]);
    assert.deepEqual(fetched.counts, { train: 5, validation: 1, heldout: 6 });
    assert.deepEqual(fetched.failed, []);
    for (const role of ['train', 'validation', 'heldout'] as const) {
      assert.equal(fetched.folders[role], sampleFolder(role, 'test'));
      assert.equal(readdirSync(fetched.folders[role]).length, fetched.counts[role]);
    }
    for (const { role, file, sha256, bytes, width, height } of fetched.manifest.entries) {
      const png = readFileSync(join(fetched.folders[role], file));
      assert.equal(png.length, bytes);
      assert.equal(createHash('sha256').update(png).digest('hex'), sha256);
      assert.deepEqual([width % 24, height % 24], [0, 0]);
    }
    const asked = archive.log();
    assert.equal(asked.length, 3);
    process.env.PATH = '/nowhere';
    const again = await fetchSamples('test', { onPlan: () => assert.fail('nothing to plan') });
    assert.deepEqual(again.manifest, fetched.manifest);
    assert.deepEqual(archive.log(), asked);
    assert.ok((await planSamples('test')).complete);
  });

  it('uses what another version has and says what is different', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const lxqt = join(archive.repo, 'lxqt-themes');
    renameSync(join(lxqt, 'usr/share/lxqt'), join(lxqt, 'usr/share/elsewhere'));
    rmSync(join(lxqt, 'usr/share/elsewhere/wallpapers/fog.jpg'));
    const { counts, warnings } = await fetchSamples('test');
    assert.deepEqual(counts, { train: 4, validation: 1, heldout: 6 });
    assert.deepEqual(
      warnings.map(({ code, count }) => [code, count]),
      [
        ['W_SAMPLES_UNVERIFIED', 11],
        ['W_SAMPLES_MISSING', 1],
      ],
    );
  });

  it('goes on without a package that cannot be had, and gets it later', async (t) => {
    const archive = sandbox(t);
    await stock(archive, ['lxqt-themes', 'palapeli-data']);
    const partial = await fetchSamples('test');
    assert.deepEqual(
      partial.failed.map((one) => one.package),
      ['python3-sklearn'],
    );
    assert.equal(partial.counts.heldout, 5);
    const output = new Output({ json: true, verbose: false });
    const warnings: string[] = [];
    output.warn = (code, text) => warnings.push(`${code}: ${text}`);
    output.note = () => {};
    assert.equal((await fetchSamplesTelling('test', output)).counts.heldout, 5);
    assert.match(warnings.join('\n'), /^E_SAMPLES_PACKAGE: python3-sklearn could not be fetched/);
    await stock(archive);
    const whole = await fetchSamples('test');
    assert.deepEqual([whole.failed, whole.counts.heldout], [[], 6]);
    const downloads = archive.log().filter((line) => line.startsWith('download'));
    assert.equal(downloads.length, 3, 'each package once');
  });

  it('stops when a role is left without photographs', async (t) => {
    const archive = sandbox(t);
    await stock(archive, ['lxqt-themes']);
    await assert.rejects(fetchSamples('test'), {
      code: 'E_SAMPLES_EMPTY',
      exitCode: 3,
      message: /heldout.*palapeli-data.*python3-sklearn/,
      hint: /--images DIR/,
    });
  });

  it('says what to do on a machine without apt', async (t) => {
    sandbox(t);
    process.env.PATH = '/nowhere';
    await assert.rejects(fetchSamples('test'), {
      code: 'E_SAMPLES_TOOLS',
      exitCode: 3,
      hint: /--images DIR/,
    });
  });

  it('takes the chosen versions from an archive where apt has others or none', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const [hidden] = tablesOf('test') as [SampleTable];
    writeFileSync(join(archive.repo, hidden.package, 'unknown'), '');
    const known = ['http://poor.invalid/debian/', 'http://host.invalid/good/', 'file:/cdrom/'];
    writeFileSync(join(archive.repo, 'archives'), known.join('\n'));
    const fetched = await fetchSamples('test');
    assert.deepEqual(fetched.counts, { train: 5, validation: 1, heldout: 6 });
    assert.deepEqual(fetched.failed, []);
    const asked = archive.log().filter((line) => !line.startsWith('update'));
    assert.deepEqual(
      asked,
      tablesOf('test').flatMap(({ deb: { path, sha256 } }) =>
        known.slice(0, 2).map((uri) => `archive ${uri}${path} SHA256:${sha256}`),
      ),
    );
  });

  it('takes what apt has when no archive holds the chosen version', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const [hidden, ...others] = tablesOf('test') as [SampleTable, ...SampleTable[]];
    writeFileSync(join(archive.repo, hidden.package, 'unknown'), '');
    writeFileSync(join(archive.repo, 'archives'), 'http://poor.invalid/debian/\n');
    const result = await fetchSamples('test').catch((error) => error);
    const downloads = archive.log().filter((line) => line.startsWith('download'));
    assert.deepEqual(
      downloads,
      others.map((table) => `download ${table.package}`),
    );
    assert.match(
      JSON.stringify(result.failed ?? result.message),
      /none of this system's 1 archives/,
    );
  });

  it('takes turns when asked twice at the same time', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const both = await Promise.all([fetchSamples('test'), fetchSamples('test')]);
    assert.deepEqual(both[0]?.manifest, both[1]?.manifest);
    assert.equal(archive.log().length, 3);
  });

  it('starts over where a killed fetch left off', async (t) => {
    const archive = sandbox(t);
    await stock(archive);
    const [old, recent] = ['work-old', 'work-new'].map((name) => join(samplesRoot(), name));
    for (const work of [old, recent]) {
      mkdirSync(work as string, { recursive: true });
      writeFileSync(join(work as string, 'fog.png'), 'half');
    }
    utimesSync(old as string, 1000, 1000);
    // No process has this number: it is above the largest that Linux gives out.
    const dead = { ...(await ownerOf(process.pid)), pid: 4194305 };
    writeFileSync(join(samplesRoot(), 'lock'), JSON.stringify(dead));
    const { counts, manifest } = await fetchSamples('test');
    assert.equal(counts.train, 5);
    const left = readdirSync(samplesRoot()).sort();
    assert.deepEqual(left, ['packages', 'test', 'work-new']);
    const damaged = manifest.entries[0];
    assert.ok(damaged);
    writeFileSync(join(sampleFolder(damaged.role, 'test'), damaged.file), 'cut');
    await fetchSamples('test');
    assert.equal(
      readFileSync(join(sampleFolder(damaged.role, 'test'), damaged.file)).length,
      damaged.bytes,
    );
  });
});
