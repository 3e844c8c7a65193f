import type { Env } from '../base/env.ts'
import type { BlockId, GenerationStamp } from '../base/ids.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { greet } from '../rpc/hello.ts'
import { connectMillis, silenceMillis } from './format.ts'

export interface FinishRequest {
  readonly block: BlockId
  readonly generation: GenerationStamp
  readonly length: number
}

/** Asks one datanode for a durable replica of a block that it has every byte of; a second time it is there already. */
export async function finishReplica(
  env: Env,
  token: string,
  target: TargetAddress,
  request: FinishRequest,
): Promise<void> {
  const channel = await env.net.connect(target.address, connectMillis)
  try {
    await greet(new FrameChannel(channel), 'finish', token, request, silenceMillis)
  } finally {
    channel.close()
  }
}
