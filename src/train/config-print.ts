import { Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { schemaAt } from './config-json-schema.ts';
import type { TrainConfig } from './config-schema.ts';

/** Writes the meaning of each key above it, and lists of plain values on one line. */
function annotate(map: YAMLMap, path: string[]): void {
  for (const pair of map.items) {
    if (!isScalar(pair.key)) continue;
    const here = [...path, String(pair.key.value)];
    const { value } = pair;
    const fits = schemaAt(here).filter(
      (node) => node.const === undefined || (isScalar(value) && node.const === value.value),
    );
    const text = fits.find((node) => node.description)?.description;
    if (text) pair.key.commentBefore = ` ${text}`;
    if (path.length === 0 && isMap(value)) pair.key.spaceBefore = true;
    if (isSeq(value)) value.flow = true;
    if (isMap(value)) annotate(value, here);
  }
}

/** The whole configuration as YAML, each key with its meaning. Reading it back gives the same values. */
export function printConfig(config: TrainConfig): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  if (isMap(document.contents)) annotate(document.contents, []);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
