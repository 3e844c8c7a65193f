import { type FileSystem, parseWebHdfsUrl } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { OpenRemote } from './job-options.ts'

/** The file system that a `webhdfs:` address is in, and the path in there. */
export async function openPlace(
  url: string,
  openRemote: OpenRemote | undefined,
): Promise<{ readonly fileSystem: FileSystem; readonly origin: string; readonly inside: string }> {
  const { origin, path: inside } = parseWebHdfsUrl(url)
  if (openRemote === undefined) throw new MrError('MR_USAGE', `${url}: file systems elsewhere are not opened here.`)
  return { fileSystem: await openRemote(origin), origin, inside }
}
