import type { SafeModeAction } from '../../../dfs/index.ts'
import type { ParsedArguments } from '../fs/arguments.ts'
import { UsageError } from '../fs/failure.ts'
import { parseSize } from '../size.ts'

/** What verbs make of their words. Asked before a root is looked for, so that wrong usage is that whatever is there. */
export interface VerbWords extends ParsedArguments {
  readonly json: boolean
}

const thresholdUsually = 10

/** `balance`: percent. */
export function thresholdOf({ values }: VerbWords): number {
  const text = values.get('threshold') ?? String(thresholdUsually)
  const percent = Number(text)
  if (percent >= 1 && percent <= 100) return percent
  throw new UsageError(`--threshold ${text}: percent from 1 to 100, as HDFS has it`)
}

/** `safemode`: `hdfs dfsadmin -safemode`'s words. */
export function safeModeActionOf({ operands: [action = 'get'] }: VerbWords): SafeModeAction | 'wait' {
  if (action === 'enter' || action === 'leave' || action === 'get' || action === 'wait') return action
  throw new UsageError(`safemode takes enter, leave, get or wait, not '${action}'`)
}

/** `setQuota`: how many files and directories may be below a directory, itself included. */
export function nameQuotaOf({ operands: [typed = ''] }: VerbWords): number {
  const names = Number(typed)
  if (/^\d+$/.test(typed) && names >= 1 && Number.isSafeInteger(names)) return names
  throw new UsageError(`setQuota: a positive number of names expected, got ${typed}`)
}

/** `setSpaceQuota`: how many bytes the files below a directory may have, every replica counted. */
export function spaceQuotaOf({ operands: [typed = ''] }: VerbWords): number {
  const space = parseSize(typed)
  if (space !== undefined) return space
  throw new UsageError(`setSpaceQuota: bytes expected, such as 500 or 10g, got ${typed}`)
}

/** `fsck`: which options go together. */
export function checkFsckOptions({ flags, json }: VerbWords): void {
  if (flags.has('list-corruptfileblocks')) {
    if (flags.size > (flags.has('verify') ? 2 : 1)) {
      throw new UsageError('fsck: -list-corruptfileblocks goes with no other option but -verify')
    }
  } else if (json && (flags.has('move') || flags.has('delete'))) {
    throw new UsageError('fsck: --json only reports; -move and -delete go without')
  }
}
