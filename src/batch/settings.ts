/** What, beside the bytes of a picture, its result depends on. */
import { createHash } from 'node:crypto';
import type { WrittenFormat } from '../image/picture.ts';

/** Rises when evensr itself makes other files of the same pictures. */
const resultVersion = 1;

export interface Settings {
  /** Fingerprint of the network and its engine. */
  model: string;
  scale: number;
  alpha: 'network' | 'bicubic';
  /** Of JPEG and WebP; null for the usual one. */
  quality: number | null;
  strip: boolean;
  version: number;
}

export function settingsOf(options: Omit<Settings, 'version'>): Settings {
  const { model, scale, alpha, quality, strip } = options;
  return { model, scale, alpha, quality, strip, version: resultVersion };
}

/** Short, and different for different settings. */
export function settingsId(settings: Settings): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 12);
}

/** Which of the settings a result depends on. */
export interface Dependence {
  format: WrittenFormat;
  hasAlpha: boolean;
}

const isLossy = (format: WrittenFormat) => format === 'jpeg' || format === 'webp';

/** Why a result of the settings `then` is not one of `now`; nothing when it is. */
export function settingsChange(
  then: Settings,
  now: Settings,
  { format, hasAlpha }: Dependence,
): string | undefined {
  if (then.version !== now.version) return 'evensr changed';
  if (then.model !== now.model) return 'the model changed';
  const keys: (keyof Settings)[] = ['scale', 'strip'];
  if (hasAlpha) keys.push('alpha');
  if (isLossy(format)) keys.push('quality');
  const changed = keys.filter((key) => then[key] !== now[key]);
  if (changed.length === 0) return undefined;
  const shown = (value: unknown) => (value === null ? 'default' : value);
  return changed.map((key) => `${key} ${shown(then[key])} -> ${shown(now[key])}`).join(', ');
}

/** Settings out of a journal; nothing for what is none. */
export function parseSettings(value: unknown): Settings | undefined {
  const { model, scale, alpha, quality, strip, version } = (value ?? {}) as Record<string, unknown>;
  const isValid =
    typeof model === 'string' &&
    typeof scale === 'number' &&
    (alpha === 'network' || alpha === 'bicubic') &&
    (quality === null || typeof quality === 'number') &&
    typeof strip === 'boolean' &&
    typeof version === 'number';
  return isValid ? { model, scale, alpha, quality, strip, version } : undefined;
}
