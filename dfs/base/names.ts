import { join } from 'node:path'
import { type BlockId, blockId, type GenerationStamp, generationStamp } from './ids.ts'

/**
 * Every name the DFS gives to a file of the operating system. Nothing else makes one, and no DFS path or user's text ever
 * becomes part of one: blocks are named by their numbers alone.
 *
 *   <root>/VERSION                           format of the root, its datanodes
 *   <root>/settings                          what is set in place of the defaults
 *   <root>/lock                              the process that holds the root
 *   <root>/namenode/image-<txid>             namespace up to and with that transaction
 *   <root>/namenode/journal-<txid>           the transactions from that one on
 *   <root>/namenode/epoch                    how often a namenode was started as a daemon
 *   <root>/run/namenode                      where the namenode that runs listens, and who it is
 *   <root>/run/secret                        what processes of this DFS know each other by
 *   <root>/run/<name>.log                    what a process in the background has said
 *   <root>/datanodes/<dn>/DATANODE           whose directory it is
 *   <root>/datanodes/<dn>/lock               the process that serves it
 *   <root>/datanodes/<dn>/blocks/blk_<id>_<generation>[.crc]
 *   <root>/datanodes/<dn>/tmp/…              replicas being written
 *   …/*.tmp                                  anything being written; removed when the root is opened
 */
export const rootNames = {
  version: (root: string) => join(root, 'VERSION'),
  settings: (root: string) => join(root, 'settings'),
  lock: (root: string) => join(root, 'lock'),
  namenode: (root: string) => join(root, 'namenode'),
  datanodes: (root: string) => join(root, 'datanodes'),
  datanode: (root: string, id: string) => join(root, 'datanodes', id),
  run: (root: string) => join(root, 'run'),
  namenodeRun: (root: string) => join(root, 'run', 'namenode'),
  secret: (root: string) => join(root, 'run', 'secret'),
  log: (root: string, process: string) => join(root, 'run', `${process}.log`),
} as const

/** In the namenode's directory. */
export const epochName = 'epoch'
/** In a datanode's directory. */
export const identityName = 'DATANODE'

export const temporarySuffix = '.tmp'
export const temporary = (path: string): string => path + temporarySuffix

// Zero-padded, so that a listing sorted by name is sorted by transaction.
const txidDigits = 16
export const imageName = (txid: number): string => `image-${String(txid).padStart(txidDigits, '0')}`
export const journalName = (txid: number): string => `journal-${String(txid).padStart(txidDigits, '0')}`

/** What a name in the namenode's directory stands for; undefined for a stranger. */
export function parseMetadataName(name: string): { kind: 'image' | 'journal'; txid: number } | undefined {
  const match = /^(image|journal)-(\d{16})$/.exec(name)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { kind: match[1] === 'image' ? 'image' : 'journal', txid: Number(match[2]) }
}

export interface BlockKey {
  readonly block: BlockId
  readonly generation: GenerationStamp
}

const checksumSuffix = '.crc'
export const blockFileName = (key: BlockKey): string => `blk_${key.block}_${key.generation}`
export const isChecksumName = (name: string): boolean => name.endsWith(checksumSuffix)
/** The data file's name that a checksum file's name belongs to. */
export const dataNameOf = (checksumName: string): string => checksumName.slice(0, -checksumSuffix.length)
export const checksumFileName = (key: BlockKey): string => blockFileName(key) + checksumSuffix

export const blockNames = {
  directory: (datanode: string) => join(datanode, 'blocks'),
  temporaries: (datanode: string) => join(datanode, 'tmp'),
  data: (datanode: string, key: BlockKey) => join(datanode, 'blocks', blockFileName(key)),
  checksum: (datanode: string, key: BlockKey) => join(datanode, 'blocks', checksumFileName(key)),
  /** `attempt` keeps two writers of one block in one process apart. */
  temporaryData: (datanode: string, key: BlockKey, attempt: number) =>
    join(datanode, 'tmp', temporary(`${blockFileName(key)}.${attempt}`)),
  temporaryChecksum: (datanode: string, key: BlockKey, attempt: number) =>
    join(datanode, 'tmp', temporary(`${blockFileName(key)}.${attempt}${checksumSuffix}`)),
} as const

/** The block that a name in a datanode's `blocks` directory belongs to; undefined for a stranger, also for a number spelt otherwise. */
export function parseBlockName(name: string): (BlockKey & { kind: 'data' | 'checksum' }) | undefined {
  const match = /^blk_(0|[1-9]\d{0,15})_(0|[1-9]\d{0,15})(\.crc)?$/.exec(name)
  if (match === null) return undefined
  const block = Number(match[1])
  const generation = Number(match[2])
  if (!Number.isSafeInteger(block) || !Number.isSafeInteger(generation)) return undefined
  return {
    block: blockId(block),
    generation: generationStamp(generation),
    kind: match[3] === undefined ? 'data' : 'checksum',
  }
}
