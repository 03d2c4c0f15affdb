/**
 * The thread on which onnxruntime works: its `run` blocks whoever calls it. It also opens the model
 * from bytes, so that a model can name no other file that would be read.
 */
import { parentPort } from 'node:worker_threads';
import { fromHalves, toHalves } from '../network/half.ts';
import type {
  OnnxInput,
  OpenedOnnx,
  Request,
  Response,
  RunRequest,
  RunResult,
} from './onnx-protocol.ts';

type Runtime = typeof import('onnxruntime-node');
type Session = import('onnxruntime-node').InferenceSession;

let runtime: Runtime;
let session: Session;

function describe(values: Session['inputMetadata']): OnnxInput[] {
  return values.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: value.shape }
      : { name: value.name, type: 'no tensor', shape: [] },
  );
}

async function open(model: Uint8Array, threads: number): Promise<OpenedOnnx> {
  runtime = await import('onnxruntime-node');
  session = await runtime.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // What fails is told by us; it would write to stderr on its own.
    logSeverityLevel: 4,
  });
  return { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
}

async function run({ input, output, type, dims, data }: RunRequest): Promise<RunResult> {
  const tensor =
    type === 'float32'
      ? new runtime.Tensor('float32', data, dims)
      : new runtime.Tensor('float16', toHalves(data), dims);
  const found = (await session.run({ [input]: tensor }, [output]))[output];
  if (!found) throw new Error(`the model gives no ${output}`);
  const values: unknown = found.data;
  if (values instanceof Float32Array) return { data: values, dims: found.dims };
  // Newer versions of Node have an array for it, of the same bits.
  if (found.type === 'float16' && ArrayBuffer.isView(values)) {
    const halves = new Uint16Array(values.buffer, values.byteOffset, values.byteLength / 2);
    return { data: fromHalves(halves), dims: found.dims };
  }
  throw new Error(`its result is of type ${found.type}`);
}

async function answer(request: Request): Promise<Response> {
  try {
    const result =
      request.kind === 'open' ? await open(request.model, request.threads) : await run(request.run);
    return { id: request.id, result };
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', async (request: Request) => {
  const response = await answer(request);
  const data =
    'result' in response && 'data' in response.result ? [response.result.data.buffer] : [];
  parentPort?.postMessage(response, data as ArrayBuffer[]);
});
