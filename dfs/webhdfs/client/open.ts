import { parseWebHdfsUrl } from '../../base/webhdfs-url.ts'
import type { FileSystem } from '../../client/file-system.ts'
import { defaultTiming, type WebHdfsOptions } from './options.ts'
import { RestClient } from './rest-client.ts'
import { WebHdfsFileSystem } from './web-hdfs.ts'

/** Asks nothing of the server yet. */
export function openWebHdfs(url: string, options: WebHdfsOptions): FileSystem {
  const rest = new RestClient(parseWebHdfsUrl(url), options, { ...defaultTiming, ...options.timing })
  return new WebHdfsFileSystem(rest, options.user)
}
