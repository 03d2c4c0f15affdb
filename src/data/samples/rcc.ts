/**
 * Reads Qt binary resource files (.rcc), version 2 and 3, all integers big-endian (Qt: the resource
 * compiler's output format). Header: "qres", version, offsets of tree, data and names. A tree node has
 * 22 bytes: name offset, flags, then for a folder the number and the index of its first child, for a
 * file 4 bytes of locale and its data offset.
 */
const nodeBytes = 22;
const isCompressed = 1 | 4;
const isFolder = 2;

/** The files stored without compression, by their paths. Throws RangeError on a damaged file. */
export function readRcc(bytes: Buffer): Map<string, Buffer> {
  if (bytes.toString('latin1', 0, 4) !== 'qres' || bytes.readUInt32BE(4) < 2)
    throw new RangeError('no Qt resource file of version 2 or 3');
  const [tree, data, names] = [8, 12, 16].map((at) => bytes.readUInt32BE(at)) as [
    number,
    number,
    number,
  ];
  const files = new Map<string, Buffer>();
  const nodeCount = Math.floor(bytes.length / nodeBytes);
  let visited = 0;

  const nameAt = (offset: number): string => {
    const at = names + offset;
    const length = bytes.readUInt16BE(at) * 2;
    if (at + 6 + length > bytes.length) throw new RangeError('a name lies outside the file');
    return Buffer.from(bytes.subarray(at + 6, at + 6 + length))
      .swap16()
      .toString('utf16le');
  };

  const visit = (index: number, folder: string): void => {
    if (++visited > nodeCount) throw new RangeError('the tree has a loop');
    const at = tree + index * nodeBytes;
    const flags = bytes.readUInt16BE(at + 4);
    const path = index === 0 ? '' : `${folder}${nameAt(bytes.readUInt32BE(at))}`;
    if (flags & isFolder) {
      const first = bytes.readUInt32BE(at + 10);
      const below = index === 0 ? '' : `${path}/`;
      const count = bytes.readUInt32BE(at + 6);
      for (let child = first; child < first + count; child++) visit(child, below);
    } else if (!(flags & isCompressed)) {
      const start = data + bytes.readUInt32BE(at + 10);
      const end = start + 4 + bytes.readUInt32BE(start);
      if (end > bytes.length) throw new RangeError('a file lies outside the archive');
      files.set(path, bytes.subarray(start + 4, end));
    }
  };
  visit(0, '');
  return files;
}
