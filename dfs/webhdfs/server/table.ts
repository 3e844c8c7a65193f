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

const byName = new Map(
  Object.entries(operations).map(([name, { method }]) => [`${method} ${name}`, name] as const),
)
const served = new Map(Object.entries(table))

/** The operation of that name, in any case of letters, if it goes with the method. */
export function findOperation(method: string, name: string): ServedOperation | undefined {
  const known = byName.get(`${method} ${name.toUpperCase()}`)
  return known === undefined ? undefined : served.get(known)
}
