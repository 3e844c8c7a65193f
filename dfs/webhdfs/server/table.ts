import { type OperationName, operations } from '../operations.ts'
import { absent } from './absent.ts'
import { changing } from './changing.ts'
import type { ServedOperation } from './operation.ts'
import { reading } from './reading.ts'
import { snapshots } from './snapshots.ts'
import { transfers } from './transfer.ts'

/** Every operation of WebHDFS, and how this server does it. */
const table: Readonly<Record<OperationName, ServedOperation>> = {
  ...reading,
  ...transfers,
  ...changing,
  ...snapshots,
  ...absent,
}

const served = new Map<string, ServedOperation>(Object.entries(table))
const methods = new Map<string, string>(Object.entries(operations).map(([name, { method }]) => [name, method]))

/** The operation of that name, in any case of letters, if it goes with the method. */
export function findOperation(method: string, name: string): ServedOperation | undefined {
  const known = name.toUpperCase()
  return methods.get(known) === method ? served.get(known) : undefined
}
