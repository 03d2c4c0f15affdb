/** The list of networks: from the `network` section of a configuration to a graph. */
import { type MsrresnetConfig, msrresnet } from './msrresnet.ts';
import type { NetworkSpec } from './spec.ts';
import { type SrvggConfig, srvgg } from './srvgg.ts';

export type NetworkConfig =
  | ({ type: 'srvgg' } & SrvggConfig)
  | ({ type: 'msrresnet' } & MsrresnetConfig);

/** Throws E_CONFIG when the network cannot be built from these sizes. */
export function buildNetwork(config: NetworkConfig): NetworkSpec {
  return config.type === 'srvgg' ? srvgg(config) : msrresnet(config);
}
