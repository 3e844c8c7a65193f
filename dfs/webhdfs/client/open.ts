import { DfsError } from '../../base/errors.ts'
import { parseWebHdfsUrl } from '../../base/webhdfs-url.ts'
import type { FileSystem } from '../../client/file-system.ts'
import type { WebHdfsOptions } from './options.ts'

export function openWebHdfs(url: string, _options: WebHdfsOptions): FileSystem {
  const { origin } = parseWebHdfsUrl(url)
  throw new DfsError('DFS_UNSUPPORTED', `${origin}: the WebHDFS client is not there yet`)
}
