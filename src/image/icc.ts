/** The header of an ICC profile: whether it can belong to these pixels. */

const headerBytes = 128;

/** Whether a profile is whole, as far as its header tells, and describes gray or RGB as the pixels are. */
export function profileFits(icc: Buffer, channels: number): boolean {
  if (icc.length < headerBytes + 4 || icc.readUInt32BE(0) > icc.length) return false;
  if (icc.toString('latin1', 36, 40) !== 'acsp') return false;
  return icc.toString('latin1', 16, 20) === (channels < 3 ? 'GRAY' : 'RGB ');
}
