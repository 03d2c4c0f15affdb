/**
 * Names of files as byte strings: one character a byte. A name need not be UTF-8, and a JavaScript
 * string of bytes is compact, compares like bytes and is a key of a Map.
 */
import { isUtf8 } from 'node:buffer';
import { textOfName } from '../data/names.ts';

declare const isByteName: unique symbol;
export type ByteName = string & { [isByteName]: true };

export function byteName(bytes: Uint8Array): ByteName {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') as ByteName;
}

/** The UTF-8 bytes of a text. */
export function bytesOfText(text: string): ByteName {
  return byteName(Buffer.from(text));
}

export function bufferOf(name: ByteName): Buffer {
  return Buffer.from(name, 'latin1');
}

/** For people: see textOfName. */
export function textOf(name: ByteName): string {
  return textOfName(bufferOf(name));
}

export function concat(...parts: (ByteName | '/' | '.')[]): ByteName {
  return parts.join('') as ByteName;
}

/** The folder of a relative name ("" at the top) and the name in it. */
export function splitName(name: ByteName): { folder: ByteName; base: ByteName } {
  const slash = name.lastIndexOf('/');
  return {
    folder: name.slice(0, Math.max(0, slash)) as ByteName,
    base: name.slice(slash + 1) as ByteName,
  };
}

/** A name before its last dot, and what follows; a name that starts with its only dot has no extension. */
export function splitExtension(base: ByteName): { stem: ByteName; ext: ByteName } {
  const dot = base.lastIndexOf('.');
  if (dot <= 0) return { stem: base, ext: '' as ByteName };
  return { stem: base.slice(0, dot) as ByteName, ext: base.slice(dot + 1) as ByteName };
}

/** In JSON: the text where the bytes are UTF-8, else base64. */
export type JsonName = string | { base64: string };

export function toJson(name: ByteName): JsonName {
  const bytes = bufferOf(name);
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}

/** Nothing for what is no name. */
export function fromJson(value: unknown): ByteName | undefined {
  if (typeof value === 'string') return bytesOfText(value);
  const base64 = (value as { base64?: unknown } | null)?.base64;
  return typeof base64 === 'string' ? byteName(Buffer.from(base64, 'base64')) : undefined;
}

/**
 * Names that are the same for some file system: without regard to case and Unicode form, since an
 * output tree may be copied to one of those.
 */
export function collisionKey(name: ByteName): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for
  if (/^[\x00-\x7f]*$/.test(name)) return name.toLowerCase();
  const bytes = bufferOf(name);
  if (!isUtf8(bytes)) return `\0${name}`;
  const folded = bytes.toString('utf8').normalize('NFD').toUpperCase().toLowerCase();
  return folded.normalize('NFC');
}
