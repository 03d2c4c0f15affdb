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

/** A configuration as it is written, before anything is filled in. */
export type RawConfig = Record<string, unknown>;
type Raw = RawConfig;

/** Where a finding's key was written. */
export type Locate = (finding: Finding) => Pick<ConfigProblem, 'origin' | 'line' | 'column'>;

/** Keys that hold a path. */
const pathKeys = [
  ['images', 'train'],
  ['images', 'validation'],
  ['balance', 'references'],
  ['balance', 'groups'],
  ['balance', 'transfer'],
  ['balance', 'natural'],
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

/** In an override, or in the text. */
function locator(text: YamlText, overrides: readonly Override[], origin: string): Locate {
  return ({ path, of }) => {
    const by = overrides.findLast((o) => o.path.every((part, i) => part === String(path[i])));
    return by ? { origin: by.origin } : { origin, ...text.position(path, of) };
  };
}

/** Problems in the order of their places. */
export function located(found: readonly Finding[], locate: Locate): ConfigProblem[] {
  const problems = found.map((finding): ConfigProblem => {
    const { message, hint } = finding;
    return { ...locate(finding), message, ...(hint ? { hint } : {}) };
  });
  return problems.sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

/** The keys of a YAML text. Throws ConfigError when it has none. */
export function readKeys(source: string, origin: string, least: string): YamlText & { value: Raw } {
  const text = readYaml(source, origin);
  const { value } = text;
  if (value === null || value === undefined) {
    throw new ConfigError([
      { origin, message: 'is empty', hint: `${least} is the least it needs` },
    ]);
  }
  if (!isMapping(value)) {
    throw new ConfigError([
      { origin, ...text.position([], 'value'), message: 'is not a mapping (key: value)' },
    ]);
  }
  return { ...text, value };
}

/** Resolves relative paths against `folder` and writes short forms out, in place. */
export function prepareKeys(raw: Raw, folder: string): void {
  expandSpace(raw);
  resolvePaths(raw, folder);
}

/**
 * Completes prepared keys and checks them. Changes `raw`.
 * Throws ConfigError (E_CONFIG) that lists every mistake with its place.
 */
export function checkConfig(raw: Raw, locate: Locate): TrainConfig {
  fillTypes(raw);
  const checked = configSchema.safeParse(raw);
  const found = checked.success ? checkTogether(checked.data) : findings(checked.error.issues, raw);
  if (!checked.success || found.length > 0) throw new ConfigError(located(found, locate));
  return freeze(checked.data);
}

/**
 * Reads, completes and checks a configuration: YAML text, then overrides, then defaults.
 * Throws ConfigError (E_CONFIG) that lists every mistake with its place and what was probably meant.
 */
export function parseConfig(source: string, options: ParseOptions): TrainConfig {
  const { origin, folder } = options;
  const overrides = (options.set ?? []).map(parseOverride);
  const text = readKeys(source, origin, 'images.train');
  const raw = text.value;
  resolvePaths(raw, folder);
  for (const override of overrides) {
    expandSpace(raw);
    applyOverrides(raw, [override]);
  }
  prepareKeys(raw, process.cwd());
  return checkConfig(raw, locator(text, overrides, origin));
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

/** Text of a YAML file. Throws E_CONFIG when it cannot be read. */
export function readConfigText(file: string): string {
  const bytes = readRegularFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EvensrError('E_CONFIG', exitCodes.usage, `${file}: is not UTF-8 text`, { cause });
  }
}

/** Reads a configuration file. Messages name it as it is written in `file`. */
export function loadConfig(file: string, options: { set?: readonly string[] } = {}): TrainConfig {
  const source = readConfigText(file);
  return parseConfig(source, { origin: file, folder: dirname(resolve(file)), set: options.set });
}
