import { join } from 'node:path'
import * as z from 'zod'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { identityName, temporary } from '../base/names.ts'

/**
 * Whose a datanode's directory is, in the file DATANODE of it: one line of JSON,
 *
 *   {"format":"quern-datanode","version":1,"cluster":…,"id":"dn1","uuid":…,"epoch":…}
 *
 * The cluster keeps a directory of one root from being emptied by the namenode of another. The uuid is made with the file:
 * another one tells the namenode that nothing of what was here is here any more. The epoch is the highest of any namenode
 * that was ever obeyed; one with a lower one is of the past.
 */
export interface DatanodeIdentityFile {
  readonly cluster: string
  readonly id: DatanodeId
  readonly uuid: string
  readonly epoch: number
}

const shape = z.object({
  format: z.literal('quern-datanode'),
  version: z.literal(1),
  cluster: z.string().min(1).max(100),
  id: z
    .string()
    .regex(/^dn\d{1,4}$/)
    .transform(datanodeId),
  uuid: z.string().min(1).max(100),
  epoch: z.number().int().nonnegative(),
})

/** Undefined where there is none: nobody's directory yet. DFS_CORRUPT_METADATA when it can not be understood. */
export async function readIdentity({ disk }: Env, directory: string): Promise<DatanodeIdentityFile | undefined> {
  const path = join(directory, identityName)
  let text: string
  try {
    if (!(await disk.exists(path))) return undefined
    text = (await disk.readFile(path, 64 * 1024)).toString('utf8')
  } catch (error) {
    throw ioError(`reading ${path}`, error)
  }
  try {
    return shape.parse(JSON.parse(text))
  } catch (error) {
    throw new DfsError(
      'DFS_CORRUPT_METADATA',
      `${path} is damaged or of another version; restore it, or remove the directory`,
      {
        cause: error,
      },
    )
  }
}

export async function writeIdentity({ disk }: Env, directory: string, identity: DatanodeIdentityFile): Promise<void> {
  const path = join(directory, identityName)
  try {
    await disk.remove(temporary(path))
    const file = await disk.open(temporary(path), 'create')
    try {
      const fields = { format: 'quern-datanode', version: 1, ...identity }
      await file.write(Buffer.from(`${JSON.stringify(fields)}\n`), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary(path), path)
    await disk.syncDirectory(directory)
  } catch (error) {
    throw ioError(`writing ${path}`, error)
  }
}
