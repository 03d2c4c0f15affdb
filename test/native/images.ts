/** Images made from formulas, so that fixtures store only what comes out. */

/** Smooth waves that wrap, under noise: planar RGB in [0, 1]; test_image of jpeg_reference.py. */
export function testImage(height: number, width: number, seed: number): Float32Array {
  const image = new Float32Array(3 * height * width);
  let i = 0;
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let word = (x * 374761393 + y * 668265263 + c * 974634777 + seed * 22468225) % 2 ** 32;
        word = ((word ^ (word >>> 13)) >>> 0) * 12741;
        const smooth = ((5 * y + 3 * x + 40 * c + seed) % 256) / 255;
        image[i++] = 0.75 * smooth + 0.25 * (((word % 2 ** 32) >>> 16) / 65535);
      }
    }
  }
  return image;
}
