import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EvensrError, exitCodes } from '../errors.ts';
import { checkTogether } from './config-checks.ts';
import { type Finding, findings } from './config-issues.ts';
import { ConfigError, type ConfigProblem } from './config-problem.ts';
import { configSchema, type TrainConfig, unions } from './config-schema.ts';
import { applyOverrides, type Override, parseOverride } from './config-set.ts';
import { isMapping, readYaml, sizeLimit, type YamlText } from './config-yaml.ts';

export { printConfig } from './config-print.ts';
export type { TrainConfig } from './config-schema.ts';

export interface ParseOptions {
  /** What messages call the text: the file name as the user wrote it. */
  origin: string;
  /** Folder that relative paths in the text are resolved against. */
  folder: string;
  /** `--set` arguments, in order; relative paths in them are resolved against the current folder. */
  set?: readonly string[] | undefined;
}

type Raw = Record<string, unknown>;

/** Keys that hold a path. */
const pathKeys = [
  ['images', 'train'],
  ['images', 'validation'],
  ['balance', 'references'],
  ['balance', 'groups'],
  ['degradation', 'kernels'],
  ['degradation', 'noiseBank'],
  ['network', 'weights'],
  ['discriminator', 'weights'],
  ['training', 'loss', 'perceptual', 'weights'],
] as const;

function child(root: Raw, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, part) => (isMapping(node) ? node[part] : undefined), root);
}

function resolvePaths(root: Raw, folder: string): void {
  for (const path of pathKeys) {
    const key = path.at(-1) as string;
    const parent = child(root, path.slice(0, -1));
    if (!isMapping(parent)) continue;
    const value = parent[key];
    if (typeof value === 'string' && value !== '') parent[key] = resolve(folder, value);
  }
}

/** `space: bsrgan` is short for `space: {name: bsrgan}`. */
function expandSpace(root: Raw): void {
  const parent = root.degradation;
  if (isMapping(parent) && typeof parent.space === 'string') parent.space = { name: parent.space };
}

function fillTypes(root: Raw): void {
  for (const [path, { key, value }] of Object.entries(unions)) {
    const node = child(root, path.split('.'));
    if (isMapping(node) && node[key] === undefined) node[key] = value;
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/** Where a finding was written: in an override, or in the text. */
function locate(
  finding: Finding,
  text: YamlText,
  overrides: readonly Override[],
  origin: string,
): ConfigProblem {
  const { path, of, message, hint } = finding;
  const by = overrides.findLast((o) => o.path.every((part, i) => part === String(path[i])));
  const place = by ? { origin: by.origin } : { origin, ...text.position(path, of) };
  return { ...place, message, ...(hint ? { hint } : {}) };
}

/**
 * Reads, completes and checks a configuration: YAML text, then overrides, then defaults.
 * Throws ConfigError (E_CONFIG) that lists every mistake with its place and what was probably meant.
 */
export function parseConfig(source: string, options: ParseOptions): TrainConfig {
  const { origin, folder } = options;
  const overrides = (options.set ?? []).map(parseOverride);
  const text = readYaml(source, origin);
  if (text.value === null || text.value === undefined) {
    throw new ConfigError([
      { origin, message: 'is empty', hint: 'images.train is the least it needs' },
    ]);
  }
  if (!isMapping(text.value)) {
    throw new ConfigError([
      { origin, ...text.position([], 'value'), message: 'is not a mapping (key: value)' },
    ]);
  }
  const raw = text.value;
  resolvePaths(raw, folder);
  for (const override of overrides) {
    expandSpace(raw);
    applyOverrides(raw, [override]);
  }
  expandSpace(raw);
  resolvePaths(raw, process.cwd());
  fillTypes(raw);
  const checked = configSchema.safeParse(raw);
  const found = checked.success ? checkTogether(checked.data) : findings(checked.error.issues, raw);
  if (!checked.success || found.length > 0) {
    const problems = found.map((one) => locate(one, text, overrides, origin));
    problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    throw new ConfigError(problems);
  }
  return freeze(checked.data);
}

function readRegularFile(file: string): Buffer {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new EvensrError('E_CONFIG', exitCodes.usage, `${file}: ${reason}`, {
      hint: 'give the path of a YAML file',
      ...(cause === undefined ? {} : { cause }),
    });
  };
  let descriptor: number;
  try {
    // Without O_NONBLOCK opening a FIFO that nobody writes to never returns.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'may not be read (permission denied)',
      ELOOP: 'is a loop of links',
    };
    return refuse(reasons[code ?? ''] ?? `cannot be opened (${code})`, error);
  }
  try {
    const status = fstatSync(descriptor);
    if (status.isDirectory()) return refuse('is a folder, not a file');
    if (!status.isFile()) return refuse('is not a regular file');
    if (status.size > sizeLimit) return refuse(`is larger than ${sizeLimit / 1000} kB`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a configuration file. Messages name it as it is written in `file`. */
export function loadConfig(file: string, options: { set?: readonly string[] } = {}): TrainConfig {
  const bytes = readRegularFile(file);
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EvensrError('E_CONFIG', exitCodes.usage, `${file}: is not UTF-8 text`, { cause });
  }
  return parseConfig(source, { origin: file, folder: dirname(resolve(file)), set: options.set });
}
