import type { Env } from '../base/env.ts'
import { DfsError, type DfsErrorCode, dfsErrorCodes } from '../base/errors.ts'
import type { FrameChannel } from './frame.ts'

/**
 * How every connection between processes of one DFS begins, whatever it is for:
 *
 *   hello  := {"quern":"dfs","version":1,"purpose":…,"token":…, more fields of the purpose}
 *   answer := {"alive":true} (any number of these) then {"ok":true, more fields} | failure
 *   failure := {"ok":false,"code":…,"message":…}
 *
 * One who needs time to answer says each `aliveMillis` that it lives, so that silence means a stopped process.
 * The token is the secret of the root, which only its owner can read. Nothing of the rest is looked at without it.
 */
export const protocolVersion = 1
export const helloBytesMax = 16 * 1024
/** An answer may describe a DFS of many datanodes; it comes from one that was chosen. */
export const answerBytesMax = 1024 * 1024
export const helloTimeoutMillis = 5000
export const aliveMillis = 500

export type Purpose = 'client' | 'datanode' | 'write' | 'read' | 'copy' | 'finish'

/** Says hello and returns the answer's fields, which may take long but not in silence. DFS_UNAUTHORIZED, DFS_PROTOCOL, or whatever the other side says. */
export async function greet(
  frames: FrameChannel,
  purpose: Purpose,
  token: string,
  fields: object,
  timeoutMillis: number = helloTimeoutMillis,
): Promise<Record<string, unknown>> {
  frames.send({ quern: 'dfs', version: protocolVersion, purpose, token, ...fields })
  for (;;) {
    const answer = await frames.receive(answerBytesMax, timeoutMillis)
    if (answer['ok'] === true) return answer
    if (answer['alive'] !== true) throw failureOf(answer)
  }
}

/** Says that it lives until `work` is done. */
export async function aliveDuring<T>(env: Env, frames: FrameChannel, work: Promise<T>): Promise<T> {
  const stop = env.every(aliveMillis, () => frames.send({ alive: true }))
  try {
    return await work
  } finally {
    stop()
  }
}

/** Waits for a hello with the right token; one that is not is answered and refused. */
export async function receiveHello(frames: FrameChannel, token: string): Promise<Record<string, unknown>> {
  const hello = await frames.receive(helloBytesMax, helloTimeoutMillis)
  const refuse = (code: DfsErrorCode, message: string): never => {
    const error = new DfsError(code, message)
    frames.send(failure(error))
    throw error
  }
  if (hello['quern'] !== 'dfs') refuse('DFS_PROTOCOL', `${frames.channel.peer} does not speak this protocol`)
  if (!sameToken(hello['token'], token)) refuse('DFS_UNAUTHORIZED', 'the token is missing or not that of this root')
  if (hello['version'] !== protocolVersion) {
    refuse(
      'DFS_UNKNOWN_VERSION',
      `the other side speaks version ${String(hello['version'])}, this one version ${protocolVersion}: use the same quern for both`,
    )
  }
  return hello
}

function sameToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false
  const a = Buffer.from(given)
  const b = Buffer.from(token)
  // Only who is greeted needs it: clients start without the module.
  return a.length === b.length && process.getBuiltinModule('node:crypto').timingSafeEqual(a, b)
}

export function failure(error: unknown): { ok: false; code: DfsErrorCode; message: string } {
  if (error instanceof DfsError) return { ok: false, code: error.code, message: error.message }
  return { ok: false, code: 'DFS_IO', message: error instanceof Error ? error.message : String(error) }
}

const codes: ReadonlyMap<string, DfsErrorCode> = new Map(dfsErrorCodes.map((code) => [code, code]))

/** The error that a failure from the other side stands for. */
export function failureOf(fields: Record<string, unknown>): DfsError {
  const code = codes.get(String(fields['code'])) ?? 'DFS_PROTOCOL'
  return new DfsError(code, String(fields['message'] ?? 'the other side refused without a reason'))
}
