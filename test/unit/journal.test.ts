import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { appendLine } from '../../src/report/journal.ts';

describe('lines of a report', () => {
  let file: string;
  before(() => {
    file = join(mkdtempSync(join(tmpdir(), 'evensr-journal-')), 'report.jsonl');
  });
  after(() => rmSync(join(file, '..'), { recursive: true }));

  const text = () => readFileSync(file, 'utf8');

  it('follow each other, and a last line that a kill has torn goes', () => {
    appendLine(file, '{"a":1}');
    appendLine(file, '{"b":2}');
    assert.equal(text(), '{"a":1}\n{"b":2}\n');
    writeFileSync(file, '{"a":1}\n{"b":');
    appendLine(file, '{"c":3}');
    assert.equal(text(), '{"a":1}\n{"c":3}\n');
    writeFileSync(file, '{"a"');
    appendLine(file, '{"d":4}');
    assert.equal(text(), '{"d":4}\n');
  });

  it('are taken back when only a part of them fits on the disk', () => {
    rmSync(file);
    const module = new URL('../../src/report/journal.js', import.meta.url).href;
    const script = `import { appendLine } from ${JSON.stringify(module)};
      for (let i = 0; i < 400; i++)
        try { appendLine(${JSON.stringify(file)}, 'x'.repeat(100)) } catch (e) { console.log(e.code); break }`;
    const command = `ulimit -f 8; exec "$0" --input-type=module -e "$1"`;
    const child = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    assert.equal(child.stdout, 'EFBIG\n', child.stderr);
    const lines = text().split('\n');
    assert.equal(lines.pop(), '');
    assert.ok(lines.length > 30 && lines.every((line) => line.length === 100));
  });
});
