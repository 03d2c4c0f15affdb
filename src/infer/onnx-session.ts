import { Worker } from 'node:worker_threads';
import { EvensrError, exitCodes } from '../errors.ts';
import type { OpenedOnnx, Request, Response, RunRequest, RunResult } from './onnx-protocol.ts';

interface Waiting {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

type Question = Request extends infer One ? (One extends Request ? Omit<One, 'id'> : never) : never;

/** A model in onnxruntime on a thread of its own. */
export class OnnxSession {
  readonly #worker = new Worker(new URL('./onnx-worker.js', import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor() {
    this.#worker.on('message', (response: Response) => {
      const waiting = this.#waiting.get(response.id);
      this.#waiting.delete(response.id);
      if ('error' in response) waiting?.reject(new Error(response.error));
      else waiting?.resolve(response.result as never);
      // It must not keep the process alive when nobody waits for it.
      if (this.#waiting.size === 0) this.#worker.unref();
    });
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('its thread ended')));
    this.#worker.unref();
  }

  #ask<Result>(question: Question, transfer: ArrayBuffer[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, ...question }, transfer);
    });
  }

  /** Opens a model. Rejects with E_MODEL, or with E_ENGINE when onnxruntime-node is not there. */
  async open(model: Uint8Array, name: string, threads: number): Promise<OpenedOnnx> {
    try {
      return await this.#ask({ kind: 'open', model, threads });
    } catch (cause) {
      const { message } = cause as Error;
      if (/Cannot find (package|module)/.test(message)) throw missingRuntime(cause);
      throw new EvensrError(
        'E_MODEL',
        exitCodes.invalidModel,
        `${name} is not opened by onnxruntime: ${message.split('\n')[0]}`,
        { cause },
      );
    }
  }

  /** Runs it; the input's memory goes away. Rejects with what onnxruntime says. */
  run(run: RunRequest): Promise<RunResult> {
    return this.#ask({ kind: 'run', run }, [run.data.buffer as ArrayBuffer]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function missingRuntime(cause: unknown): EvensrError {
  return new EvensrError('E_ENGINE', exitCodes.usage, 'onnxruntime-node is not installed', {
    hint: 'npm install onnxruntime-node, or use --engine native with a run folder or safetensors',
    cause,
  });
}
