/**
 * A reader of Python's pickle protocols 2 to 5 (PEP 307, PEP 3154, and the opcodes' descriptions in Python's
 * pickletools) that can only make plain data. A pickle is a program that may call anything; here every
 * name that it asks for has to be on a list, and what the names on it make is plain data too.
 *
 * There is no recursion, every opcode makes at most one object, and the number of opcodes is limited: a
 * pickle of any contents ends, in time and memory that grow with its size.
 */
import { invalidFile } from './invalid.ts';
import type { PickleCursor } from './pickle-cursor.ts';
import {
  type PickleDict,
  type PickleHost,
  type PickleList,
  PickleMachine,
  type PickleTuple,
  type PickleValue,
} from './pickle-machine.ts';

/** RRDBNet with both sets of weights and the state of Adam takes 84,000. */
const mostOpcodes = 500_000;

function invalid(reason: string): never {
  return invalidFile('PyTorch', reason);
}

const tuple = (items: readonly PickleValue[]): PickleTuple => ({ kind: 'tuple', items });
const list = (): PickleList => ({ kind: 'list', items: [] });
const dict = (): PickleDict => ({ kind: 'dict', entries: new Map() });

type Opcode = (machine: PickleMachine, cursor: PickleCursor) => void;

/** By their codes; the names of pickletools beside them. STOP is not one of them. */
const opcodes: Readonly<Record<string, Opcode>> = {
  /* PROTO */ '\x80': (_, cursor) => {
    const protocol = cursor.byte();
    if (protocol < 2 || protocol > 5)
      invalid(`it is of pickle protocol ${protocol}, only 2 to 5 are read`);
  },
  /* FRAME */ '\x95': (_, cursor) => void cursor.size64(),
  /* MARK */ '(': (machine) => machine.mark(),
  /* NONE */ N: (machine) => machine.push(null),
  /* NEWTRUE */ '\x88': (machine) => machine.push(true),
  /* NEWFALSE */ '\x89': (machine) => machine.push(false),
  /* BININT */ J: (machine, cursor) => machine.push(cursor.int32()),
  /* BININT1 */ K: (machine, cursor) => machine.push(cursor.byte()),
  /* BININT2 */ M: (machine, cursor) => machine.push(cursor.uint16()),
  /* LONG1 */ '\x8a': (machine, cursor) => machine.push(cursor.long(cursor.byte())),
  /* BINFLOAT */ G: (machine, cursor) => machine.push(cursor.float64()),
  /* BINUNICODE */ X: (machine, cursor) => machine.push(cursor.text(cursor.uint32())),
  /* SHORT_BINUNICODE */ '\x8c': (machine, cursor) => machine.push(cursor.text(cursor.byte())),
  /* BINUNICODE8 */ '\x8d': (machine, cursor) => machine.push(cursor.text(cursor.size64())),
  // Texts of Python 2, in which the oldest files were written.
  /* SHORT_BINSTRING */ U: (machine, cursor) => machine.push(cursor.text(cursor.byte())),
  /* BINSTRING */ T: (machine, cursor) => machine.push(cursor.text(cursor.uint32())),
  /* EMPTY_TUPLE */ ')': (machine) => machine.push(tuple([])),
  /* TUPLE1 */ '\x85': (machine) => machine.push(tuple(machine.take(1))),
  /* TUPLE2 */ '\x86': (machine) => machine.push(tuple(machine.take(2))),
  /* TUPLE3 */ '\x87': (machine) => machine.push(tuple(machine.take(3))),
  /* TUPLE */ t: (machine) => machine.push(tuple(machine.takeMarked())),
  /* EMPTY_LIST */ ']': (machine) => machine.push(list()),
  /* APPEND */ a: (machine) => machine.append(machine.take(1)),
  /* APPENDS */ e: (machine) => machine.append(machine.takeMarked()),
  /* EMPTY_DICT */ '}': (machine) => machine.push(dict()),
  /* SETITEM */ s: (machine) => machine.setItems(machine.take(2)),
  /* SETITEMS */ u: (machine) => machine.setItems(machine.takeMarked()),
  /* BINPUT */ q: (machine, cursor) => machine.remember(cursor.byte()),
  /* LONG_BINPUT */ r: (machine, cursor) => machine.remember(cursor.uint32()),
  /* MEMOIZE */ '\x94': (machine) => machine.remember(machine.remembered),
  /* BINGET */ h: (machine, cursor) => machine.recall(cursor.byte()),
  /* LONG_BINGET */ j: (machine, cursor) => machine.recall(cursor.uint32()),
  /* GLOBAL */ c: (machine, cursor) => machine.global(cursor.line(), cursor.line()),
  /* STACK_GLOBAL */ '\x93': (machine) => machine.globalOfTexts(),
  /* REDUCE */ R: (machine) => machine.call(),
  /* NEWOBJ */ '\x81': (machine) => machine.call(),
  /* BUILD */ b: (machine) => machine.build(),
  /* BINPERSID */ Q: (machine) => machine.persistent(),
};

const stop = 0x2e;

/**
 * The value that the pickle at the cursor makes; the cursor is behind its end then.
 * @throws E_MODEL_FORMAT for opcodes and names beyond plain data and those that `host` allows
 */
export function readPickle(cursor: PickleCursor, host: PickleHost): PickleValue {
  const machine = new PickleMachine(host);
  for (let count = 0; count < mostOpcodes; count++) {
    const code = cursor.byte();
    if (code === stop) return machine.result();
    const opcode = opcodes[String.fromCharCode(code)];
    if (!opcode)
      invalid(`its pickle has the opcode 0x${code.toString(16)}, which makes no plain data`);
    opcode(machine, cursor);
  }
  return invalid(`its pickle has more than ${mostOpcodes} opcodes`);
}
