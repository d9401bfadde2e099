/** All scenarios. */

import accepting from './accepting.js';
import callbacks from './callbacks.js';
import connecting from './connecting.js';
import ends from './ends.js';
import hosts from './hosts.js';
import ids from './ids.js';
import inside from './inside.js';
import listeners from './listeners.js';
import listening from './listening.js';
import options from './options.js';
import pausing from './pausing.js';
import pending from './pending.js';
import permissions from './permissions.js';
import properties from './properties.js';
import receiving from './receiving.js';
import secure from './secure.js';
import secureFails from './securing-fails.js';
import sending from './sending.js';
import typeErrors from './type-errors.js';
import udpBinding from './udp-binding.js';
import udpGroups from './udp-groups.js';
import udpReceiving from './udp-receiving.js';
import udpSending from './udp-sending.js';

export const scenarios = [
  ...typeErrors,
  ...callbacks,
  ...ids,
  ...properties,
  ...listening,
  ...accepting,
  ...connecting,
  ...hosts,
  ...sending,
  ...receiving,
  ...secure,
  ...secureFails,
  ...pausing,
  ...ends,
  ...pending,
  ...listeners,
  ...options,
  ...inside,
  ...permissions,
  ...udpBinding,
  ...udpSending,
  ...udpReceiving,
  ...udpGroups,
];
