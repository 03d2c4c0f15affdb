import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { ConfigError } from './config-problem.ts';

/** Bytes of a configuration; a long one has five thousand. */
export const sizeLimit = 250_000;

/** What no sane configuration reaches; beyond it reading takes long, so it is refused unread. */
const limits = { tokens: 10_000, depth: 32, columns: 200, aliases: 100 };

/** Keys that reach an object's prototype in some later merge, and YAML's own merge key. */
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype', '<<']);

export interface Position {
  line: number;
  column: number;
}

/** Whether a value of a configuration has keys. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A YAML text as plain data, and where each part of it stands. */
export interface YamlText {
  value: unknown;
  /** Where the value at `path` stands, or its key; the nearest existing parent if there is none. */
  position(path: readonly PropertyKey[], of: 'key' | 'value'): Position;
}

type Fail = (message: string, offset?: number) => never;

/** What the lexer inserts between tokens; it stands for no character of the text. */
const zeroWidth = new Set(['\u0002', '\u0018', '\u001f']);

/**
 * Counts tokens and levels without building anything, which takes a few ms for 10,000 tokens. The
 * parser behind it is recursive and can abort the process: a level takes an open bracket, or a column.
 */
function refuseBombs(text: string, fail: Fail): void {
  if (text.length > sizeLimit) fail(`is larger than ${sizeLimit / 1000} kB`);
  let tokens = 0;
  let aliases = 0;
  let depth = 0;
  let column = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
    const isBlock = depth === 0 && (token === '-' || token === '?' || token === ':');
    if (depth > limits.depth || (isBlock && column > limits.columns)) {
      fail(`is nested deeper than ${limits.depth} levels`);
    }
    if (token.startsWith('*') && ++aliases > limits.aliases) {
      fail(`has more than ${limits.aliases} aliases`);
    }
    if (++tokens > limits.tokens) fail(`has more than ${limits.tokens} tokens`);
    if (token === '\n' || token === '\r\n') column = 0;
    else if (!zeroWidth.has(token)) column += token.length;
  }
}

function checkKey(key: unknown, seen: Set<string>, fail: Fail): void {
  const offset = (key as Node | null)?.range?.[0];
  if (!isScalar(key) || typeof key.value !== 'string') fail('a key must be plain text', offset);
  const name = (key as { value: string }).value;
  if (refusedKeys.has(name)) fail(`the key ${name} is not allowed`, offset);
  if (seen.has(name)) fail(`the key ${name} stands here a second time`, offset);
  seen.add(name);
}

/** Refuses keys that are not text, dangerous or double, and nesting beyond the limit. */
function checkNode(node: unknown, depth: number, fail: Fail): void {
  if (depth > limits.depth) fail(`is nested deeper than ${limits.depth} levels`);
  if (isMap(node)) {
    const seen = new Set<string>();
    for (const pair of node.items) {
      checkKey(pair.key, seen, fail);
      checkNode(pair.value, depth + 1, fail);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      if (isPair(item)) fail('a list cannot hold key: value without braces');
      checkNode(item, depth + 1, fail);
    }
  }
}

/** Reads one YAML 1.2 document. Throws ConfigError with origin:line:column. */
export function readYaml(text: string, origin: string): YamlText {
  const lineCounter = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fail: Fail = (message, offset) => {
    const position = offset === undefined ? {} : at(offset);
    throw new ConfigError([{ origin, ...position, message }]);
  };
  refuseBombs(text, fail);
  const document = parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false });
  const bad = document.errors[0] ?? document.warnings[0];
  if (bad) fail(`is not valid YAML: ${bad.message}`, bad.pos[0]);
  checkNode(document.contents, 0, fail);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: limits.aliases });
  } catch (error) {
    fail(`is not valid YAML: ${(error as Error).message}`);
  }
  return {
    value,
    position: (path, of) =>
      at(offsetOf(document.contents, path, of, (n) => (isAlias(n) ? n.resolve(document) : n))),
  };
}

function offsetOf(
  root: unknown,
  path: readonly PropertyKey[],
  of: 'key' | 'value',
  follow: (node: unknown) => unknown,
): number {
  let node = root;
  let offset = (root as Node | null)?.range?.[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    const inside = follow(node);
    if (isMap(inside)) {
      const pair = inside.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (!pair) return offset;
      const key = pair.key as Node;
      node = pair.value;
      const start = (node as Node | null)?.range?.[0];
      offset = (last && of === 'key' ? undefined : start) ?? key.range?.[0] ?? offset;
    } else if (isSeq(inside) && typeof part === 'number') {
      node = inside.items[part];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
