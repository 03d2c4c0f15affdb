import { buildNetwork, type NetworkConfig } from '../src/network/build.ts';
import { macsPerPixel as macsOf } from '../src/network/macs.ts';

/** Multiply-adds of all convolutions on one lq pixel, from the graph itself. */
export function macsPerPixel(config: NetworkConfig): number {
  return macsOf(buildNetwork(config));
}
