import type { Env } from '../base/env.ts'
import type { BlockId, GenerationStamp } from '../base/ids.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { greet } from '../rpc/hello.ts'
import { connectMillis } from './format.ts'

export interface PrefixRequest {
  readonly block: BlockId
  readonly generation: GenerationStamp
  /** Whole chunks. */
  readonly length: number
  readonly target: TargetAddress
}

const copyMillis = 60_000

/** Asks a datanode to give another the first bytes of a block that both are to go on writing. */
export async function sendPrefix(
  env: Env,
  token: string,
  source: TargetAddress,
  request: PrefixRequest,
): Promise<void> {
  const channel = await env.net.connect(source.address, connectMillis)
  try {
    await greet(new FrameChannel(channel), 'copy', token, request, copyMillis)
  } finally {
    channel.close()
  }
}
