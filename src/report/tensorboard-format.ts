import { crc32c } from '@node-rs/crc32';
import protobuf from 'protobufjs';

/**
 * The messages of an event file that evensr writes: a subset of tensorflow/core/util/event.proto and
 * tensorflow/core/framework/summary.proto (TensorFlow, Apache-2.0), with their names and numbers.
 */
const proto = `
syntax = "proto3";
package tensorflow;

message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
    SessionLog session_log = 7;
  }
}

message SessionLog {
  enum SessionStatus {
    STATUS_UNSPECIFIED = 0;
    START = 1;
    STOP = 2;
    CHECKPOINT = 3;
  }
  SessionStatus status = 1;
}

message Summary {
  message Value {
    string tag = 1;
    oneof value {
      float simple_value = 2;
    }
  }
  repeated Value value = 1;
}
`;

const Event = protobuf.parse(proto, { keepCase: false }).root.lookupType('tensorflow.Event');

export interface EventMessage {
  /** Seconds since 1970. */
  wallTime: number;
  step: number;
  fileVersion?: string;
  sessionLog?: { status: number };
  summary?: { value: { tag: string; simpleValue: number }[] };
}

/** CRC32C as TFRecord stores it: rotated right by 15 bits, plus a constant (modulo 2^32). */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * One TFRecord (tensorflow/core/lib/io/record_writer.h): length (uint64), its masked CRC32C, the data,
 * the data's masked CRC32C; all little-endian.
 */
export function record(data: Uint8Array): Buffer {
  const out = Buffer.alloc(16 + data.length);
  out.writeBigUInt64LE(BigInt(data.length), 0);
  out.writeUInt32LE(maskedCrc(out.subarray(0, 8)), 8);
  out.set(data, 12);
  out.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return out;
}

/** An event as a TFRecord. */
export function encodeEvent(event: EventMessage): Buffer {
  return record(Event.encode(Event.fromObject(event)).finish());
}
