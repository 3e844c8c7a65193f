import type { Env } from '../base/env.ts'
import type { BlockId, GenerationStamp } from '../base/ids.ts'
import type { Channel } from '../base/net.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { greet } from '../rpc/hello.ts'
import { ChainFailure, chainFailure } from './chain-link.ts'
import { connectMillis, parseFailure, silenceMillis } from './format.ts'

export interface PrefixRequest {
  readonly block: BlockId
  readonly generation: GenerationStamp
  /** Whole chunks. */
  readonly length: number
  readonly target: TargetAddress
}

/**
 * Asks a datanode to give another the first bytes of a block that both are to go on writing. Throws the ChainFailure of the
 * one that is to blame.
 */
export async function sendPrefix(
  env: Env,
  token: string,
  source: TargetAddress,
  request: PrefixRequest,
): Promise<void> {
  let channel: Channel | undefined
  try {
    channel = await env.net.connect(source.address, connectMillis)
    const answer = await greet(new FrameChannel(channel), 'copy', token, request, silenceMillis)
    const failed = parseFailure(answer['failed'])
    if (failed !== undefined) throw chainFailure(failed)
  } catch (error) {
    throw error instanceof ChainFailure ? error : new ChainFailure(source.id, error)
  } finally {
    channel?.close()
  }
}
