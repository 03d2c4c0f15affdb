/** A grid as the part of a training configuration that defines the tasks. */
import { Document, isMap, isSeq } from 'yaml';
import type { Boundaries } from '../../degradation/boundaries.ts';

/**
 * YAML with `tasks.boundaries` and nothing else.
 * @param notes comments at its head, a line each
 */
export function tasksYaml(boundaries: Boundaries, notes: readonly string[]): string {
  const document = new Document({ tasks: { boundaries } });
  document.commentBefore = notes.map((note) => ` ${note.replace(/\p{Cc}/gu, ' ')}`).join('\n');
  const map = document.getIn(['tasks', 'boundaries']);
  if (isMap(map)) for (const { value } of map.items) if (isSeq(value)) value.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
