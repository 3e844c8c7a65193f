import type { Env } from '../base/env.ts'
import { DfsError, type DfsErrorCode, dfsErrorCodes } from '../base/errors.ts'
import type { FrameChannel } from './frame.ts'

/**
 * How every connection between processes of one DFS begins, whatever it is for:
 *
 *   hello   := {"quern":"dfs","version":N, what the version says}
 *   version 2: "purpose":…,"token":…, more fields of the purpose
 *   answer  := {"alive":true} (any number of these) then {"ok":true, more fields} | failure
 *   failure := {"ok":false,"code":…,"message":…,"version":N}
 *
 * Each is a frame (frame.ts) of at most `helloBytesMax`. That, "quern" and "version" of a hello, and a failure as it stands
 * here are the same in every version for ever, so that any two can tell each other why they can not talk. Version 1 had no
 * "version" in a failure. The version is of all that follows, requests and blocks too: it rises when any of that changes.
 *
 * One who needs time to answer says each `aliveMillis` that it lives, so that silence means a stopped process.
 * The token is the secret of the root, which only its owner can read. Nothing behind the version is looked at without it.
 */
export const protocolVersion = 2
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
    if (answer['alive'] === true) continue
    const refused = failureOf(answer)
    if (refused.code !== 'DFS_UNKNOWN_VERSION' || answer['version'] === protocolVersion) throw refused
    throw otherVersion(protocolVersion, answer['version'] ?? 1, refused)
  }
}

/** For requests that are not understood within one version: only builds between two releases may differ there. */
export const otherBuild = 'if the daemons are of another build of quern, stop them (quern dfs stop) and start them anew'

/** Both may be daemons or commands; whichever is the older, the same helps. */
function otherVersion(asking: unknown, asked: unknown, cause?: DfsError): DfsError {
  return new DfsError(
    'DFS_UNKNOWN_VERSION',
    `version ${shown(asking)} of quern's protocol asked, and version ${shown(asked)} was there to answer: ` +
      'quern was updated while its daemons ran, or two installs are mixed. Stop the daemons (quern dfs stop), start them with the newer quern (quern dfs start), and use that for commands too',
    cause === undefined ? {} : { cause },
  )
}

const shown = (version: unknown): string => (typeof version === 'number' ? String(version) : 'unknown')

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
  const refuse = (error: DfsError): never => {
    frames.send(failure(error))
    throw error
  }
  if (hello['quern'] !== 'dfs') {
    refuse(new DfsError('DFS_PROTOCOL', `${frames.channel.peer} does not speak this protocol`))
  }
  if (hello['version'] !== protocolVersion) refuse(otherVersion(hello['version'], protocolVersion))
  if (!sameToken(hello['token'], token)) {
    refuse(new DfsError('DFS_UNAUTHORIZED', 'the token is missing or not that of this root'))
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

export interface Failure {
  readonly ok: false
  readonly code: DfsErrorCode
  readonly message: string
  readonly version: number
}

export function failure(error: unknown): Failure {
  const [code, message] =
    error instanceof DfsError
      ? [error.code, error.message]
      : (['DFS_IO', error instanceof Error ? error.message : String(error)] as const)
  return { ok: false, code, message, version: protocolVersion }
}

const codes: ReadonlyMap<string, DfsErrorCode> = new Map(dfsErrorCodes.map((code) => [code, code]))

/** The error that a failure from the other side stands for. */
export function failureOf(fields: Record<string, unknown>): DfsError {
  const code = codes.get(String(fields['code'])) ?? 'DFS_PROTOCOL'
  return new DfsError(code, String(fields['message'] ?? 'the other side refused without a reason'))
}
