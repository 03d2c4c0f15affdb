/** The list of networks: from the `network` section of a configuration to a graph. */
import { type EdsrConfig, edsr } from './edsr.ts';
import { type MsrresnetConfig, msrresnet } from './msrresnet.ts';
import { type RrdbnetConfig, rrdbnet } from './rrdbnet.ts';
import type { NetworkSpec } from './spec.ts';
import { type SrvggConfig, srvgg } from './srvgg.ts';

export type NetworkConfig =
  | ({ type: 'srvgg' } & SrvggConfig)
  | ({ type: 'msrresnet' } & MsrresnetConfig)
  | ({ type: 'rrdbnet' } & RrdbnetConfig)
  | ({ type: 'edsr' } & EdsrConfig);

/** Names of the architectures in the field's own code. */
export const architectures: Readonly<Record<NetworkConfig['type'], string>> = {
  srvgg: 'SRVGGNetCompact',
  msrresnet: 'MSRResNet',
  rrdbnet: 'RRDBNet',
  edsr: 'EDSR',
};

/** Throws E_CONFIG when the network cannot be built from these sizes. */
export function buildNetwork(config: NetworkConfig): NetworkSpec {
  switch (config.type) {
    case 'srvgg':
      return srvgg(config);
    case 'msrresnet':
      return msrresnet(config);
    case 'rrdbnet':
      return rrdbnet(config);
    case 'edsr':
      return edsr(config);
  }
}
