/** A workbench for tests of `evensr degrade`: photographs, the command, trees by hash. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

export class DegradeBench {
  readonly root = mkdtempSync(join(tmpdir(), 'evensr-degrade-'));
  readonly photos = join(this.root, 'photos');
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_CACHE_HOME: join(this.root, 'cache'),
    NO_COLOR: '1',
  };

  constructor() {
    mkdirSync(this.photos);
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  async photo(name: string, width: number, height: number): Promise<void> {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
      return 128 + 60 * Math.sin(x / (5 + c)) + 50 * Math.cos((y + x) / 9);
    });
    await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(join(this.photos, name));
  }

  #words(args: readonly string[]): string[] {
    return [cli, 'degrade', '-i', this.photos, ...args];
  }

  run(...args: string[]) {
    return spawnSync(process.execPath, this.#words(args), { encoding: 'utf8', env: this.env });
  }

  start(...args: string[]) {
    const child = spawn(process.execPath, this.#words(args), { env: this.env });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const finished = new Promise<{ code: number | null; signal: string | null; stderr: string }>(
      (resolve) => child.on('close', (code, signal) => resolve({ code, signal, stderr })),
    );
    return { child, finished };
  }

  /** Hashes of all files that are no state of evensr, by their names. */
  tree(name: string): Record<string, string> {
    const folder = this.path(name);
    if (!existsSync(folder)) return {};
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .filter((file) => !file.startsWith('.evensr'))
      .toSorted();
    const hash = (file: string) =>
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
    return Object.fromEntries(files.map((file) => [file, hash(file)]));
  }

  records(name: string): Record<string, ReturnType<typeof JSON.parse>>[] {
    const text = readFileSync(this.path(name, 'recipes.jsonl'), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
