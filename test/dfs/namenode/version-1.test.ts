/**
 * Journals and images of the first version, as the program of then wrote them: two directories, a file of two blocks, a job
 * commit, a file being written; then an image; then a directory, a file, a rename, a replication and times.
 */
import { expect, test } from 'vitest'
import { FileNode } from '../../../dfs/namenode/inode.ts'
import type { Namespace } from '../../../dfs/namenode/namespace.ts'
import { recoverNamespace } from '../../../dfs/namenode/storage.ts'
import { findStatus, summarize } from '../../../dfs/namenode/view.ts'
import { MemoryDisk } from '../memory-disk.ts'
import { caller, checkInvariants, throughImage } from './state.ts'

const written: Readonly<Record<string, string>> = {
  '/nn/journal-0000000000000001': [
    'UVVOTAEAAAABAAAAAAAAAMmOjs1RVU5GGwAAAAEAAAABAAAAAAAAAC0id1sBBC9hL2KA0JX/vDEDYWRhCnN1cGVyZ3JvdXDS3Yik',
    'UVVORjwAAAAEAAAAAgAAAAAAAADFZEV0AgQGL2EvYi9mAWQABzE6b2xkOjGB0JX/vDEDYWRhCnN1cGVyZ3JvdXADBAEBAAMEAgJk',
    'BAQHgtCV/7wxOpu6i1FVTkYvAAAAAgAAAAYAAAAAAAAAQnE5vwIFAAGAgIAgAAcxOm9sZDoxg9CV/7wxA2FkYQpzdXBlcmdyb3Vw',
    'BAUAhNCV/7wxvY7GQFFVTkYqAAAAAQAAAAgAAAAAAAAAYLrWzwoEL291dAEMcGFydC1yLTAwMDAwBYXQlf+8MQNhZGEKc3VwZXJn',
    'cm91cJ9FKTBRVU5GLQAAAAEAAAAJAAAAAAAAANZBmzACBwcvYS9vcGVuAYCAgCAABzE6b2xkOjGG0JX/vDEDYWRhCnN1cGVyZ3Jv',
    'dXApvmTP',
  ].join(''),
  '/nn/journal-0000000000000010': [
    'UVVOTAEAAAAKAAAAAAAAAJ+S5JBRVU5GHQAAAAEAAAAKAAAAAAAAAOfv8KABBi9sYXRlcofQlf+8MQNhZGEKc3VwZXJncm91cBgQ',
    'D19RVU5GOQAAAAMAAAALAAAAAAAAAAHiQ1kCCQgvbGF0ZXIvZwFkAAcxOm9sZDoxiNCV/7wxA2FkYQpzdXBlcmdyb3VwAwkDAwAE',
    'CQWJ0JX/vDH+HbymUVVORhUAAAABAAAADgAAAAAAAAB0Itq2BwgvbGF0ZXIvZwQvYS9nitCV/7wxi90lSVFVTkYIAAAAAQAAAA8A',
    'AAAAAAAA50+ezggEL2EvZwUGGLBhMQ==',
  ].join(''),
  '/nn/image-0000000000000009': [
    'UVVOTQEAAAAJAAAAAAAAAPlM/cNRVU5GIQAAAAEAAAAJAAAAAAAAALxNcuEIAwMCBAEAAARyb290CnN1cGVyZ3JvdXDtA4XQlf+8',
    'MQBDso0eUVVORvwAAAAGAAAACQAAAAAAAADrsqLSAQIBAWEDYWRhCnN1cGVyZ3JvdXDtA4DQlf+8MYDQlf+8MQEGAQNvdXQDYWRh',
    'CnN1cGVyZ3JvdXDtA4XQlf+8MYXQlf+8MQIFBgxwYXJ0LXItMDAwMDADYWRhCnN1cGVyZ3JvdXCkA4TQlf+8MYTQlf+8MQGAgIAg',
    'AAEDAgFiA2FkYQpzdXBlcmdyb3Vw7QOC0JX/vDGA0JX/vDECBAMBZgNhZGEKc3VwZXJncm91cKQDgtCV/7wxgtCV/7wxAWQCAQFk',
    'AgIHAwcCBG9wZW4DYWRhCnN1cGVyZ3JvdXCkA4bQlf+8MYbQlf+8MQGAgIAgAAAAAAcxOm9sZDoxFE1dLVFVTkYAAAAAAAAAAAkA',
    'AAAAAAAAflD084GvCww=',
  ].join(''),
}

async function recovered(names: readonly string[]): Promise<Namespace> {
  const disk = new MemoryDisk()
  await disk.makeDirectory('/nn')
  for (const [name, bytes] of Object.entries(written)) {
    if (names.includes(name)) disk.files.set(name, Buffer.from(bytes, 'base64'))
  }
  const { state, journal, notes } = await recoverNamespace(disk, '/nn')
  await journal.close()
  expect(notes).toEqual([])
  return state
}

test.each([
  ['the image and what came after', Object.keys(written)],
  ['the journal alone', Object.keys(written).filter((name) => !name.includes('image'))],
])('%s of the first version give what was there', async (_, names) => {
  const state = await recovered(names)
  expect(summarize(state, '/', caller)).toMatchObject({ files: 3, directories: 5, bytes: 112 })
  expect(findStatus(state, '/a/b', caller)).toMatchObject({ owner: 'ada', group: 'supergroup', permission: 0o755 })
  expect(findStatus(state, '/a/b/f', caller)).toMatchObject({ length: 107, permission: 0o644, blockSize: 100 })
  expect(findStatus(state, '/out/part-r-00000', caller)).toMatchObject({ length: 0, owner: 'ada' })
  expect(findStatus(state, '/a/g', caller)).toMatchObject({ length: 5, modificationTime: 5, accessTime: 6 })
  expect(findStatus(state, '/', caller)).toMatchObject({ owner: 'root', permission: 0o755 })
  expect([...state.open.values()].map(({ node, kind }) => [node.name, kind])).toEqual([['open', 'named']])
  expect(state.find('/a/b/f')).toBeInstanceOf(FileNode)
  checkInvariants(state)
  checkInvariants(throughImage(state))
})
