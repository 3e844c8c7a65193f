/**
 * make-root.ts ROOT FILES: a root with one datanode and that many files of one small block each, as if they had been put one
 * after the other, but without waiting for each to be synced.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { defaults } from '../../dfs/base/config.ts'
import { chunkChecksums } from '../../dfs/base/data-checksum.ts'
import { realEnv } from '../../dfs/base/env.ts'
import { blockNames, rootNames } from '../../dfs/base/names.ts'
import { encodeChecksumFile } from '../../dfs/block/format.ts'
import { openEmbedded } from '../../dfs/embedded/open.ts'
import { createFile, openNamenode, pathOf, timed, user } from './open.ts'

const content = Buffer.from('a small file\n')

const [root = '', files = ''] = process.argv.slice(2)
const dfs = await openEmbedded({ root, datanodes: 1, replication: 1, user }, realEnv)
await dfs.close()
const datanode = rootNames.datanode(root, 'dn1')
const { chunkBytes } = defaults
const sums = chunkChecksums(content, chunkBytes)
const namenode = await openNamenode(rootNames.namenode(root))
await timed(Number(files), 1024, async (i) => {
  const key = await createFile(namenode, pathOf(i), content.length)
  if (key === undefined) return
  const checksums = { block: key.block, generation: key.generation, length: content.length, chunkBytes, sums }
  write(blockNames.data(datanode, key), content)
  write(blockNames.checksum(datanode, key), encodeChecksumFile(checksums))
})
await namenode.close()

function write(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'wx')
  writeSync(fd, bytes)
  closeSync(fd)
}
