import { expect } from 'chai'
import { mountOf } from '../../../src/lib/platform/file-system.js'

const MOUNTS = `overlay / overlay rw 0 0
server:/home /home nfs4 rw 0 0
me@host: /home/me/my\\040files fuse.sshfs rw 0 0
tmpfs /home/me tmpfs rw 0 0
server:/x /home/me lustre rw 0 0
`

describe('the file system of a path', () => {
  for (const [path, type] of [
    ['/tmp/x', 'overlay'],
    ['/home', 'nfs4'],
    ['/homes', 'overlay'],
    ['/home/me/my files/x', 'fuse.sshfs'],
    ['/home/me/x', 'lustre'],
  ])
    it(path, () => expect(mountOf(path, MOUNTS)).to.equal(type))
})
